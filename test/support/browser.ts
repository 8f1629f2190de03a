import { Session } from '../../src/http/site/session.js'
import type { Client } from './client.ts'

/** The storage of a browser, which its tabs use together. */
export function memoryStorage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const items = new Map<string, string>()
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
}

/** The session of a page in a new tab, which sends its requests through an anonymous client. */
export const openTab = ({ anonymous }: { readonly anonymous: Client }, storage = memoryStorage()): Session =>
  new Session({ storage, fetch: (path: string, init: RequestInit) => anonymous.fetch(path, init) })
