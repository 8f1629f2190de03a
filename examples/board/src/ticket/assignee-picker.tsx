import { useState } from 'react'
import { useQuery } from 'urql'
import { DialogButton } from '../dialog.tsx'
import { graphql } from '../generated/gql.ts'

const AssignableUsers = graphql(`
  query AssignableUsers($project: ID!, $search: String) {
    users(assignableIn: $project, search: $search, first: 20) {
      nodes { id name username }
    }
  }
`)

interface Props {
  readonly projectId: string
  /** Null unassigns the ticket. */
  readonly onPick: (userId: string | null) => void
}

export const AssigneePicker = ({ projectId, onPick }: Props) => (
  <DialogButton text="Assign" title="Assign to">
    {(close) => (
      <People
        projectId={projectId}
        onClose={close}
        onPick={(userId) => {
          close()
          onPick(userId)
        }}
      />
    )}
  </DialogButton>
)

function People({ projectId, onPick, onClose }: Props & { readonly onClose: () => void }) {
  const [search, setSearch] = useState('')
  const [{ data }] = useQuery({ query: AssignableUsers, variables: { project: projectId, search: search || null } })
  return (
    <>
      <label>
        Search people
        <input type="search" value={search} onChange={({ target }) => setSearch(target.value)} />
      </label>
      <ul className="stack choices">
        {data?.users.nodes.map(({ id, name, username }) => (
          <li key={id}>
            <button type="button" onClick={() => onPick(id)}>
              {name} <span className="muted">{username}</span>
            </button>
          </li>
        ))}
      </ul>
      <div className="buttons">
        <button type="button" onClick={() => onPick(null)}>
          Unassign
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </>
  )
}
