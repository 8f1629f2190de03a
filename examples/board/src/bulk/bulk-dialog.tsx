import { useState } from 'react'
import { useMutation } from 'urql'
import { ErrorMessage } from '../api/error-message.tsx'
import { Dialog } from '../dialog.tsx'
import { EnumSelect } from '../enum-select.tsx'
import { graphql } from '../generated/gql.ts'
import type { TicketFilter, TicketStatus } from '../generated/graphql.ts'
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

/** Tickets to update. A filter must still match as many tickets as when the user chose them. */
export type BulkTarget = { readonly count: number } & ({ readonly ids: string[] } | { readonly filter: TicketFilter })

interface Props {
  readonly target: BulkTarget
  readonly onClose: () => void
  readonly onDone: () => void
}

/** Asks for a status, previews the change by a dry run, and then makes it. */
export function BulkDialog({ target, onClose, onDone }: Props) {
  const [status, setStatus] = useState<TicketStatus>('RESOLVED')
  const [{ fetching, error, data }, update] = useMutation(BulkUpdateStatus)
  const preview = error ? undefined : data?.bulkUpdateStatus
  const run = (dryRun: boolean) => {
    const tickets = 'ids' in target ? { ids: target.ids } : { filter: target.filter, expectedCount: target.count }
    return update({ input: { ...tickets, status, dryRun } })
  }
  const apply = async () => {
    const result = await run(false)
    if (result.error) return
    onDone()
    onClose()
  }
  return (
    <Dialog title={`Update ${target.count === 1 ? '1 ticket' : `${target.count} tickets`}`} onClose={onClose}>
      <EnumSelect title="New status" values={statuses} value={status} onChange={setStatus} />
      <p role="status">{preview && `${preview.updatedCount} of ${preview.matchedCount} tickets will change.`}</p>
      <ErrorMessage error={error} />
      <div className="buttons">
        <button type="button" onClick={onClose}>
          Cancel
        </button>
        <button type="button" onClick={() => run(true)} disabled={fetching}>
          Preview
        </button>
        <button type="button" className="primary" onClick={apply} disabled={fetching || !preview}>
          Update
        </button>
      </div>
    </Dialog>
  )
}
