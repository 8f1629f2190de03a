import { type FormEvent, useState } from 'react'
import { useMutation } from 'urql'
import { ErrorMessage } from '../api/error-message.tsx'
import { countText } from '../count-text.ts'
import { EnumSelect } from '../enum-select.tsx'
import { FormButtons } from '../form-buttons.tsx'
import { graphql } from '../generated/gql.ts'
import type { BulkUpdateStatusInput, TicketStatus } from '../generated/graphql.ts'
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

interface Props {
  /** Ids, or a filter that must match as many tickets as when the user opened the form. */
  readonly tickets: Pick<BulkUpdateStatusInput, 'ids' | 'filter' | 'expectedCount'>
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Asks for a status, previews the change by a dry run, and then makes it. */
export function BulkForm({ tickets, onDone, onClose }: Props) {
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
