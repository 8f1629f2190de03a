import { useSyncExternalStore } from 'react'

const key = 'snaglist-board:token'
const listeners = new Set<() => void>()

export const readToken = (): string | null => localStorage.getItem(key)

/** Stores the token of a session, which all tabs of the browser use. Null forgets it. */
export function storeToken(token: string | null): void {
  if (token === null) localStorage.removeItem(key)
  else localStorage.setItem(key, token)
  for (const listener of listeners) listener()
}

/** The token of the session, or null. */
export const useToken = (): string | null => useSyncExternalStore(subscribe, readToken)

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  // Other tabs sign in and out, too.
  window.addEventListener('storage', listener)
  return () => {
    listeners.delete(listener)
    window.removeEventListener('storage', listener)
  }
}
