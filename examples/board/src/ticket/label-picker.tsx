import type { FormEvent } from 'react'
import { useClient, useMutation } from 'urql'
import { ErrorMessage } from '../api/error-message.tsx'
import { DialogButton } from '../dialog.tsx'
import { FormButtons } from '../form-buttons.tsx'
import { graphql } from '../generated/gql.ts'
import type { TicketDetailsFragment } from '../generated/graphql.ts'
import { Dot } from './marks.tsx'
import { TicketQuery } from './ticket.ts'

const SetLabels = graphql(`
  mutation SetLabels($input: SetLabelsInput!) {
    setLabels(input: $input) { ticket { ...TicketDetails } }
  }
`)

interface Props {
  readonly ticket: Pick<TicketDetailsFragment, 'id' | 'key' | 'version' | 'labels'>
  /** The labels of the project. */
  readonly choices: TicketDetailsFragment['labels']
}

export const LabelPicker = (props: Props) => (
  <DialogButton text="Edit labels" title="Labels">
    {(close) => <LabelForm {...props} onClose={close} />}
  </DialogButton>
)

function LabelForm({ ticket, choices, onClose }: Props & { readonly onClose: () => void }) {
  const client = useClient()
  const [{ error, fetching }, setLabels] = useMutation(SetLabels)
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const labelIds = new FormData(event.currentTarget).getAll('label').map(String)
    const result = await setLabels({ input: { ticketId: ticket.id, labelIds, expectedVersion: ticket.version } })
    if (!result.error) onClose()
    // After a conflict, the user can save the labels again, with the version of the reloaded ticket.
    else client.query(TicketQuery, { id: ticket.key }, { requestPolicy: 'network-only' }).toPromise()
  }
  return (
    <form onSubmit={submit} className="stack">
      <ul className="stack choices">
        {choices.map(({ id, name, color }) => (
          <li key={id}>
            <label className="choice">
              <input
                type="checkbox"
                name="label"
                value={id}
                defaultChecked={ticket.labels.some((label) => label.id === id)}
              />
              <Dot color={color} />
              {name}
            </label>
          </li>
        ))}
      </ul>
      <ErrorMessage error={error} />
      <FormButtons submit="Save labels" disabled={fetching} onCancel={onClose} />
    </form>
  )
}
