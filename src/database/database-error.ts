import { Conflict, NotFound, QueryTimeout, ResultTooLarge, Unavailable } from '../errors.ts'
import { maxBytesPerRequest } from './request-quota.ts'

interface DatabaseError {
  readonly sqlState?: string | undefined
  readonly constraint?: string | undefined
  /** True if the database was unreachable, cancelled the statement, or provided no connection or lock in time. */
  readonly isUnavailable: boolean
}

interface DriverCause {
  readonly kind?: string
  readonly originalCode?: string
  readonly constraint?: { readonly index?: string }
}

const unavailableKinds = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TlsConnectionError',
])
// SQLSTATE classes 08 (connection), 53 (disk, memory, connections) and 57P (shutdown, crash), 55P03 (lock timeout),
// 57014 (statement timeout), 25P03 (transaction left idle), 58030 (input or output).
const unavailableStates = /^(08...|53...|57P0[1-5]|55P03|57014|25P03|58030)$/
// Prisma: connection errors (P1001 to P1017), no connection in time (P2024, P2028).
const unavailableCodes =
  /^(P10(0[1289]|1[017])|P2024|P2028|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE)$/
const unavailableMessages =
  /timeout exceeded when trying to connect|Connection terminated|is not queryable|Unable to start a transaction in the given time/

export function parseDatabaseError(error: unknown): DatabaseError {
  if (!(error instanceof Error)) return { isUnavailable: false }
  const { code, constraint, meta } = error as {
    code?: string
    constraint?: string
    meta?: { driverAdapterError?: { cause?: DriverCause } }
  }
  const cause = meta?.driverAdapterError?.cause ?? (error.cause as DriverCause | undefined)
  const sqlState =
    cause?.originalCode ?? (/^[0-9A-Z]{5}$/.test(code ?? '') && !code?.startsWith('P') ? code : undefined)
  return {
    sqlState,
    constraint: cause?.constraint?.index ?? constraint,
    isUnavailable:
      unavailableKinds.has(cause?.kind ?? '') ||
      unavailableStates.test(sqlState ?? '') ||
      unavailableCodes.test(code ?? '') ||
      unavailableMessages.test(error.message),
  }
}

const foreignKeyViolation = '23503'
const statementTimeout = '57014'
const lockTimeout = '55P03'
const programLimitExceeded = '54000'
const diskFull = '53100'
// The embedded database is read-only while its disk is full, a PostgreSQL server while it is a standby.
const readOnlyTransaction = '25006'

const uniqueConstraintMessages: Readonly<Record<string, string>> = {
  users_username_key: 'The username is already taken.',
  projects_key_key: 'The project key is already taken.',
  labels_project_id_name_key: 'The project already has a label with this name.',
}

export function toApiError(error: unknown): unknown {
  const { constraint, sqlState, isUnavailable } = parseDatabaseError(error)
  if (sqlState === statementTimeout) return new QueryTimeout()
  if (sqlState === lockTimeout)
    return new Unavailable('Another request has locked the same data. Try again in a moment.')
  if (sqlState === programLimitExceeded) return new ResultTooLarge(maxBytesPerRequest)
  if (sqlState === diskFull || sqlState === readOnlyTransaction)
    return new Unavailable(
      'The database accepts no changes, for example because its disk is full. Try again later.',
      error,
    )
  if (isUnavailable) return new Unavailable()
  const conflict = constraint && uniqueConstraintMessages[constraint]
  if (conflict) return new Conflict(conflict)
  if (sqlState === foreignKeyViolation)
    return new NotFound('A referenced object was deleted by another request. Reload and try again.')
  return error
}
