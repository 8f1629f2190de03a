import { statSync } from 'node:fs'
import { type Config, isLoopback, readConfig } from '../config.ts'
import { DatabaseInUse } from '../database/directory-lock.ts'
import { hasEmbedded } from '../database/embedded.ts'
import { canListen } from '../database/listen.ts'
import { migrationState, mustAgreeOnSchema } from '../database/migrate.ts'
import { type Database, openDatabase } from '../database/open.ts'
import { findTextCollisions } from '../database/text-collisions.ts'
import { expireCursors } from '../feed/feed.actions.ts'
import { reasonOf, StartupError } from '../startup-errors.ts'
import { checkWebhooks } from '../webhook/webhook-health.loaders.ts'
import { type CommandContext, CommandError, print, printJson } from './command.ts'
import { withDatabase } from './database.ts'
import { checkDisks } from './disk-checks.ts'
import type { Finding } from './finding.ts'

const minPostgresVersion = 15
const maxDriftSeconds = 5
const maxResponseMilliseconds = 5000

interface DoctorOptions {
  readonly json?: true | undefined
  readonly restored?: true | undefined
}

/** Changes nothing unless `restored` is set. */
export async function doctor({ json, restored }: DoctorOptions, context: CommandContext): Promise<void> {
  const { env, stdout } = context
  const findings: Finding[] = []
  const report = (finding: Finding) => {
    findings.push(finding)
    if (json) return
    print(stdout, `${finding.remedy ? '✗' : '✓'} ${finding.subject}: ${finding.result}`)
    if (finding.remedy) print(stdout, `  → ${finding.remedy}`)
  }
  const config = readConfig(env)
  report({ subject: 'Configuration', result: describe(config), remedy: exposureRemedy(config) })
  for (const finding of checkDisks(config)) report(finding)
  await checkDatabase(config, report)
  if (restored) report(await expireRestoredCursors(findings, context))
  const failedCount = findings.filter(({ remedy }) => remedy).length
  if (json)
    printJson(stdout, {
      passed: failedCount === 0,
      checks: findings.map(({ subject, result, remedy }) => ({
        subject,
        passed: !remedy,
        result,
        remedy: remedy ?? null,
      })),
    })
  if (failedCount > 0) throw new CommandError(`${failedCount} of ${findings.length} checks failed.`)
  if (!json) print(stdout, 'All checks passed.')
}

/** Of the feed: a cursor that was issued after the backup may denote another change now. */
async function expireRestoredCursors(findings: readonly Finding[], context: CommandContext): Promise<Finding> {
  const subject = 'Cursors of changes'
  if (findings.some(({ remedy }) => remedy))
    return { subject, result: 'unchanged', remedy: 'Apply the other remedies, then run this command again.' }
  await withDatabase(context, {}, ({ db }) => expireCursors(db))
  return { subject, result: 'expired; clients read their lists again' }
}

const describe = ({ production, host, port, databaseUrl }: Config) =>
  `${production ? 'production' : 'not production'}, ${host}:${port}, ${databaseUrl ? 'PostgreSQL' : 'embedded database'}`

function exposureRemedy({ production, host }: Config): string | undefined {
  return production || isLoopback(host)
    ? undefined
    : 'The server accepts connections from other machines: set NODE_ENV=production, which restricts introspection and GraphiQL to signed-in users.'
}

async function checkDatabase(config: Config, report: (finding: Finding) => void): Promise<void> {
  const isDirectory = statSync(config.dataDirectory, { throwIfNoEntry: false })?.isDirectory() ?? true
  if (config.databaseUrl === null && isDirectory && !hasEmbedded(config.dataDirectory))
    return report({ subject: 'Database', result: 'none yet: the server creates it at startup' })
  let database: Database
  try {
    database = await openDatabase({
      url: config.databaseUrl,
      dataDirectory: config.dataDirectory,
      poolSize: 1,
      preparedStatements: config.preparedStatements,
    })
  } catch (error) {
    if (error instanceof DatabaseInUse && error.url !== null) return report(await checkServer(error, error.url))
    if (!(error instanceof StartupError)) throw error
    return report({ subject: 'Database', result: error.problem, remedy: error.remedy })
  }
  await using openedDatabase = database
  try {
    for (const finding of await inspectDatabase(openedDatabase, config)) report(finding)
  } catch (error) {
    const remedy = 'Check DATABASE_URL, and that the database is running and accepts the user of the URL.'
    report({ subject: 'Database', result: reasonOf(error), remedy })
  }
}

/** A server is ready if its database responds and has all migrations. */
async function checkServer({ problem }: DatabaseInUse, url: string): Promise<Finding> {
  const subject = 'Database'
  try {
    const { status } = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(maxResponseMilliseconds) })
    const result = `${problem} The server at ${url} ${status === 200 ? 'is ready' : `returns status ${status} for /ready`}.`
    return { subject, result, remedy: status === 200 ? undefined : 'Read the log of the server, or start it again.' }
  } catch (error) {
    const result = `${problem} The server at ${url} does not respond: ${reasonOf((error as Error).cause ?? error)}.`
    return {
      subject,
      result,
      remedy: 'Run this command on the machine or in the container of the server, or start it again.',
    }
  }
}

async function foldsUnicode(pool: Database['pool']): Promise<boolean> {
  const { rows } = await pool.query<{ folds: boolean }>("SELECT fold_case('ÄΛΣЯ') = 'äλσя' AS folds")
  return rows[0]?.folds ?? false
}

interface DatabaseFacts {
  readonly version: number
  readonly versionText: string
  readonly now: Date
  readonly connections: number
  readonly trigrams: boolean
  readonly encoding: string
  readonly locale: string
}

async function inspectDatabase(database: Database, config: Config): Promise<Finding[]> {
  const { pool, schema, repairs } = database
  const { databaseUrl, poolSize } = config
  const start = Date.now()
  const { rows } = await pool.query<DatabaseFacts>(`
    SELECT current_setting('server_version_num')::integer / 10000 AS version, current_setting('server_version') AS "versionText",
      clock_timestamp() AS now, current_setting('max_connections')::integer AS connections,
      EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') AS trigrams,
      current_setting('server_encoding') AS encoding, datctype AS locale FROM pg_database WHERE datname = current_database()`)
  const [{ version, versionText, now, connections, trigrams, encoding, locale }] = rows as [DatabaseFacts]
  // Compared with the middle of the round trip.
  const drift = Math.abs(now.getTime() - (start + Date.now()) / 2) / 1000
  const { pending, problem } = await migrationState(pool, schema)
  const isMigrated = pending.length === 0 && problem === null
  const isUnicode = encoding === 'UTF8' && (!isMigrated || (await foldsUnicode(pool)))
  return [
    {
      subject: 'Database',
      result: `PostgreSQL ${versionText}`,
      remedy: version < minPostgresVersion ? `Upgrade PostgreSQL to ${minPostgresVersion} or newer.` : undefined,
    },
    {
      subject: 'Extension pg_trgm',
      result: trigrams ? 'available' : 'not available',
      remedy: trigrams ? undefined : 'Install the contrib modules of PostgreSQL.',
    },
    {
      subject: 'Letters',
      result: `encoding ${encoding}, locale ${locale}`,
      remedy: isUnicode
        ? undefined
        : `Letters beyond ASCII cannot be compared without case. Restore a backup into a database that was created with ENCODING 'UTF8' LOCALE 'C.UTF-8'.`,
    },
    {
      subject: 'Migrations',
      result: problem?.problem ?? (pending.length > 0 ? `pending: ${pending.join(', ')}` : 'up to date'),
      remedy:
        problem?.remedy ??
        (pending.length > 0 ? 'Start the server or run `snaglist migrate`; both apply pending migrations.' : undefined),
    },
    ...(isMigrated
      ? (await findTextCollisions(pool)).map(({ text, remedy }) => ({ subject: 'Texts', result: text, remedy }))
      : []),
    ...(isMigrated ? [await checkTables(database), ...(await checkWebhooks(database.db, config.secret))] : []),
    {
      subject: 'Clock',
      result: `${drift.toFixed(1)} s difference to the clock of the database`,
      remedy: drift > maxDriftSeconds ? 'Synchronize the clocks of both machines with NTP.' : undefined,
    },
    ...(databaseUrl === null
      ? []
      : [
          {
            subject: 'Settings',
            result: repairs.length > 0 ? 'the connection pooler does not pass them on' : 'complete',
            remedy:
              repairs.length > 0
                ? ['Run these statements, then reconnect the pooler:', ...repairs].join('\n      ')
                : undefined,
          },
          await checkNotifications(config.listenUrl ?? databaseUrl, pool),
          {
            subject: 'Connections',
            result: `up to ${poolSize + 1} of ${connections} (max_connections)`,
            remedy: poolSize + 1 > connections / 2 ? 'Lower SNAGLIST_POOL_SIZE, or raise max_connections.' : undefined,
          },
        ]),
  ]
}

async function checkTables(database: Database): Promise<Finding> {
  const subject = 'Tables'
  try {
    await mustAgreeOnSchema(database)
    return { subject, result: `in the schema ${database.schema ?? 'public'}` }
  } catch (error) {
    if (!(error instanceof StartupError)) throw error
    return { subject, result: error.problem, remedy: error.remedy }
  }
}

async function checkNotifications(url: string, pool: Database['pool']): Promise<Finding> {
  const subject = 'Notifications'
  const remedy =
    'Set SNAGLIST_LISTEN_URL to a direct connection to the same database. Otherwise each request looks up its token.'
  try {
    return (await canListen(url, 'snaglist_doctor', pool))
      ? { subject, result: 'delivered' }
      : { subject, result: 'not delivered, probably because of a connection pooler', remedy }
  } catch (error) {
    return { subject, result: reasonOf(error), remedy }
  }
}
