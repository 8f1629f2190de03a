import { useQuery } from 'urql'
import { Link } from 'wouter'
import { ErrorMessage } from '../api/error-message.tsx'
import { Comments } from '../comment/comments.tsx'
import type { TicketQuery as Data } from '../generated/graphql.ts'
import { ConflictDialog } from './conflict-dialog.tsx'
import { Description } from './description.tsx'
import { History } from './history.tsx'
import { Properties } from './properties.tsx'
import { TicketQuery } from './ticket.ts'
import { Title } from './title.tsx'
import { type Patch, usePatch } from './use-patch.ts'

export function TicketPage({ id }: { readonly id: string }) {
  const [{ data, error }, reload] = useQuery({
    query: TicketQuery,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  return (
    <main>
      {data?.ticket && <Ticket ticket={data.ticket} onReload={() => reload({ requestPolicy: 'network-only' })} />}
      {data && !data.ticket && !error && <h1>No such ticket</h1>}
      <ErrorMessage error={error} />
    </main>
  )
}

interface Props {
  readonly ticket: NonNullable<Data['ticket']>
  readonly onReload: () => void
}

function Ticket({ ticket, onReload }: Props) {
  const { patch, error, conflict, dismissConflict } = usePatch(ticket)
  return (
    <>
      <title>{`${ticket.key} ${ticket.title} · Snaglist`}</title>
      <p className="muted">
        <Link href={`/projects/${ticket.project.key}`}>{ticket.project.name}</Link> / {ticket.key}
      </p>
      <Title ticket={ticket} onSave={patch} />
      <ErrorMessage error={error} />
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
          onOverwrite={(changes: Patch, version) => {
            dismissConflict()
            patch(changes, version)
          }}
          onKeepTheirs={() => {
            dismissConflict()
            onReload()
          }}
        />
      )}
    </>
  )
}
