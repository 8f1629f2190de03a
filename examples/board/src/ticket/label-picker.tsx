import type { FormEvent } from 'react'
import { useMutation } from 'urql'
import { ErrorMessage } from '../api/error-message.tsx'
import { DialogButton } from '../dialog.tsx'
import { graphql } from '../generated/gql.ts'
import type { TicketDetailsFragment } from '../generated/graphql.ts'

const SetLabels = graphql(`
  mutation SetLabels($input: SetLabelsInput!) {
    setLabels(input: $input) { ticket { ...TicketDetails } }
  }
`)

interface Props {
  readonly ticket: Pick<TicketDetailsFragment, 'id' | 'version' | 'labels'>
  /** The labels of the project. */
  readonly choices: TicketDetailsFragment['labels']
}

export function LabelPicker({ ticket, choices }: Props) {
  const [{ error, fetching }, setLabels] = useMutation(SetLabels)
  const submit = async (event: FormEvent<HTMLFormElement>, close: () => void) => {
    event.preventDefault()
    const labelIds = new FormData(event.currentTarget).getAll('label').map(String)
    const result = await setLabels({ input: { ticketId: ticket.id, labelIds, expectedVersion: ticket.version } })
    if (!result.error) close()
  }
  return (
    <DialogButton text="Edit labels" title="Labels">
      {(close) => (
        <form onSubmit={(event) => submit(event, close)} className="stack">
          <ul className="choices">
            {choices.map(({ id, name, color }) => (
              <li key={id}>
                <label className="choice">
                  <input
                    type="checkbox"
                    name="label"
                    value={id}
                    defaultChecked={ticket.labels.some((label) => label.id === id)}
                  />
                  <span className="dot" style={{ backgroundColor: color }} />
                  {name}
                </label>
              </li>
            ))}
          </ul>
          <ErrorMessage error={error} />
          <div className="buttons">
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button type="submit" className="primary" disabled={fetching}>
              Save labels
            </button>
          </div>
        </form>
      )}
    </DialogButton>
  )
}
