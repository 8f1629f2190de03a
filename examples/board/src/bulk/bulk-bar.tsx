import { DialogButton } from '../dialog.tsx'
import type { TicketFilter } from '../generated/graphql.ts'
import { BulkForm } from './bulk-form.tsx'

interface Props {
  /** Filter of the list, and the number of tickets that it matches. */
  readonly filter: TicketFilter
  readonly totalCount: number
  readonly selection: ReadonlySet<string>
  readonly onDone: () => void
}

/** Actions on the selected tickets, or on all tickets of the list. */
export const BulkBar = ({ filter, totalCount, selection, onDone }: Props) => (
  <div className="title-row">
    <DialogButton
      text={`Update ${selection.size} selected`}
      disabled={selection.size === 0}
      title="Update selected tickets"
    >
      {(close) => <BulkForm tickets={{ ids: [...selection] }} onDone={onDone} onClose={close} />}
    </DialogButton>
    <DialogButton text={`Update all ${totalCount}`} disabled={totalCount === 0} title="Update all tickets of the list">
      {(close) => <BulkForm tickets={{ filter, expectedCount: totalCount }} onDone={onDone} onClose={close} />}
    </DialogButton>
  </div>
)
