import { useEffect, useEffectEvent, useRef, useState, useSyncExternalStore } from 'react'
import { type TypedDocumentNode, useClient } from 'urql'
import { apiError } from '../api/errors.ts'

interface Batch<Change> {
  readonly cursor: string
  readonly caughtUp: boolean
  readonly changes: Change[]
}

interface Options<Change, Variables extends { after: string }> {
  /** A subscription to `changes`. */
  readonly query: TypedDocumentNode<{ changes: Batch<Change> }, Variables>
  /** Must not change while the component is mounted. */
  readonly variables: Omit<Variables, 'after'>
  /** The `changesCursor` of the data on the page, or null until it is loaded. */
  readonly cursor: string | null
  /** Changes that are not new may precede the data on the page. */
  readonly onChanges: (changes: Change[], areNew: boolean) => void
  /** Must load the data again. The stream continues at its `changesCursor`. */
  readonly onExpired: () => void
}

const maxDelayMs = 10_000

/** Follows the changes after a cursor. A stream that ended, for any reason, continues at the position that it reached. */
export function useChanges<Change, Variables extends { after: string }>(options: Options<Change, Variables>): void {
  const { query, variables, cursor } = options
  const client = useClient()
  const isVisible = useSyncExternalStore(subscribeToVisibility, () => document.visibilityState === 'visible')
  const position = useRef<string>(null)
  const isCurrent = useRef(false)
  const [expired, setExpired] = useState<string | null>(null)
  const open = useEffectEvent(() => {
    position.current ??= cursor
    return client.subscription(query, { ...variables, after: position.current } as Variables)
  })
  const receive = useEffectEvent(({ changes, ...batch }: Batch<Change>) => {
    position.current = batch.cursor
    if (changes.length > 0) options.onChanges(changes, isCurrent.current)
    isCurrent.current ||= batch.caughtUp
  })
  const expire = useEffectEvent(() => {
    position.current = null
    isCurrent.current = false
    setExpired(cursor)
    options.onExpired()
  })

  // A browser opens six connections to an origin at most, for all its tabs together.
  const isOpen = isVisible && cursor !== null && cursor !== expired
  useEffect(() => {
    if (!isOpen) return
    let attempts = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    let stream = connect()
    function connect() {
      const delay = Math.min(1000 * 2 ** attempts++, maxDelayMs) * (0.5 + Math.random() / 2)
      return open().subscribe(({ data, error, hasNext }) => {
        if (data && hasNext && !error) {
          attempts = 0
          return receive(data.changes)
        }
        if (error && apiError(error).code === 'CURSOR_EXPIRED') return expire()
        clearTimeout(timer)
        timer = setTimeout(() => {
          stream.unsubscribe()
          stream = connect()
        }, delay)
      })
    }
    return () => {
      clearTimeout(timer)
      stream.unsubscribe()
    }
  }, [isOpen])
}

function subscribeToVisibility(listener: () => void): () => void {
  document.addEventListener('visibilitychange', listener)
  return () => document.removeEventListener('visibilitychange', listener)
}
