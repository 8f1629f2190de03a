import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from '../../prisma/generated/client.ts'
import { openEmbedded } from './embedded.ts'

/** An open database: Prisma over one pool of connections, PostgreSQL's or the embedded one's. `await using` closes it. */
export interface Database extends AsyncDisposable {
  readonly prisma: PrismaClient
  readonly pool: pg.Pool
}

export interface DatabaseOptions {
  /** A PostgreSQL URL; null opens the embedded database in `dataDirectory`. */
  readonly url: string | null
  /** Where the embedded database keeps its files. */
  readonly dataDirectory: string
  /** Connections to PostgreSQL at most; the embedded database has one. */
  readonly poolSize: number
  /** Called with the text of each statement sent, never with its values. */
  readonly onStatement?: (sql: string) => void
}

/** Opens the database that the options name. The embedded one is made if it is not there. Connects at the first query. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.url === null) {
    const embedded = await openEmbedded(options.dataDirectory)
    return databaseOver(embedded.pool, options.onStatement, async () => embedded[Symbol.asyncDispose]())
  }
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    statement_timeout: 30_000,
    lock_timeout: 20_000,
    idle_in_transaction_session_timeout: 60_000,
    // Our statements are short: compiling them costs more than running them.
    options: '-c jit=off -c TimeZone=UTC',
    application_name: 'snaglist',
  })
  return databaseOver(pool, options.onStatement, () => pool.end())
}

/** Prisma over a pool that is already there; `close` runs after Prisma has let go of it. */
export function databaseOver(
  pool: pg.Pool,
  onStatement: ((sql: string) => void) | undefined,
  close: () => Promise<void>,
): Database {
  // A connection that breaks while idle is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => {})
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    log: onStatement ? [{ emit: 'event', level: 'query' }] : [],
    transactionOptions: { maxWait: 10_000, timeout: 60_000 },
  })
  if (onStatement) prisma.$on('query', (event) => onStatement(event.query))
  return {
    prisma,
    pool,
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await close()
    },
  }
}
