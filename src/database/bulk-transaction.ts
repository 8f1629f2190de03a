import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Statements } from './statements.ts'
import { withRetries } from './transaction.ts'

/** A transaction that also takes rows by COPY, for which Prisma has no call. It runs on a connection of the driver. */
export interface BulkTransaction extends Statements {
  /**
   * Adds rows to a table in constant memory. `columns` maps the names of columns to their types, in the order of a row's
   * values, which are in PostgreSQL's text representation.
   */
  readonly copy: (
    table: string,
    columns: Readonly<Record<string, string>>,
    rows: AsyncIterable<readonly (string | null)[]>,
  ) => Promise<void>
}

/** Runs work in one transaction (READ COMMITTED) without a timeout of statements, with the retries of `RunTransaction`. */
export type RunBulkTransaction = <Result>(work: (tx: BulkTransaction) => Promise<Result>) => Promise<Result>

/** How a database takes many rows on one of its connections. */
export type Copy = (client: pg.PoolClient) => BulkTransaction['copy']

/** Runs bulk transactions over a pool; `copy` is how its database takes rows. */
export const bulkTransactionsOver =
  (pool: pg.Pool, copy: Copy, onStatement: (sql: string) => void = () => {}): RunBulkTransaction =>
  (work) =>
    withRetries(async () => {
      const client = await pool.connect()
      let broken: Error | undefined
      try {
        await client.query('BEGIN')
        // Longer timeouts than elsewhere: a retry means to upload the file again.
        await client.query(
          "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '20s'",
        )
        const result = await work({ query: queryOver(client, onStatement), inTransaction: true, copy: copy(client) })
        await client.query('COMMIT')
        return result
      } catch (error) {
        await client.query('ROLLBACK').catch((rollbackError) => {
          broken = rollbackError
        })
        throw error
      } finally {
        client.release(broken)
      }
    })

const queryOver = (client: pg.PoolClient, onStatement: (sql: string) => void) =>
  (async ({ text, values }) => {
    onStatement(text)
    return (await client.query({ text, values })).rows
  }) as Statements['query']

const chunkLength = 65_536
const specials: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }
const copyText = (value: string | null) =>
  value === null ? '\\N' : value.replaceAll(/[\\\t\n\r]/g, (sign) => specials[sign] as string)

/** COPY in its text format. */
export const copyToPostgres: Copy = (client) => async (table, columns, rows) => {
  const stream = client.query(copyFrom(`COPY ${table} (${Object.keys(columns).join(', ')}) FROM STDIN`))
  await pipeline(Readable.from(lines(rows)), stream)
}

async function* lines(rows: AsyncIterable<readonly (string | null)[]>): AsyncGenerator<string> {
  let chunk = ''
  for await (const row of rows) {
    chunk += `${row.map(copyText).join('\t')}\n`
    if (chunk.length < chunkLength) continue
    yield chunk
    chunk = ''
  }
  yield chunk
}

const batchSize = 500

/** PGlite takes no COPY from a stream: batches of rows, each column an array of text. */
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
