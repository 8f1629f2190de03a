import { type FormEvent, useState } from 'react'
import { type CombinedError, useClient } from 'urql'
import { useLocation } from 'wouter'
import { ErrorMessage } from '../api/error-message.tsx'
import { DialogButton } from '../dialog.tsx'
import { EnumSelect } from '../enum-select.tsx'
import { FormButtons } from '../form-buttons.tsx'
import { graphql } from '../generated/gql.ts'
import type { Priority } from '../generated/graphql.ts'
import { priorities } from '../list/filters.ts'

const CreateIssue = graphql(`
  mutation CreateIssue($input: CreateIssueInput!) {
    createIssue(input: $input) { issue { id key } }
  }
`)

const CreateDefect = graphql(`
  mutation CreateDefect($input: CreateDefectInput!) {
    createDefect(input: $input) { defect { id key } }
  }
`)

export const NewTicketButton = ({ projectId }: { readonly projectId: string }) => (
  <DialogButton text="New ticket" className="primary" title="New ticket">
    {(close) => <NewTicketForm projectId={projectId} onClose={close} />}
  </DialogButton>
)

/** Files an issue, or a defect if a category is given. */
function NewTicketForm({ projectId, onClose }: { readonly projectId: string; readonly onClose: () => void }) {
  const client = useClient()
  const [, navigate] = useLocation()
  const [priority, setPriority] = useState<Priority>('MEDIUM')
  const [error, setError] = useState<CombinedError>()
  const [isSaving, setIsSaving] = useState(false)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget)
    const text = (name: string) => String(form.get(name)).trim()
    const fields = { projectId, title: text('title'), description: text('description') || null, priority }
    const category = text('category')
    setIsSaving(true)
    const result = await (category === ''
      ? client.mutation(CreateIssue, { input: fields })
      : client.mutation(CreateDefect, { input: { ...fields, category } }))
    setIsSaving(false)
    setError(result.error)
    if (!result.data) return
    const { key } = 'createIssue' in result.data ? result.data.createIssue.issue : result.data.createDefect.defect
    navigate(`/tickets/${key}`)
  }
  return (
    <form onSubmit={submit} className="stack">
      <label>
        Title
        <input name="title" required maxLength={255} />
      </label>
      <label>
        Description
        <textarea name="description" rows={6} placeholder="Markdown" />
      </label>
      <EnumSelect title="Priority" values={priorities} value={priority} onChange={setPriority} />
      <label>
        Defect category
        <input name="category" placeholder="Empty for an issue" />
      </label>
      <ErrorMessage error={error} />
      <FormButtons submit="File ticket" disabled={isSaving} onCancel={onClose} />
    </form>
  )
}
