import { Dialog } from '../dialog.tsx'
import { enumText } from '../enum-text.ts'
import type { Conflict } from './use-patch.ts'

/** Shows the values of both users, and lets this one decide. Escape returns to the text. */
export const ConflictDialog = ({ conflict }: { readonly conflict: Conflict }) => (
  <Dialog title="Another user changed this ticket" onClose={conflict.onClose}>
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
        {conflict.fields.map(({ field, theirs, yours }) => (
          <tr key={field}>
            <th scope="row">{enumText(field)}</th>
            <td>{theirs ?? '(none)'}</td>
            <td>{yours ?? '(none)'}</td>
          </tr>
        ))}
      </tbody>
    </table>
    <div className="buttons">
      <button type="button" onClick={conflict.onDiscard}>
        Keep theirs
      </button>
      <button type="button" className="primary" onClick={conflict.onOverwrite}>
        Save mine
      </button>
    </div>
  </Dialog>
)
