import { useQuery } from 'urql'
import { Link } from 'wouter'
import { ErrorMessage } from '../api/error-message.tsx'
import { Comments } from '../comment/comments.tsx'
import { ConflictDialog } from './conflict-dialog.tsx'
import { Description } from './description.tsx'
import { History } from './history.tsx'
import { Properties } from './properties.tsx'
import { TicketQuery } from './ticket.ts'
import { Title } from './title.tsx'
import { usePatch } from './use-patch.ts'

export function TicketPage({ id }: { readonly id: string }) {
  const [{ data, error }, reload] = useQuery({
    query: TicketQuery,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const ticket = data?.ticket
  const {
    patch,
    error: patchError,
    conflict,
    dismissConflict,
  } = usePatch(ticket ?? { __typename: 'Issue', id, version: 1 })
  if (!ticket)
    return (
      <main>
        {data && !error && <h1>No such ticket</h1>}
        <ErrorMessage error={error} />
      </main>
    )
  return (
    <main className="ticket-page">
      <title>{`${ticket.key} ${ticket.title} · Snaglist`}</title>
      <p className="muted">
        <Link href={`/projects/${ticket.project.key}`}>{ticket.project.name}</Link> / {ticket.key}
      </p>
      <Title ticket={ticket} onSave={patch} />
      <ErrorMessage error={patchError} />
      <div className="columns">
        <div>
          <Description ticket={ticket} onSave={patch} />
          <Comments ticket={ticket} />
          <History events={ticket.history.nodes} />
        </div>
        <Properties ticket={ticket} onChange={patch} />
      </div>
      {conflict && (
        <ConflictDialog
          conflict={conflict}
          onOverwrite={patch}
          onKeepTheirs={() => {
            dismissConflict()
            reload({ requestPolicy: 'network-only' })
          }}
        />
      )}
    </main>
  )
}
