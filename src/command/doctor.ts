import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CannotStart, reasonOf } from '../cannot-start.ts'
import { type Config, readConfig } from '../config.ts'
import { hasEmbedded } from '../database/embedded.ts'
import { migrationState } from '../database/migrate.ts'
import { type Database, openDatabase } from '../database/open.ts'
import { type Command, CommandFailed, print } from './command.ts'

/** What was looked at, what was found, and what to do about it; nothing to do where all is well. */
interface Finding {
  readonly subject: string
  readonly found: string
  readonly remedy?: string | undefined
}

const oldestPostgres = 15
const driftSeconds = 5
const freeGigabytes = 1

/** Checks what a server needs, and says what to do where something is missing. Changes nothing. */
export const doctor: Command = async (args, { env, stdout }) => {
  parseArgs({ args, options: {} })
  const findings: Finding[] = []
  const look = (finding: Finding) => {
    findings.push(finding)
    print(stdout, `${finding.remedy ? '✗' : '✓'} ${finding.subject}: ${finding.found}`)
    if (finding.remedy) print(stdout, `  → ${finding.remedy}`)
  }
  // Throws by itself, with every fault named.
  const config = readConfig(env)
  look({ subject: 'Configuration', found: describe(config), remedy: openToAll(config) })
  for (const [subject, directory] of placesOf(config)) look(spaceIn(subject, directory))
  look(temporaryFiles())
  await lookAtDatabase(config, look)
  const wrong = findings.filter(({ remedy }) => remedy).length
  if (wrong > 0) throw new CommandFailed(`${wrong} of ${findings.length} checks found something to do.`)
  print(stdout, 'All is well.')
}

const describe = ({ production, host, port, databaseUrl }: Config) =>
  `${production ? 'production' : 'not production'}, ${host}:${port}, ${databaseUrl ? 'PostgreSQL' : 'embedded database'}`

function openToAll({ production, host }: Config): string | undefined {
  const isLoopback = host === 'localhost' || host === '::1' || host.startsWith('127.')
  return production || isLoopback
    ? undefined
    : 'It listens to other machines: set NODE_ENV=production, which closes introspection and GraphiQL to strangers.'
}

const placesOf = ({ databaseUrl, dataDirectory }: Config): [string, string][] => [
  ...(databaseUrl === null ? [['Disk for the embedded database', resolve(dataDirectory)] as [string, string]] : []),
  ['Disk for files that are imported', tmpdir()],
]

function spaceIn(subject: string, directory: string): Finding {
  let place = directory
  while (!existsSync(place)) place = dirname(place)
  const { bavail, bsize } = statfsSync(place)
  const gigabytes = (bavail * bsize) / 1e9
  return {
    subject,
    found: `${gigabytes.toFixed(1)} GB free in ${directory}`,
    remedy: gigabytes < freeGigabytes ? `Make room: at least ${freeGigabytes} GB.` : undefined,
  }
}

function temporaryFiles(): Finding {
  const subject = 'Folder for files that are imported'
  try {
    accessSync(tmpdir(), constants.W_OK | constants.X_OK)
    return { subject, found: `${tmpdir()} can be written` }
  } catch (error) {
    return { subject, found: reasonOf(error), remedy: 'Let this user write there, or set TMPDIR to another folder.' }
  }
}

async function lookAtDatabase(config: Config, look: (finding: Finding) => void): Promise<void> {
  const isDirectory = statSync(config.dataDirectory, { throwIfNoEntry: false })?.isDirectory() ?? true
  if (config.databaseUrl === null && isDirectory && !hasEmbedded(config.dataDirectory))
    return look({ subject: 'Database', found: 'none yet: the server makes one when it starts' })
  let database: Database
  try {
    database = await openDatabase({ url: config.databaseUrl, dataDirectory: config.dataDirectory, poolSize: 1 })
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error
    return look({ subject: 'Database', found: error.found, remedy: error.remedy })
  }
  await using open = database
  try {
    for (const finding of await findings(open, config)) look(finding)
  } catch (error) {
    look({ subject: 'Database', found: reasonOf(error), remedy: 'Look at DATABASE_URL, and whether it lets us in.' })
  }
}

interface Facts {
  readonly version: number
  readonly text: string
  readonly now: Date
  readonly connections: number
  readonly trigrams: boolean
}

async function findings({ pool }: Database, { databaseUrl, poolSize }: Config): Promise<Finding[]> {
  const before = Date.now()
  const { rows } = await pool.query<Facts>(`
    SELECT current_setting('server_version_num')::integer / 10000 AS version, current_setting('server_version') AS text,
      clock_timestamp() AS now, current_setting('max_connections')::integer AS connections,
      EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS trigrams`)
  const [{ version, text, now, connections, trigrams }] = rows as [Facts]
  // The answer was under way for some of the time between.
  const drift = Math.abs(now.getTime() - (before + Date.now()) / 2) / 1000
  const { pending, problem } = await migrationState(pool)
  return [
    {
      subject: 'Database',
      found: `PostgreSQL ${text}`,
      remedy: version < oldestPostgres ? `Upgrade it to ${oldestPostgres} or newer.` : undefined,
    },
    {
      subject: 'Extension pg_trgm',
      found: trigrams ? 'there' : 'not there',
      remedy: trigrams ? undefined : 'Install the contrib modules of PostgreSQL.',
    },
    {
      subject: 'Migrations',
      found: problem ?? (pending.length > 0 ? `to be applied: ${pending.join(', ')}` : 'up to date'),
      remedy: problem
        ? 'Start the version that belongs to this database.'
        : pending.length > 0
          ? 'Start the server, or run `snaglist migrate`: both apply them.'
          : undefined,
    },
    {
      subject: 'Clock',
      found: `${drift.toFixed(1)} s apart from the database's`,
      remedy: drift > driftSeconds ? 'Have both machines keep time, by NTP.' : undefined,
    },
    ...(databaseUrl === null
      ? []
      : [
          {
            subject: 'Connections',
            found: `${poolSize + 1} of ${connections} that the database allows`,
            remedy: poolSize + 1 > connections / 2 ? 'Lower SNAGLIST_POOL_SIZE, or raise max_connections.' : undefined,
          },
        ]),
  ]
}
