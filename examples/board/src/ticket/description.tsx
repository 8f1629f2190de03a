import { FormButtons } from '../form-buttons.tsx'
import type { TicketDetailsFragment } from '../generated/graphql.ts'
import { Markdown } from './markdown.tsx'
import { useDraft } from './use-draft.ts'
import type { SavePatch } from './use-patch.ts'

interface Props {
  readonly ticket: Pick<TicketDetailsFragment, 'description' | 'version' | 'viewerCan'>
  readonly onSave: SavePatch
}

export function Description({ ticket: { description, version, viewerCan }, onSave }: Props) {
  const draft = useDraft(version, (text, draftVersion) => onSave({ description: text }, draftVersion))
  return (
    <section className="card" aria-label="Description">
      {draft.text === null ? (
        <>
          {description ? <Markdown text={description} /> : <p className="muted">No description.</p>}
          {viewerCan.update && (
            <button type="button" onClick={() => draft.edit(description ?? '')}>
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
          <FormButtons submit="Save" onCancel={draft.discard} />
        </form>
      )}
    </section>
  )
}
