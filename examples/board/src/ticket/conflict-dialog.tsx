import { apiError } from '../api/errors.ts'
import { Dialog } from '../dialog.tsx'
import { enumText } from '../enum-text.ts'
import type { Conflict, Patch } from './use-patch.ts'

interface Props {
  readonly conflict: Conflict
  /** Sends the patch again, based on the version that it conflicts with. */
  readonly onOverwrite: (patch: Patch, version: number) => void
  /** Discards the patch. */
  readonly onKeepTheirs: () => void
}

/** Shows the values of both users, and lets this one decide. */
export function ConflictDialog({ conflict, onOverwrite, onKeepTheirs }: Props) {
  const details = apiError(conflict.error).conflict
  if (!details) return null
  return (
    <Dialog title="Another user changed this ticket" onClose={onKeepTheirs}>
      <p>Your change was not saved.</p>
      <table className="conflict">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Theirs</th>
            <th scope="col">Yours</th>
          </tr>
        </thead>
        <tbody>
          {details.fields.map(({ field, theirs, yours }) => (
            <tr key={field}>
              <th scope="row">{enumText(field)}</th>
              <td>{theirs ?? '(none)'}</td>
              <td>{yours ?? '(none)'}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className="buttons">
        <button type="button" onClick={onKeepTheirs}>
          Keep theirs
        </button>
        <button type="button" className="primary" onClick={() => onOverwrite(conflict.patch, details.currentVersion)}>
          Save mine
        </button>
      </div>
    </Dialog>
  )
}
