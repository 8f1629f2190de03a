import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { countText } from '../count-text.ts'
import { graphql } from '../generated/gql.ts'
import type { TicketRowFragment } from '../generated/graphql.ts'
import { Labels, Mark } from '../ticket/marks.tsx'
import { Time } from '../ticket/time.tsx'
import { Highlight } from './highlight.tsx'

export const TicketRow = graphql(`
  fragment TicketRow on Ticket {
    __typename id key title status priority updatedAt commentCount
    assignee { id name }
    labels { id name color }
    excerpt(search: $search) @include(if: $hasSearch) { text hits { start end } }
  }
`)

/** A column of the list. */
interface Column {
  readonly name: string
  readonly cell: (ticket: TicketRowFragment) => ReactNode
}

/** The columns in their order. A column needs its fields in the fragment above. */
export const columns: readonly Column[] = [
  { name: 'Key', cell: ({ key }) => <span className="muted">{key}</span> },
  {
    name: 'Title',
    cell: ({ key, title, labels, excerpt, commentCount }) => (
      <>
        <Link href={`/tickets/${key}`} className="title">
          {title}
        </Link>
        {commentCount > 0 && <span className="muted"> · {countText(commentCount, 'comment')}</span>}
        <Labels labels={labels} />
        {excerpt && <Highlight {...excerpt} />}
      </>
    ),
  },
  { name: 'Status', cell: ({ status }) => <Mark value={status} /> },
  { name: 'Priority', cell: ({ priority }) => <Mark value={priority} /> },
  { name: 'Assignee', cell: ({ assignee }) => assignee?.name ?? <span className="muted">Unassigned</span> },
  { name: 'Updated', cell: ({ updatedAt }) => <Time value={updatedAt} /> },
]
