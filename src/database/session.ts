import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { reasonOf, StartupError } from '../startup-errors.ts'

/** Prisma and the parsers of pg require them. PgBouncer keeps their values per client. */
const requiredSettings = { TimeZone: 'UTC', DateStyle: 'ISO, MDY', standard_conforming_strings: 'on' }

/** The options of DATABASE_URL take precedence. */
const defaultSettings = {
  // With 4 s in the queue of the request (request-quota.ts), 2.5 s for a connection and 8 s for the statement, the client
  // gets a response within 15 s.
  statement_timeout: '8s',
  lock_timeout: '4s',
  idle_in_transaction_session_timeout: '60s',
  // JIT takes longer than our short statements. random_page_cost is for indexes on SSDs or in memory.
  jit: 'off',
  random_page_cost: '1.1',
}

export interface Session {
  /** Configuration of all connections, without timeouts. */
  readonly connection: { readonly connectionString: string; readonly options: string }
  /** Schema of the tables; null if the search_path has none. */
  readonly schema: string | null
  /** False behind a pooler that does not map the names of prepared statements to its connections. */
  readonly hasPreparedStatements: boolean
  /** ALTER ROLE statements for the default settings, which a pooler does not pass on. */
  readonly repairs: readonly string[]
}

interface Facts {
  readonly currentSchema: string | null
  readonly migratedSchema: string | null
  readonly alteration: string
  /** False if a pooler ignores the options. */
  readonly hasOptions: boolean
  readonly missingSettings: readonly (keyof typeof defaultSettings)[]
}

/** SQL for the start of a statement that changes a setting of the user. */
export const alterRole = "format('ALTER ROLE %I IN DATABASE %I SET', session_user, current_database())"

// The schema of an installation does not change when a schema is created that precedes it in the search_path.
const readFacts = `
  SELECT current_schema() AS "currentSchema",
    (SELECT schema FROM unnest(current_schemas(false)) WITH ORDINALITY AS path (schema, rank)
     WHERE to_regclass(format('%I._prisma_migrations', schema)) IS NOT NULL
       AND to_regclass(format('%I.ticket_labels', schema)) IS NOT NULL
     ORDER BY rank LIMIT 1) AS "migratedSchema",
    ${alterRole} AS alteration,
    EXISTS (SELECT FROM pg_settings WHERE name = 'jit' AND source = 'client') AS "hasOptions",
    ARRAY(SELECT name FROM pg_settings WHERE name = ANY ($1) AND setting = boot_val ORDER BY name) AS "missingSettings"`

/** Connects to PostgreSQL, or to a pooler. Throws a StartupError if it rejects or loses a setting of the URL. */
export async function inspectSession(url: string): Promise<Session> {
  const { connectionString, schema: givenSchema, options: givenOptions } = parseUrl(url)
  const optionsFor = (schema: string | null) =>
    [
      ...Object.entries(defaultSettings).map(toOption),
      givenOptions,
      ...(schema === null ? [] : [searchPath(schema)]),
      // Negative values cut the digits of reports.
      toOption(['extra_float_digits', '1']),
    ].join(' ')
  const facts = await inspect({ connectionString, options: optionsFor(givenSchema) }).catch((error) => {
    if (!isRejectedParameter(error)) throw cannotConnect(error)
    return null
  })
  if (facts?.hasOptions) {
    const schema = givenSchema ?? facts.migratedSchema ?? facts.currentSchema
    return {
      connection: { connectionString, options: optionsFor(schema) },
      schema,
      hasPreparedStatements: true,
      repairs: [],
    }
  }
  return inspectPooler({ connectionString, options: givenOptions }, givenSchema)
}

async function inspectPooler(connection: Session['connection'], givenSchema: string | null): Promise<Session> {
  const { currentSchema, migratedSchema, alteration, missingSettings, hasPreparedStatements } = await inspect(
    connection,
  ).catch((error) => {
    throw isRejectedParameter(error) ? rejectedParameter(error) : cannotConnect(error)
  })
  if (/search[_-]path/i.test(connection.options))
    throw new StartupError(
      'The connection pooler does not pass on the search_path of the options of DATABASE_URL.',
      `Remove it there and run ${alteration} search_path = …`,
    )
  if (givenSchema !== null && givenSchema !== currentSchema) {
    const name = pg.escapeIdentifier(givenSchema)
    throw new StartupError(
      `The connection pooler does not pass on the schema ${name} of DATABASE_URL.`,
      `Run CREATE SCHEMA IF NOT EXISTS ${name}; ${alteration} search_path = ${name}; and reconnect the pooler (RECONNECT in the console of PgBouncer).`,
    )
  }
  return {
    connection,
    schema: givenSchema ?? migratedSchema ?? currentSchema,
    hasPreparedStatements,
    repairs: missingSettings.map((name) => `${alteration} ${name} = '${defaultSettings[name]}';`),
  }
}

async function inspect(connection: Session['connection']): Promise<Facts & { hasPreparedStatements: boolean }> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 10_000, application_name: 'snaglist' })
  // An error event without a listener would end the process.
  client.on('error', () => {})
  await client.connect()
  try {
    const { rows } = await client.query<Facts>(readFacts, [Object.keys(defaultSettings)])
    const [facts] = rows as [Facts]
    const hasPreparedStatements = facts.hasOptions || (await renamesPreparedStatements(client).catch(() => false))
    return { ...facts, hasPreparedStatements }
  } finally {
    await client.end()
  }
}

/** True behind PgBouncer 1.21 and newer, which prepares statements on each of its connections under names of its own. */
async function renamesPreparedStatements(client: pg.Client): Promise<boolean> {
  const name = `snaglist_${randomUUID()}`
  await client.query('BEGIN')
  try {
    const text = 'SELECT FROM pg_prepared_statements WHERE name = $1'
    const { rowCount } = await client.query({ name, text, values: [name] })
    if (rowCount !== 0) await client.query(`DEALLOCATE ${pg.escapeIdentifier(name)}`)
    return rowCount === 0
  } finally {
    await client.query('COMMIT')
  }
}

/** Sets the required settings of a new connection. */
export async function setRequiredSettings(client: pg.ClientBase): Promise<void> {
  await client.query(
    Object.entries(requiredSettings)
      .map(([name, value]) => `SET ${name} = '${value}'`)
      .join('; '),
  )
}

/** Throws a StartupError if a pooler loses a required setting. */
export async function mustHaveRequiredSettings(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string; setting: string; alteration: string }>(
    `SELECT name, setting, ${alterRole} AS alteration FROM pg_settings WHERE name = ANY ($1) ORDER BY name`,
    [Object.keys(requiredSettings)],
  )
  const required: Readonly<Record<string, string>> = requiredSettings
  const lost = rows.filter(({ name, setting }) => setting !== required[name])
  if (lost.length > 0)
    throw new StartupError(
      `The connection pooler does not keep the settings of its clients: ${lost.map(({ name, setting }) => `${name} is ${setting}`).join(', ')}.`,
      `Run ${lost.map(({ name, alteration }) => `${alteration} ${name} = '${required[name]}';`).join(' ')}`,
    )
}

/** `schema` is a parameter of Prisma; pg ignores it. PGOPTIONS is the default of `options`, as in libpq. */
function parseUrl(url: string) {
  const target = new URL(url)
  const { searchParams } = target
  const schema = searchParams.get('schema') || null
  const options = searchParams.get('options') || process.env['PGOPTIONS'] || ''
  if (schema?.includes('"'))
    throw new StartupError(
      'The name of the schema contains a quotation mark, which Prisma does not support.',
      'Choose another `schema` in DATABASE_URL.',
    )
  for (const name of ['schema', 'options']) searchParams.delete(name)
  return { connectionString: target.href, schema, options }
}

const toOption = ([name, value]: readonly [string, string]) => `-c ${name}=${value.replaceAll(/[\\\s]/g, '\\$&')}`

const searchPath = (schema: string) => toOption(['search_path', pg.escapeIdentifier(schema)])

export const cannotConnect = (error: unknown): StartupError =>
  new StartupError(
    `Cannot connect to the database: ${reasonOf(error)}.`,
    'Check DATABASE_URL, and that the database is running and accepts the user of the URL.',
  )

/** PgBouncer, and Amazon RDS Proxy. */
const isRejectedParameter = (error: unknown) => /startup parameter|command-line options/.test(reasonOf(error))

const rejectedParameter = (error: unknown) =>
  new StartupError(
    `The connection pooler rejects a parameter of DATABASE_URL: ${reasonOf(error)}.`,
    'Remove it from the URL (or from PGOPTIONS) and set it with ALTER ROLE, or add it to ignore_startup_parameters of PgBouncer.',
  )
