import { useApolloClient } from '@apollo/client/react'
import { useEffect, useEffectEvent, useState } from 'react'
import { extensionsOf } from './apollo/errors.ts'
import type { IssuesQueryVariables } from './generated/graphql.ts'
import { type Change, IssueChanges, Issues, withChanges } from './issues.ts'

interface NewIssuesProps {
  readonly variables: IssuesQueryVariables
  /** The `changesCursor` of the list when it was first shown. */
  readonly cursor: string
  /** Loads the list again, and resolves to its `changesCursor`. */
  readonly reload: () => Promise<string | undefined>
}

const maxDelayMs = 10_000

/** Updates the list by the changes of others, and offers those whose position in it only the server knows. */
export function NewIssues({ variables, cursor, reload }: NewIssuesProps) {
  const client = useApolloClient()
  const [unlisted, setUnlisted] = useState<ReadonlySet<string>>(new Set())
  const { projectId, filter } = variables

  const open = useEffectEvent((after: string) =>
    client.subscribe({
      query: IssueChanges,
      variables: { filter: { ...filter, kind: 'ISSUE', project: { eq: projectId } }, after },
    }),
  )
  const receive = useEffectEvent((changes: readonly Change[], areNew: boolean) => {
    const { cache } = client
    cache.updateQuery({ query: Issues, variables }, (data) =>
      data?.project
        ? { ...data, project: { ...data.project, issues: withChanges(data.project.issues, changes) } }
        : data,
    )
    const { edges = [] } = cache.readQuery({ query: Issues, variables })?.project?.issues ?? {}
    const added = changes.filter(
      ({ matches, ticketId }) => areNew && matches && !edges.some(({ node }) => node.id === ticketId),
    )
    setUnlisted((previous) => {
      const others = [...previous].filter((id) => !changes.some(({ ticketId }) => ticketId === id))
      return new Set([...others, ...added.map(({ ticketId }) => ticketId)])
    })
  })
  const readAgain = useEffectEvent(() => {
    setUnlisted(new Set())
    return reload()
  })

  const firstCursor = useEffectEvent(() => cursor)
  useEffect(() => {
    let after = firstCursor()
    let attempts = 0
    // Until then, changes may precede the list.
    let isCurrent = false
    let timer: ReturnType<typeof setTimeout>
    let stream = connect()
    function connect() {
      const delay = Math.min(1000 * 2 ** attempts++, maxDelayMs) * (0.5 + Math.random() / 2)
      return open(after).subscribe({
        next({ data, error }) {
          if (data) {
            attempts = 0
            after = data.changes.cursor
            receive(data.changes.changes, isCurrent)
            isCurrent ||= data.changes.caughtUp
          } else if (extensionsOf(error).code === 'CURSOR_EXPIRED')
            readAgain().then((next) => {
              after = next ?? after
            })
        },
        // The connection was lost, or the server has ended the stream.
        complete() {
          timer = setTimeout(() => {
            stream = connect()
          }, delay)
        },
      })
    }
    return () => {
      clearTimeout(timer)
      stream.unsubscribe()
    }
  }, [])

  if (unlisted.size === 0) return null
  return (
    <button type="button" onClick={() => reload().then(() => setUnlisted(new Set()))}>
      Show {unlisted.size} new or changed {unlisted.size === 1 ? 'issue' : 'issues'}
    </button>
  )
}
