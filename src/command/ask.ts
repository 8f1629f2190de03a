/** Asks a server for a path below its root; the caller is signed in. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>

/** A request with a token. */
export function signed(token: string, init: RequestInit = {}): RequestInit {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${token}`)
  return { ...init, headers }
}
