import { FormButtons } from '../form-buttons.tsx'
import { Markdown } from './markdown.tsx'
import { type DraftTicket, useDraft } from './use-draft.ts'
import type { SavePatch } from './use-patch.ts'

export function Description({ ticket, onSave }: { readonly ticket: DraftTicket; readonly onSave: SavePatch }) {
  const draft = useDraft(ticket, 'description', onSave)
  const { description } = ticket
  return (
    <section className="card" aria-label="Description">
      {draft.text === null ? (
        <>
          {description ? <Markdown text={description} /> : <p className="muted">No description.</p>}
          {ticket.viewerCan.update && (
            <button type="button" onClick={() => draft.edit()}>
              Edit description
            </button>
          )}
        </>
      ) : (
        <form onSubmit={draft.submit} className="stack">
          <label>
            Description
            <textarea value={draft.text} onChange={({ target }) => draft.edit(target.value)} rows={12} />
          </label>
          <FormButtons submit="Save" hint={draft.hint} onCancel={draft.discard} />
        </form>
      )}
    </section>
  )
}
