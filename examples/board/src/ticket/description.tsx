import { type FormEvent, useState } from 'react'
import type { TicketDetailsFragment } from '../generated/graphql.ts'
import { Markdown } from './markdown.tsx'
import type { Patch } from './use-patch.ts'

interface Props {
  readonly ticket: Pick<TicketDetailsFragment, 'description' | 'viewerCan'>
  readonly onSave: (patch: Patch) => Promise<boolean>
}

export function Description({ ticket: { description, viewerCan }, onSave }: Props) {
  const [draft, setDraft] = useState<string | null>(null)
  const save = (event: FormEvent) => {
    event.preventDefault()
    setDraft(null)
    if (draft !== description) onSave({ description: draft })
  }
  return (
    <section className="card" aria-label="Description">
      {draft === null ? (
        <>
          {description ? <Markdown text={description} /> : <p className="muted">No description.</p>}
          {viewerCan.update && (
            <button type="button" onClick={() => setDraft(description ?? '')}>
              Edit description
            </button>
          )}
        </>
      ) : (
        <form onSubmit={save} className="stack">
          <label>
            Description
            <textarea value={draft} onChange={({ target }) => setDraft(target.value)} rows={12} />
          </label>
          <div className="buttons">
            <button type="button" onClick={() => setDraft(null)}>
              Cancel
            </button>
            <button type="submit" className="primary">
              Save
            </button>
          </div>
        </form>
      )}
    </section>
  )
}
