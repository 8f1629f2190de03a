import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../../prisma/generated/client.ts'
import {
  bulkTransactionsOver,
  type Copy,
  copyToPostgres,
  insertIntoEmbedded,
  type RunBulkTransaction,
} from './bulk-transaction.ts'
import { openEmbedded } from './embedded.ts'
import { type Listen, listenOnEmbedded, listenOnPostgres } from './listen.ts'
import { statementNames } from './statement-names.ts'
import { type Statements, statementsOver } from './statements.ts'
import { type RunTransaction, transactionsOver } from './transaction.ts'

// Else the driver writes times in the zone of this machine, which has odd seconds in old years.
pg.defaults.parseInputDatesAsUTC = true

/** An open database: Prisma over one pool of connections, PostgreSQL's or the embedded one's. `await using` closes it. */
export interface Database extends AsyncDisposable {
  readonly prisma: PrismaClient
  /** Single statements. */
  readonly db: Statements
  readonly transaction: RunTransaction
  readonly bulkTransaction: RunBulkTransaction
  readonly pool: pg.Pool
  /** Hears what is said with NOTIFY in this database. */
  readonly listen: Listen
}

export interface DatabaseOptions {
  /** A PostgreSQL URL; null opens the embedded database in `dataDirectory`. */
  readonly url: string | null
  /** Where the embedded database keeps its files. */
  readonly dataDirectory: string
  /** Connections to PostgreSQL at most; the embedded database has one. */
  readonly poolSize: number
  /** Whether PostgreSQL keeps statements that come again prepared; a PgBouncer older than 1.21 cannot take them. */
  readonly preparing?: boolean
  /** Whether statements are spans of a trace. */
  readonly tracing?: boolean
  /** Called with the text of each statement sent, never with its values. */
  readonly onStatement?: ((sql: string) => void) | undefined
}

/** Opens the database that the options name. The embedded one is made if it is not there. Connects at the first query. */
export async function openDatabase({ url, onStatement, ...options }: DatabaseOptions): Promise<Database> {
  if (url === null) {
    const { pool, pglite, [Symbol.asyncDispose]: close } = await openEmbedded(options.dataDirectory)
    return databaseOver({ pool, listen: listenOnEmbedded(pglite), copy: insertIntoEmbedded, onStatement, close })
  }
  const pool = new pg.Pool({
    ...(options.tracing && { Client: (await import('./traced-client.ts')).TracedClient }),
    connectionString: url,
    max: options.poolSize,
    // With the four seconds that a statement waits for its turn in a request, its caller hears within 15 s.
    connectionTimeoutMillis: 2500,
    lock_timeout: 4000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: 8000,
    idle_in_transaction_session_timeout: 60_000,
    // Our statements are short: compiling them costs more than running them. They go by indexes, which lie on SSDs or in memory.
    options: '-c jit=off -c random_page_cost=1.1 -c TimeZone=UTC',
    application_name: 'snaglist',
  })
  return databaseOver({
    pool,
    listen: listenOnPostgres(url),
    copy: copyToPostgres,
    preparing: options.preparing ?? false,
    onStatement,
    close: () => pool.end(),
  })
}

/** A pool that is there already, and what goes with it. */
interface Opened extends Pick<Database, 'pool' | 'listen'> {
  /** Whether statements that come again are kept prepared. */
  readonly preparing?: boolean
  readonly onStatement?: ((sql: string) => void) | undefined
  /** How the database takes many rows. */
  readonly copy: Copy
  /** Runs after Prisma has let go of the pool. */
  readonly close: () => PromiseLike<void>
}

/** Prisma over a pool. */
export function databaseOver({ pool, listen, preparing = false, onStatement, copy, close }: Opened): Database {
  // A connection that breaks is replaced at the next query; without a listener it would end the process, while it is idle
  // as much as between two statements, or at the moment when it is handed from one to the next.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const nameOf = preparing ? statementNames() : () => undefined
  const prisma = new PrismaClient({
    // Its type leaves out that a statement may have no name.
    adapter: new PrismaPg(pool, { statementNameGenerator: nameOf as () => string }),
    log: onStatement ? [{ emit: 'event', level: 'query' }] : [],
    transactionOptions: { maxWait: 10_000, timeout: 60_000 },
    // Every other format captures a stack trace per call, which costs half as much as the statement.
    errorFormat: 'minimal',
  })
  if (onStatement) prisma.$on('query', (event) => onStatement(event.query))
  return {
    prisma,
    db: statementsOver(prisma, false),
    transaction: transactionsOver(prisma),
    bulkTransaction: bulkTransactionsOver(pool, copy, onStatement),
    pool,
    listen,
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await close()
    },
  }
}
