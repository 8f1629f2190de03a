import { type FormEvent, useState } from 'react'
import type { Patch } from './use-patch.ts'

interface Props {
  readonly title: string
  readonly canUpdate: boolean
  readonly onSave: (patch: Patch) => Promise<boolean>
}

export function Title({ title, canUpdate, onSave }: Props) {
  const [draft, setDraft] = useState<string | null>(null)
  const save = (event: FormEvent) => {
    event.preventDefault()
    setDraft(null)
    if (draft !== null && draft !== title) onSave({ title: draft })
  }
  if (draft === null)
    return (
      <div className="title-row">
        <h1>{title}</h1>
        {canUpdate && (
          <button type="button" onClick={() => setDraft(title)}>
            Edit title
          </button>
        )}
      </div>
    )
  return (
    <form className="title-row" onSubmit={save}>
      <input
        aria-label="Title"
        value={draft}
        onChange={({ target }) => setDraft(target.value)}
        maxLength={255}
        required
        // biome-ignore lint/a11y/noAutofocus: the user has just asked to edit the title.
        autoFocus
      />
      <button type="button" onClick={() => setDraft(null)}>
        Cancel
      </button>
      <button type="submit" className="primary">
        Save
      </button>
    </form>
  )
}
