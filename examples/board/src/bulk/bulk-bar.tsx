import { useState } from 'react'
import type { TicketFilter } from '../generated/graphql.ts'
import { BulkDialog, type BulkTarget } from './bulk-dialog.tsx'

interface Props {
  /** Filter of the list, and the number of tickets that it matches. */
  readonly filter: TicketFilter
  readonly totalCount: number
  readonly selection: ReadonlySet<string>
  readonly onDone: () => void
}

/** Actions on the selected tickets, or on all tickets of the list. */
export function BulkBar({ filter, totalCount, selection, onDone }: Props) {
  const [target, setTarget] = useState<BulkTarget | null>(null)
  return (
    <div className="bulk-bar">
      <button
        type="button"
        disabled={selection.size === 0}
        onClick={() => setTarget({ ids: [...selection], count: selection.size })}
      >
        Update {selection.size} selected
      </button>
      <button type="button" disabled={totalCount === 0} onClick={() => setTarget({ filter, count: totalCount })}>
        Update all {totalCount}
      </button>
      {target && <BulkDialog target={target} onClose={() => setTarget(null)} onDone={onDone} />}
    </div>
  )
}
