/** The authenticated user. */
export interface Viewer {
  readonly id: string
  readonly username: string
  readonly name: string
  readonly role: 'MEMBER' | 'ADMIN'
  /** Absent until the token is looked up. */
  readonly ticketCounts?: TicketCounts
}

/** Counts of a few seconds ago. They select between statements with the same result, and never grant access. */
interface TicketCounts {
  /** Visible projects, except archived ones. */
  readonly projects: number
  /** Tickets of these projects. */
  readonly tickets: number
  /** Tickets of the database. */
  readonly allTickets: number
}

export interface ViewerToken {
  readonly id: string
  readonly kind: 'SESSION' | 'ACCESS'
  readonly scope: 'READ' | 'WRITE'
}

export interface Authentication {
  /** Null for a token that does not expire. */
  readonly expiresAt: Date | null
  readonly viewer: Viewer
  readonly token: ViewerToken
}

export interface ViewerCache extends AsyncDisposable {
  /**
   * Null if the token is unknown, expired or revoked, or if its user is deactivated. Awaits `onUnknown` before it looks up a
   * token that was not valid at its last lookup: it may be a random one.
   */
  readonly find: (secret: string, onUnknown?: () => Promise<unknown>) => Promise<Authentication | null>
  /** Makes a new token known. */
  readonly addKnown: (secret: string) => void
  /** Required after a change of tokens or accounts. */
  readonly clear: () => void
  /**
   * Calls the listener when tokens, the account or the projects of a user may have changed, with null for any user. Without
   * notifications, calls it every second.
   */
  readonly watch: (onChange: (userId: string | null) => void) => Disposable
}
