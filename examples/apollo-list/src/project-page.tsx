import { useMutation, useQuery } from '@apollo/client/react'
import { useState } from 'react'
import { messageOf } from './apollo/errors.ts'
import { graphql } from './generated/gql.ts'
import type { TicketStatus } from './generated/graphql.ts'
import { ImportForm } from './import-form.tsx'
import { IssueForm } from './issue-form.tsx'
import { IssueList } from './issue-list.tsx'
import { saveToken } from './session.ts'

const Projects = graphql(`
  query Projects {
    viewer { id name }
    projects(first: 200) { nodes { id key name viewerCan { createTicket importTickets } } }
  }
`)
const SignOut = graphql(`
  mutation SignOut { signOut { signedOut } }
`)
const statuses: readonly TicketStatus[] = ['OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED']

export function ProjectPage() {
  const { data, error } = useQuery(Projects)
  const [signOut] = useMutation(SignOut)
  const [projectId, setProjectId] = useState('')
  const [status, setStatus] = useState<TicketStatus | ''>('OPEN')
  const projects = data?.projects.nodes ?? []
  const project = projects.find(({ id }) => id === projectId) ?? projects[0]
  const endSession = () =>
    signOut()
      .catch(() => {})
      .finally(() => saveToken(null))
  return (
    <>
      <header>
        <h1>Issues</h1>
        {data?.viewer && <span>{data.viewer.name}</span>}
        <button type="button" onClick={endSession}>
          Sign out
        </button>
      </header>
      {error && <p role="alert">{messageOf(error)}</p>}
      {data && !project && <p>You cannot see any project.</p>}
      {project && (
        <main className="project">
          <section className="card">
            <div className="filters">
              <label>
                Project
                <select value={project.id} onChange={(event) => setProjectId(event.target.value)}>
                  {projects.map(({ id, key, name }) => (
                    <option key={id} value={id}>
                      {key}: {name}
                    </option>
                  ))}
                </select>
              </label>
              <label>
                Status
                <select value={status} onChange={(event) => setStatus(event.target.value as TicketStatus | '')}>
                  <option value="">All</option>
                  {statuses.map((value) => (
                    <option key={value}>{value}</option>
                  ))}
                </select>
              </label>
            </div>
            <IssueList key={project.id} projectId={project.id} status={status || null} />
          </section>
          <aside>
            {project.viewerCan.createTicket && <IssueForm projectId={project.id} />}
            {project.viewerCan.importTickets && <ImportForm key={project.id} projectId={project.id} />}
          </aside>
        </main>
      )}
    </>
  )
}
