import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Statements } from './statements.ts'
import { withRetries } from './transaction.ts'

/** A transaction on a connection of pg, since Prisma does not support COPY. */
export interface BulkTransaction extends Statements {
  /** Appends rows in constant memory. `columns` maps names to types; values are in PostgreSQL's text representation. */
  readonly copy: (
    table: string,
    columns: Readonly<Record<string, string>>,
    rows: AsyncIterable<readonly (string | null)[]>,
  ) => Promise<void>
}

/** READ COMMITTED, without a statement timeout, with the retries of `RunTransaction`. */
export type RunBulkTransaction = <Result>(work: (tx: BulkTransaction) => Promise<Result>) => Promise<Result>

export type Copy = (client: pg.PoolClient) => BulkTransaction['copy']

export const createBulkTransactionRunner =
  (pool: pg.Pool, copy: Copy, onStatement: (sql: string) => void = () => {}): RunBulkTransaction =>
  (work) =>
    withRetries(async () => {
      const client = await pool.connect()
      let rollbackError: Error | undefined
      try {
        await client.query('BEGIN')
        // Longer timeouts than usual: a retry means uploading the file again.
        await client.query(
          "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '20s'",
        )
        const result = await work({ query: createQuery(client, onStatement), inTransaction: true, copy: copy(client) })
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch((cause) => {
          rollbackError = cause
        })
        throw error
      } finally {
        client.release(rollbackError)
      }
    })

const createQuery = (client: pg.PoolClient, onStatement: (sql: string) => void) =>
  (async ({ text, values }) => {
    onStatement(text)
    return (await client.query({ text, values })).rows
  }) as Statements['query']

const chunkLength = 65_536
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
const escapeValue = (value: string | null) =>
  value === null ? '\\N' : value.replaceAll(/[\\\t\n\r]/g, (character) => escapes[character] as string)

export const copyToPostgres: Copy = (client) => async (table, columns, rows) => {
  const stream = client.query(copyFrom(`COPY ${table} (${Object.keys(columns).join(', ')}) FROM STDIN`))
  await pipeline(Readable.from(toCopyText(rows)), stream)
}

async function* toCopyText(rows: AsyncIterable<readonly (string | null)[]>): AsyncGenerator<string> {
  let chunk = ''
  for await (const row of rows) {
    chunk += `${row.map(escapeValue).join('\t')}\n`
    if (chunk.length < chunkLength) continue
    yield chunk
    chunk = ''
  }
  yield chunk
}

const batchSize = 500

/** PGlite does not support COPY from a stream: inserts batches, each column as an array of text. */
export const insertIntoEmbedded: Copy = (client) => async (table, columns, rows) => {
  const names = Object.keys(columns)
  const values = Object.values(columns).map((type, index) => `column_${index}::${type}`)
  const sql = `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')} FROM unnest(${names
    .map((_, index) => `$${index + 1}::text[]`)
    .join(', ')}) AS given(${names.map((_, index) => `column_${index}`).join(', ')})`
  const send = (batch: readonly (readonly (string | null)[])[]) =>
    client.query(
      sql,
      names.map((_, index) => batch.map((row) => row[index] ?? null)),
    )
  let batch: (readonly (string | null)[])[] = []
  for await (const row of rows) {
    batch.push(row)
    if (batch.length < batchSize) continue
    await send(batch)
    batch = []
  }
  if (batch.length > 0) await send(batch)
}
