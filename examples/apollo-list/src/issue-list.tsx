import { useQuery } from '@apollo/client/react'
import { messageOf } from './apollo/errors.ts'
import type { TicketRowFragment, TicketStatus } from './generated/graphql.ts'
import { Issues } from './issues.ts'
import { NewIssues } from './new-issues.tsx'
import { useStatusChange } from './status-change.ts'

interface IssueListProps {
  readonly projectId: string
  /** Null for all. */
  readonly status: TicketStatus | null
}

export function IssueList({ projectId, status }: IssueListProps) {
  const variables = { projectId, filter: status && { status: { eq: status } } }
  const { data, previousData, error, loading, fetchMore, refetch } = useQuery(Issues, {
    variables,
    // A list that was loaded for this filter before is shown until the newer one arrives.
    fetchPolicy: 'cache-and-network',
    nextFetchPolicy: 'cache-first',
    notifyOnNetworkStatusChange: true,
  })
  const { changeStatus, message } = useStatusChange()
  const issues = (data ?? previousData)?.project?.issues
  // An issue whose status was changed leaves the list immediately.
  const edges = issues?.edges.filter(({ node }) => status === null || node.status === status) ?? []
  const total = issues && issues.totalCount - issues.edges.length + edges.length
  const loadMore = () => fetchMore({ variables: { after: issues?.pageInfo.endCursor } }).catch(() => {})
  return (
    <>
      <p role="alert">{message || (error && messageOf(error))}</p>
      {data?.project && (
        <NewIssues
          key={status}
          variables={variables}
          cursor={data.project.issues.changesCursor}
          reload={() => refetch().then((result) => result.data?.project?.issues.changesCursor)}
        />
      )}
      <ul aria-label="Issues" aria-busy={loading}>
        {edges.map(({ node }) => (
          <IssueRow key={node.id} issue={node} onChange={(next) => changeStatus(node, next)} />
        ))}
      </ul>
      <p role="status">{issues && `${edges.length} of ${total} issues`}</p>
      {issues?.pageInfo.hasNextPage && (
        <button type="button" onClick={loadMore} disabled={loading}>
          Load more
        </button>
      )}
    </>
  )
}

const transitions: Record<TicketStatus, readonly (readonly [label: string, next: TicketStatus])[]> = {
  OPEN: [
    ['Start', 'IN_PROGRESS'],
    ['Close', 'CLOSED'],
  ],
  IN_PROGRESS: [['Close', 'CLOSED']],
  RESOLVED: [
    ['Close', 'CLOSED'],
    ['Reopen', 'OPEN'],
  ],
  CLOSED: [['Reopen', 'OPEN']],
}

interface IssueRowProps {
  readonly issue: TicketRowFragment
  readonly onChange: (status: TicketStatus) => void
}

function IssueRow({ issue: { key, title, status, priority, assignee, viewerCan }, onChange }: IssueRowProps) {
  return (
    <li>
      <div>
        <strong>{key}</strong> {title}
        <small>
          {status} · {priority}
          {assignee && ` · ${assignee.name}`}
        </small>
      </div>
      {viewerCan.update &&
        transitions[status].map(([label, next]) => (
          <button key={label} type="button" aria-label={`${label} ${key}`} onClick={() => onChange(next)}>
            {label}
          </button>
        ))}
    </li>
  )
}
