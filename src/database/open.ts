import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../../prisma/generated/client.ts'
import {
  type Copy,
  copyToPostgres,
  createBulkTransactionRunner,
  insertIntoEmbedded,
  type RunBulkTransaction,
} from './bulk-transaction.ts'
import { type Embedded, openEmbedded } from './embedded.ts'
import { type Listen, listenOnEmbedded, listenOnPostgres } from './listen.ts'
import { createStatementNames } from './statement-names.ts'
import { createStatements, type Statements } from './statements.ts'
import { createTransactionRunner, type RunTransaction } from './transaction.ts'

// By default pg writes times in the local time zone, whose offsets have seconds in early years.
pg.defaults.parseInputDatesAsUTC = true

export interface Database extends AsyncDisposable {
  readonly prisma: PrismaClient
  readonly db: Statements
  readonly transaction: RunTransaction
  readonly bulkTransaction: RunBulkTransaction
  readonly pool: pg.Pool
  readonly listen: Listen
  /** Aborted when the embedded database has crashed: every statement fails until the process is restarted. */
  readonly failure: AbortSignal
}

export interface DatabaseOptions {
  /** A PostgreSQL URL; null opens the embedded database in `dataDirectory`. */
  readonly url: string | null
  readonly dataDirectory: string
  readonly poolSize: number
  /** PgBouncer has supported prepared statements since version 1.21. */
  readonly preparedStatements?: boolean
  readonly tracing?: boolean
  /** Receives the text of each statement, without values. */
  readonly onStatement?: ((sql: string) => void) | undefined
}

/** Creates the embedded database if it does not exist. Connects at the first query. */
export async function openDatabase({ url, onStatement, ...options }: DatabaseOptions): Promise<Database> {
  if (url === null) {
    return createEmbeddedDatabase(await openEmbedded(options.dataDirectory), onStatement)
  }
  const pool = new pg.Pool({
    ...(options.tracing && { Client: (await import('./traced-client.ts')).TracedClient }),
    connectionString: url,
    max: options.poolSize,
    // With 4 s in the queue of the request (request-quota.ts) and 8 s for the statement, the client gets a response within 15 s.
    connectionTimeoutMillis: 2500,
    lock_timeout: 4000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: 8000,
    idle_in_transaction_session_timeout: 60_000,
    // JIT takes longer than our short statements. random_page_cost is for indexes on SSDs or in memory.
    options: '-c jit=off -c random_page_cost=1.1 -c TimeZone=UTC',
    application_name: 'snaglist',
  })
  return createDatabase({
    pool,
    listen: listenOnPostgres(url),
    copy: copyToPostgres,
    preparedStatements: options.preparedStatements ?? false,
    onStatement,
    close: () => pool.end(),
  })
}

export const createEmbeddedDatabase = (embedded: Embedded, onStatement?: DatabaseOptions['onStatement']): Database =>
  createDatabase({
    pool: embedded.pool,
    listen: listenOnEmbedded(embedded),
    failure: embedded.failure,
    copy: insertIntoEmbedded,
    onStatement,
    close: embedded[Symbol.asyncDispose],
  })

interface PoolHandle extends Pick<Database, 'pool' | 'listen'> {
  readonly failure?: AbortSignal
  readonly preparedStatements?: boolean
  readonly onStatement?: ((sql: string) => void) | undefined
  readonly copy: Copy
  /** Called after Prisma has disconnected from the pool. */
  readonly close: () => PromiseLike<void>
}

export function createDatabase({
  pool,
  listen,
  failure = new AbortController().signal,
  preparedStatements = false,
  onStatement,
  copy,
  close,
}: PoolHandle): Database {
  // An error event without a listener would end the process. The pool replaces broken connections.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const nameOf = preparedStatements ? createStatementNames() : () => undefined
  const prisma = new PrismaClient({
    // Its type does not allow undefined, which sends an unnamed statement.
    adapter: new PrismaPg(pool, { statementNameGenerator: nameOf as () => string }),
    log: onStatement ? [{ emit: 'event', level: 'query' }] : [],
    transactionOptions: { maxWait: 10_000, timeout: 60_000 },
    // Other formats capture a stack trace per call, which takes half as long as a statement.
    errorFormat: 'minimal',
  })
  if (onStatement) prisma.$on('query', (event) => onStatement(event.query))
  return {
    prisma,
    db: createStatements(prisma, false),
    transaction: createTransactionRunner(prisma),
    bulkTransaction: createBulkTransactionRunner(pool, copy, onStatement),
    pool,
    listen,
    failure,
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await close()
    },
  }
}
