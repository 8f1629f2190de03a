import { pino } from 'pino'
import { seedDemo } from '../../prisma/seed.ts'
import { readConfig } from '../../src/config.ts'
import { openMigratedDatabase } from '../../src/migrated-database.ts'
import { startServer } from '../../src/server.ts'
import { copyDatabase } from './environment.ts'

/** Starts a server with demo data on a free port. */
export async function startDemoServer(): Promise<AsyncDisposable & { readonly url: string }> {
  await using stack = new AsyncDisposableStack()
  const copy = stack.use(await copyDatabase())
  const config = readConfig({ ...copy.env, PORT: '0', SNAGLIST_BCRYPT_COST: '4' })
  const log = pino({ level: 'silent' })
  const database = await openMigratedDatabase(config, log)
  await seedDemo(database.transaction, config.bcryptCost)
  const { url } = stack.use(await startServer(config, log, { database }))
  const resources = stack.move()
  return { url, [Symbol.asyncDispose]: () => resources.disposeAsync() }
}
