export type Send = (path: string, init?: RequestInit) => Promise<Response>

export function withToken(token: string, init: RequestInit = {}): RequestInit {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${token}`)
  return { ...init, headers }
}
