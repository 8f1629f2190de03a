import { useMutation } from '@apollo/client/react'
import type { SubmitEvent } from 'react'
import { Field } from './field.tsx'
import { formErrorsOf } from './form-errors.ts'
import { graphql } from './generated/gql.ts'
import type { Priority } from './generated/graphql.ts'
import { Issues } from './issues.ts'

const CreateIssue = graphql(`
  mutation CreateIssue($input: CreateIssueInput!) { createIssue(input: $input) { issue { id key } } }
`)
const priorities: readonly Priority[] = ['LOW', 'MEDIUM', 'HIGH', 'URGENT']

export function IssueForm({ projectId }: { readonly projectId: string }) {
  const [createIssue, { data, error, loading }] = useMutation(CreateIssue, { refetchQueries: [Issues] })
  const errors = formErrorsOf(error, ['input.title'])
  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const values = new FormData(form)
    const input = { projectId, title: String(values.get('title')), priority: values.get('priority') as Priority }
    // The error is that of the hook; the form keeps its values.
    await createIssue({ variables: { input } }).then(
      () => form.reset(),
      () => {},
    )
  }
  return (
    <form onSubmit={submit} className="card" aria-label="New issue">
      <h2>New issue</h2>
      <Field label="Title" name="title" error={errors.fields['input.title']} />
      <label>
        Priority
        <select name="priority" defaultValue="MEDIUM">
          {priorities.map((priority) => (
            <option key={priority}>{priority}</option>
          ))}
        </select>
      </label>
      <p role="alert">{errors.form}</p>
      <p role="status">{data && `${data.createIssue.issue.key} was created.`}</p>
      <button type="submit" className="primary" disabled={loading}>
        Create issue
      </button>
    </form>
  )
}
