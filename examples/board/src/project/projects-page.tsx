import { useQuery } from 'urql'
import { Link } from 'wouter'
import { ErrorMessage } from '../api/error-message.tsx'
import { graphql } from '../generated/gql.ts'

const Projects = graphql(`
  query Projects {
    projects(first: 100) {
      nodes { id key name description viewerRole }
      pageInfo { hasNextPage }
    }
  }
`)

export function ProjectsPage() {
  const [{ data, error }] = useQuery({ query: Projects, requestPolicy: 'cache-and-network' })
  return (
    <main>
      <title>Projects · Snaglist</title>
      <h1>Projects</h1>
      <ErrorMessage error={error} />
      <ul className="projects">
        {data?.projects.nodes.map(({ id, key, name, description, viewerRole }) => (
          <li key={id} className="card">
            <h2>
              <Link href={`/projects/${key}`}>{name}</Link>
            </h2>
            <p className="muted">
              {key} · {viewerRole.toLowerCase()}
            </p>
            {description && <p>{description}</p>}
          </li>
        ))}
      </ul>
      {data?.projects.nodes.length === 0 && <p>You are not a member of a project. Ask a maintainer to add you.</p>}
      {data?.projects.pageInfo.hasNextPage && <p>These are the first 100 projects.</p>}
    </main>
  )
}
