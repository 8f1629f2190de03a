import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { isDemo, seedDemo } from '../prisma/seed.ts'
import { createAccessToken } from './auth/token.actions.ts'
import { CannotStart } from './cannot-start.ts'
import { CommandFailed, UsageError, withDatabase } from './command/command.ts'
import { doctorCommand, doctorUsage } from './command/doctor.ts'
import { exportCommand, exportUsage } from './command/export.ts'
import { importCommand, importUsage } from './command/import.ts'
import { type Config, ConfigError, readConfig } from './config.ts'
import type { Database } from './database/open.ts'
import { printedSchema } from './schema.ts'
import { createLog, startServer } from './server.ts'
import { demoWelcome, welcome } from './welcome.ts'

const usage = `snaglist [command]

  serve                    start the server (what happens without a command)
  migrate                  bring the database up to date
  seed                     fill an empty database with the demo
  token --user NAME        make an access token for a user and print it
        [--name TEXT]      what it is for
        [--read-only]      for queries alone
        [--days N]         how long it lasts; without end when left out
${importUsage}${exportUsage}${doctorUsage}  schema                   print the schema in GraphQL's own language

import and export work on a server, with --url URL --token TOKEN, or on the configured database, with --as ADMIN.

Settings come from the environment and from the file .env; .env.example lists them.
`

const commands: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  serve: withoutOptions(serve),
  migrate: withoutOptions(() => withDatabase(async () => console.info('The database is up to date.'))),
  seed: withoutOptions(seed),
  token,
  import: importCommand,
  export: exportCommand,
  doctor: doctorCommand,
  schema: withoutOptions(async () => process.stdout.write(printedSchema())),
  help: async () => console.info(usage),
}

function withoutOptions(run: () => Promise<unknown>): (args: string[]) => Promise<void> {
  return async (args) => {
    parseArgs({ args, options: {} })
    await run()
  }
}

async function serve(): Promise<void> {
  const config = readConfig(process.env)
  const log = await createLog(config)
  // Loaded only where it is asked for: it takes longer than all the rest.
  await using _telemetry = config.tracing ? (await import('./telemetry.ts')).startTelemetry() : null
  const server = await startServer(config, log, { prepare: (database) => prepareDemo(config, database) })
  process.stdout.write((await demoWelcome(server)) ?? (await welcome(server)))
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGINT', resolve).once('SIGTERM', resolve)
  })
  log.info({ signal }, 'stopping')
  await server[Symbol.asyncDispose]()
}

/** Fills an empty embedded database, unless the configuration says not to. */
async function prepareDemo({ demo, databaseUrl, bcryptCost }: Config, database: Database): Promise<void> {
  if (demo && databaseUrl === null && (await database.prisma.user.count()) === 0)
    await seedDemo(database.transaction, bcryptCost)
}

function seed(): Promise<void> {
  return withDatabase(async ({ prisma, transaction }, { bcryptCost }) => {
    if (await isDemo(prisma)) return console.info('The demo is there already.')
    if ((await prisma.user.count()) > 0)
      throw new UsageError('The database is not empty: the demo goes only into an empty one.')
    await seedDemo(transaction, bcryptCost)
    console.info('The demo is in place.')
  })
}

async function token(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      user: { type: 'string' },
      name: { type: 'string' },
      'read-only': { type: 'boolean' },
      days: { type: 'string' },
    },
  })
  if (!values.user) throw new UsageError('Say whose token: --user NAME.')
  const days = values.days === undefined ? null : Number(values.days)
  if (days !== null && !(days > 0 && days <= 36_500)) throw new UsageError('--days takes a number up to 36500.')
  const username = values.user.toLowerCase()
  await withDatabase(async ({ prisma, transaction }) => {
    const user = await prisma.user.findUnique({ where: { username } })
    if (!user) throw new UsageError(`There is no user ${username}.`)
    const { secret } = await transaction((tx) =>
      createAccessToken(tx, user.id, {
        name: values.name ?? 'from the command line',
        scope: values['read-only'] ? 'READ' : 'WRITE',
        expiresAt: days === null ? null : new Date(Date.now() + days * 86_400_000),
      }),
    )
    console.info(secret)
  })
}

async function main([command = 'serve', ...args]: string[]): Promise<void> {
  const isOption = command.startsWith('-')
  const run =
    commands[isOption && command !== '--help' && command !== '-h' ? 'serve' : command.replace(/^--?h(elp)?$/, 'help')]
  if (!run) throw new UsageError(`There is no command ${command}.\n\n${usage}`)
  await run(isOption ? [command, ...args] : args)
}

try {
  if (existsSync('.env')) process.loadEnvFile('.env')
  await main(process.argv.slice(2))
} catch (error) {
  const wrong =
    error instanceof UsageError ||
    error instanceof ConfigError ||
    (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  const expected = wrong || error instanceof CommandFailed || error instanceof CannotStart || !(error instanceof Error)
  console.error(expected ? String((error as Error).message ?? error) : error.stack)
  process.exitCode = wrong ? 2 : 1
}
