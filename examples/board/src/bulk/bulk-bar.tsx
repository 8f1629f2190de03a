import { type FormEvent, useState } from 'react'
import { useMutation } from 'urql'
import { ErrorMessage } from '../api/error-message.tsx'
import { countText } from '../count-text.ts'
import { DialogButton } from '../dialog.tsx'
import { EnumSelect } from '../enum-select.tsx'
import { FormButtons } from '../form-buttons.tsx'
import { graphql } from '../generated/gql.ts'
import type { BulkUpdateStatusInput, TicketFilter, TicketStatus } from '../generated/graphql.ts'
import { statuses } from '../list/filters.ts'

const BulkUpdateStatus = graphql(`
  mutation BulkUpdateStatus($input: BulkUpdateStatusInput!) {
    bulkUpdateStatus(input: $input) {
      matchedCount
      updatedCount
      tickets { id status resolution version updatedAt }
    }
  }
`)

interface BarProps {
  /** Filter of the list, and the number of tickets that it matches. */
  readonly filter: TicketFilter
  readonly totalCount: number
  readonly selection: ReadonlySet<string>
  readonly onDone: () => void
}

/** Actions on the selected tickets, or on all tickets of the list. */
export const BulkBar = ({ filter, totalCount, selection, onDone }: BarProps) => (
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

interface FormProps {
  /** Ids, or a filter that must match as many tickets as when the user opened the form. */
  readonly tickets: Pick<BulkUpdateStatusInput, 'ids' | 'filter' | 'expectedCount'>
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Asks for a status, previews the change by a dry run, and then makes it. */
function BulkForm({ tickets, onDone, onClose }: FormProps) {
  const [status, setStatus] = useState<TicketStatus>('RESOLVED')
  const [{ fetching, error, data, operation }, update] = useMutation(BulkUpdateStatus)
  // Closing the form while its list is loaded again must not change the number of tickets that the filter must match.
  const [input] = useState(tickets)
  const preview = error || operation?.variables.input.status !== status ? undefined : data?.bulkUpdateStatus
  const apply = async (event: FormEvent) => {
    event.preventDefault()
    const result = await update({ input: { ...input, status } })
    if (result.error) return
    onDone()
    onClose()
  }
  return (
    <form onSubmit={apply} className="stack">
      <EnumSelect title="New status" values={statuses} value={status} onChange={setStatus} />
      <button type="button" onClick={() => update({ input: { ...input, status, dryRun: true } })} disabled={fetching}>
        Preview
      </button>
      <p role="status">
        {preview && `${preview.updatedCount} of ${countText(preview.matchedCount, 'ticket')} will change.`}
      </p>
      <ErrorMessage error={error} />
      <FormButtons submit="Update" disabled={fetching || !preview} onCancel={onClose} />
    </form>
  )
}
