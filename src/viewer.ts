/** The authenticated user, on whom all rights are decided. */
export interface Viewer {
  readonly id: string
  readonly username: string
  readonly name: string
  readonly role: 'MEMBER' | 'ADMIN'
}

/** The token that authenticates a request. */
export interface CallerToken {
  readonly id: string
  readonly kind: 'SESSION' | 'ACCESS'
  readonly scope: 'READ' | 'WRITE'
}

/** The user and the token of a request. */
export interface Caller {
  readonly viewer: Viewer
  readonly token: CallerToken
}

/** Finds callers by their tokens. */
export interface Callers extends AsyncDisposable {
  /** The caller with a token; null if it is unknown, expired or revoked, or if its account is closed. */
  readonly find: (secret: string) => Promise<Caller | null>
  /** Empties the cache: call it after a change of tokens or accounts. */
  readonly forget: () => void
}
