import { useSyncExternalStore } from 'react'

/** The token is in the local storage, so that all tabs of the browser have one session. */
const key = 'snaglist-list:token'

const readToken = () => localStorage.getItem(key)

function subscribe(onChange: () => void) {
  addEventListener('storage', onChange)
  return () => removeEventListener('storage', onChange)
}

export const useToken = () => useSyncExternalStore(subscribe, readToken)

/** Null ends the session in this browser; the mutation `signOut` ends it on the server. */
export function saveToken(token: string | null) {
  if (token === null) localStorage.removeItem(key)
  else localStorage.setItem(key, token)
  // Browsers send this event to other tabs only.
  dispatchEvent(new StorageEvent('storage', { key }))
}
