import { FormButtons } from '../form-buttons.tsx'
import { type DraftTicket, useDraft } from './use-draft.ts'
import type { SavePatch } from './use-patch.ts'

export function Title({ ticket, onSave }: { readonly ticket: DraftTicket; readonly onSave: SavePatch }) {
  const draft = useDraft(ticket, 'title', onSave)
  if (draft.text === null)
    return (
      <div className="title-row">
        <h1>{ticket.title}</h1>
        {ticket.viewerCan.update && (
          <button type="button" onClick={() => draft.edit()}>
            Edit title
          </button>
        )}
      </div>
    )
  return (
    <form className="title-row" onSubmit={draft.submit}>
      <input
        aria-label="Title"
        value={draft.text}
        onChange={({ target }) => draft.edit(target.value)}
        maxLength={255}
        required
        // biome-ignore lint/a11y/noAutofocus: the user has just asked to edit the title.
        autoFocus
      />
      <FormButtons submit="Save" hint={draft.hint} onCancel={draft.discard} />
    </form>
  )
}
