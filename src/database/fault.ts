/** What a failed query says of itself. */
export interface Fault {
  readonly sqlState?: string | undefined
  readonly constraint?: string | undefined
  /** Whether the database could not be reached, or gave no connection in time. */
  readonly unreachable: boolean
}

interface DriverCause {
  readonly kind?: string
  readonly originalCode?: string
  readonly constraint?: { readonly index?: string }
}

const unreachableKinds = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TlsConnectionError',
])
// SQLSTATE classes 08 (connection) and 57P (shutdown, crash), 53300 (too many connections), 55P03 (lock timeout), 57014
// (statement timeout), 25P03 (transaction left idle).
const unreachableStates = /^(08...|57P0[1-5]|53300|55P03|57014|25P03)$/
// Prisma: P1001 to P1017 are about the connection, P2024 and P2028 about not getting one in time.
const unreachableCodes =
  /^(P10(0[1289]|1[017])|P2024|P2028|ECONNREFUSED|ECONNRESET|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE)$/
const unreachableMessages =
  /timeout exceeded when trying to connect|Connection terminated|is not queryable|Unable to start a transaction in the given time/

/** Reads a Prisma or pg error; all is empty for any other. */
export function faultOf(error: unknown): Fault {
  if (!(error instanceof Error)) return { unreachable: false }
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
    unreachable:
      unreachableKinds.has(cause?.kind ?? '') ||
      unreachableStates.test(sqlState ?? '') ||
      unreachableCodes.test(code ?? '') ||
      unreachableMessages.test(error.message),
  }
}
