import type { Logger } from 'pino'
import { type Config, readConfig } from '../config.ts'
import { recordOwner } from '../database/directory-lock.ts'
import type { Database } from '../database/open.ts'
import { createLog } from '../log.ts'
import { openMigratedDatabase } from '../migrated-database.ts'
import { crashOfDatabase } from '../startup-errors.ts'
import { startWatchdog } from '../watchdog.ts'
import type { CommandContext } from './command.ts'

/** Supervisors usually kill a process that has not ended ten seconds after SIGTERM. */
const maxStopMilliseconds = 7500

/** The log is the result of the command: it is written to standard output. */
export async function serve({ env, stdout }: CommandContext): Promise<void> {
  const config = readConfig(env)
  const log = await createLog(config, stdout)
  using _watchdog = startWatchdog()
  // Imported here, because OpenTelemetry loads more slowly than everything else.
  await using _telemetry = config.tracing ? (await import('../telemetry.ts')).startTelemetry() : null
  // The embedded database takes as long to open as the other modules to load.
  const [database, { startServer }, { logWelcome, welcomeText }] = await Promise.all([
    openWithDemo(config, log),
    import('../server.ts'),
    import('../welcome.ts'),
  ])
  const server = await startServer(config, log, { database })
  if (config.databaseUrl === null) recordOwner(config.dataDirectory, server.url)
  if (config.production) await logWelcome(server, log)
  else stdout.write(await welcomeText(server, config))
  const signal = await Promise.race([nextSignal(), rejectOnFailure(server.database)])
  log.info({ signal }, 'stopping')
  setTimeout(() => {
    log.error('stopped before all requests were completed and the database was closed')
    process.exit(1)
  }, maxStopMilliseconds).unref()
  await server[Symbol.asyncDispose]()
}

const nextSignal = () =>
  new Promise<string>((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve)
  })

/** The server is not disposed, so that the responses of pending requests are sent until the process exits. */
const rejectOnFailure = ({ failure }: Database) =>
  new Promise<never>((_resolve, reject) => {
    const onFailure = () => reject(crashOfDatabase(failure.reason))
    if (failure.aborted) onFailure()
    else failure.addEventListener('abort', onFailure)
  })

async function openWithDemo(config: Config, log: Logger): Promise<Database> {
  const database = await openMigratedDatabase(config, log)
  try {
    await prepareDemo(config, database)
    return database
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
}

async function prepareDemo({ demo, databaseUrl, bcryptCost }: Config, { db, transaction }: Database): Promise<void> {
  if (!demo || databaseUrl !== null) return
  const [{ hasUsers }, { seedDemo }] = await Promise.all([
    import('../user/user.loaders.ts'),
    import('../../prisma/seed.ts'),
  ])
  if (!(await hasUsers(db))) await seedDemo(transaction, bcryptCost)
}
