import { type FormEvent, useState } from 'react'
import type { TicketDetailsFragment } from '../generated/graphql.ts'
import type { SavePatch } from './use-patch.ts'

interface Draft {
  readonly text: string
  /** Version of the ticket when the user began to write. A later change by another user is a conflict. */
  readonly version: number
}

export type DraftTicket = Pick<TicketDetailsFragment, 'title' | 'description' | 'version' | 'history' | 'viewerCan'>

/** A text of a ticket that the user edits. It is open again if it was not saved. */
export function useDraft(ticket: DraftTicket, field: 'title' | 'description', onSave: SavePatch) {
  const [draft, setDraft] = useState<Draft | null>(null)
  const rival =
    draft &&
    ticket.history.nodes.find(
      ({ version, changes }) => version > draft.version && changes.some((change) => change.field === field),
    )
  return {
    /** Null while the user does not edit the text. */
    text: draft?.text ?? null,
    hint: rival && `${rival.actor.name} changed the ${field} meanwhile.`,
    edit: (text = ticket[field] ?? '') => setDraft({ text, version: draft?.version ?? ticket.version }),
    discard: () => setDraft(null),
    submit: async (event: FormEvent) => {
      event.preventDefault()
      setDraft(null)
      if (draft && !(await onSave({ [field]: draft.text }, draft.version))) setDraft((newer) => newer ?? draft)
    },
  }
}
