import { parseArgs } from 'node:util'
import { seedDemo } from '../../prisma/seed.ts'
import { type Config, readConfig } from '../config.ts'
import type { Database } from '../database/open.ts'
import { createLog } from '../log.ts'
import { startServer } from '../server.ts'
import { demoWelcome, welcome } from '../welcome.ts'
import type { Command } from './command.ts'

export const serve: Command = async (args, { env, stdout }) => {
  parseArgs({ args, options: {} })
  const config = readConfig(env)
  const log = await createLog(config, stdout)
  // Imported here, because OpenTelemetry loads more slowly than everything else.
  await using _telemetry = config.tracing ? (await import('../telemetry.ts')).startTelemetry() : null
  const server = await startServer(config, log, { prepare: (database) => prepareDemo(config, database) })
  stdout.write((await demoWelcome(server)) ?? (await welcome(server)))
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve)
  })
  log.info({ signal }, 'stopping')
  await server[Symbol.asyncDispose]()
}

async function prepareDemo({ demo, databaseUrl, bcryptCost }: Config, database: Database): Promise<void> {
  if (demo && databaseUrl === null && (await database.prisma.user.count()) === 0)
    await seedDemo(database.transaction, bcryptCost)
}
