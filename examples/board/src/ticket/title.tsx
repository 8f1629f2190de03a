import { FormButtons } from '../form-buttons.tsx'
import type { TicketDetailsFragment } from '../generated/graphql.ts'
import { useDraft } from './use-draft.ts'
import type { SavePatch } from './use-patch.ts'

interface Props {
  readonly ticket: Pick<TicketDetailsFragment, 'title' | 'version' | 'viewerCan'>
  readonly onSave: SavePatch
}

export function Title({ ticket: { title, version, viewerCan }, onSave }: Props) {
  const draft = useDraft(version, (text, draftVersion) => onSave({ title: text }, draftVersion))
  if (draft.text === null)
    return (
      <div className="title-row">
        <h1>{title}</h1>
        {viewerCan.update && (
          <button type="button" onClick={() => draft.edit(title)}>
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
      <FormButtons submit="Save" onCancel={draft.discard} />
    </form>
  )
}
