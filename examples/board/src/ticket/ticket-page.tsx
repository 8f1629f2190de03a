import { useEffect, useState } from 'react'
import { useQuery } from 'urql'
import { Link } from 'wouter'
import { ErrorMessage } from '../api/error-message.tsx'
import { Comments } from '../comment/comments.tsx'
import { useChanges } from '../live/use-changes.ts'
import { ConflictDialog } from './conflict-dialog.tsx'
import { Description } from './description.tsx'
import { History } from './history.tsx'
import { Properties } from './properties.tsx'
import { TicketChanges, type TicketData, TicketQuery } from './ticket.ts'
import { Title } from './title.tsx'
import { usePatch } from './use-patch.ts'

export function TicketPage({ id }: { readonly id: string }) {
  const [{ data, error, fetching, stale }, reload] = useQuery({
    query: TicketQuery,
    variables: { id },
    requestPolicy: 'cache-and-network',
  })
  const [isOutdated, setIsOutdated] = useState(false)
  const outdate = () => setIsOutdated(true)
  const isLoading = fetching || stale
  useEffect(() => {
    // A change during a request may be missing in its response.
    if (!isOutdated || isLoading) return
    setIsOutdated(false)
    reload({ requestPolicy: 'network-only' })
  }, [isOutdated, isLoading, reload])
  useChanges({
    query: TicketChanges,
    variables: { filter: { id: { eq: id }, archived: null } },
    cursor: data?.tickets.changesCursor ?? null,
    onChanges: outdate,
    onExpired: outdate,
  })
  const ticket = data?.tickets.nodes[0]
  return (
    <main>
      {ticket && <Ticket ticket={ticket} />}
      {data && !ticket && !error && <h1>No such ticket</h1>}
      <ErrorMessage error={error} />
    </main>
  )
}

function Ticket({ ticket }: { readonly ticket: TicketData }) {
  const { patch, error, conflict } = usePatch(ticket)
  return (
    <>
      <title>{`${ticket.key} ${ticket.title} · Snaglist`}</title>
      <p className="muted">
        <Link href={`/projects/${ticket.project.key}`}>{ticket.project.name}</Link> / {ticket.key}
      </p>
      <Title ticket={ticket} onSave={patch} />
      <ErrorMessage error={error} />
      <div className="columns">
        <div className="stack">
          <Description ticket={ticket} onSave={patch} />
          <Comments ticket={ticket} />
          <History events={ticket.history.nodes} />
        </div>
        <Properties ticket={ticket} onChange={patch} />
      </div>
      {conflict && <ConflictDialog conflict={conflict} />}
    </>
  )
}
