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
import { inspectSession, mustHaveRequiredSettings, type Session, setRequiredSettings } from './session.ts'
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
  /** True if other servers may use the database. */
  readonly isShared: boolean
  /** Schema of the tables; null for the current one. */
  readonly schema: string | null
  /** Statements for settings that are missing behind a pooler. */
  readonly repairs: readonly string[]
  /** Aborted when the embedded database has crashed: every statement fails until the process is restarted. */
  readonly failure: AbortSignal
}

export interface DatabaseOptions {
  /** A PostgreSQL URL; null opens the embedded database in `dataDirectory`. */
  readonly url: string | null
  readonly dataDirectory: string
  readonly poolSize: number
  /** A direct connection for LISTEN, if `url` is that of a pooler. */
  readonly listenUrl?: string | null
  /** Called with the reason if no notifications can be received. */
  readonly onSilence?: (reason: string) => void
  /** Null uses them unless a pooler does not support them. */
  readonly preparedStatements?: boolean | null
  readonly tracing?: boolean
  /** Receives the text of each statement, without values. */
  readonly onStatement?: ((sql: string) => void) | undefined
}

/** Creates the embedded database if it does not exist. Throws a StartupError if PostgreSQL cannot be used. */
export async function openDatabase({ url, onStatement, ...options }: DatabaseOptions): Promise<Database> {
  if (url === null) {
    return createEmbeddedDatabase(await openEmbedded(options.dataDirectory), onStatement)
  }
  const session = await inspectSession(url)
  const pool = createPool(session.connection, {
    ...(options.tracing && { Client: (await import('./traced-client.ts')).TracedClient }),
    max: options.poolSize,
  })
  const database = createDatabase({
    ...session,
    pool,
    listen: listenOnPostgres(options.listenUrl ?? url, pool, options.onSilence),
    copy: copyToPostgres,
    preparedStatements: options.preparedStatements ?? session.hasPreparedStatements,
    onStatement,
    close: () => pool.end(),
  })
  try {
    await mustHaveRequiredSettings(pool)
    return database
  } catch (error) {
    await database[Symbol.asyncDispose]()
    throw error
  }
}

export const createPool = (connection: Session['connection'], config: pg.PoolConfig): pg.Pool =>
  new pg.Pool({
    ...connection,
    connectionTimeoutMillis: 2500,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    application_name: 'snaglist',
    onConnect: setRequiredSettings,
    ...config,
  })

export const createEmbeddedDatabase = (embedded: Embedded, onStatement?: DatabaseOptions['onStatement']): Database =>
  createDatabase({
    pool: embedded.pool,
    listen: listenOnEmbedded(embedded),
    isShared: false,
    failure: embedded.failure,
    copy: insertIntoEmbedded,
    onStatement,
    close: embedded[Symbol.asyncDispose],
  })

interface PoolHandle
  extends Pick<Database, 'pool' | 'listen'>,
    Partial<Pick<Database, 'isShared' | 'schema' | 'repairs' | 'failure'>> {
  readonly preparedStatements?: boolean
  readonly onStatement?: ((sql: string) => void) | undefined
  readonly copy: Copy
  /** Called after Prisma has disconnected from the pool. */
  readonly close: () => PromiseLike<void>
}

export function createDatabase({
  pool,
  listen,
  isShared = true,
  schema = null,
  repairs = [],
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
  // The type of the generator does not allow undefined, which sends an unnamed statement.
  const adapter = new PrismaPg(pool, { schema: schema ?? 'public', statementNameGenerator: nameOf as () => string })
  const prisma = new PrismaClient({
    adapter,
    log: onStatement ? [{ emit: 'event', level: 'query' }] : [],
    transactionOptions: { maxWait: 10_000, timeout: 60_000 },
    // Other formats capture a stack trace per call, which takes half as long as a statement.
    errorFormat: 'minimal',
  })
  if (onStatement) prisma.$on('query', (event) => onStatement(event.query))
  return {
    prisma,
    db: createStatements(adapter.connect(), onStatement),
    transaction: createTransactionRunner(prisma),
    bulkTransaction: createBulkTransactionRunner(pool, copy, onStatement),
    pool,
    listen,
    isShared,
    schema,
    repairs,
    failure,
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await close()
    },
  }
}
