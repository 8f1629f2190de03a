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
