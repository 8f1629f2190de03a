import { type FormEvent, useState } from 'react'

interface Draft {
  readonly text: string
  /** Version of the ticket when the user began to write. A later change by another user is a conflict. */
  readonly version: number
}

/** A text that the user edits. `save` resolves to false if the text was not saved; the draft is open again then. */
export function useDraft(version: number, save: (text: string, version: number) => Promise<boolean>) {
  const [draft, setDraft] = useState<Draft | null>(null)
  return {
    /** Null while the user does not edit the text. */
    text: draft?.text ?? null,
    edit: (text: string) => setDraft({ text, version: draft?.version ?? version }),
    discard: () => setDraft(null),
    submit: async (event: FormEvent) => {
      event.preventDefault()
      setDraft(null)
      if (draft && !(await save(draft.text, draft.version))) setDraft((newer) => newer ?? draft)
    },
  }
}
