import { beforeAll, expect } from 'vitest'
import { graphql } from '../generated/index.ts'
import type { TestServer } from './app.ts'
import { type ImportOptions, importCsv } from './imports.ts'
import { createProject, createTestUsers, type TestUsers } from './people.ts'

const Tickets = graphql(`
  query TicketsOfFiles($project: ID!) {
    tickets(filter: { project: { eq: $project }, archived: null }, orderBy: [{ field: NUMBER }], first: 200) {
      nodes {
        __typename externalKey title description status createdAt resolvedAt
        assignee { username } reporter { username } labels { name }
        ... on Defect { absn category }
      }
    }
  }
`)

/** Imports of issues, each into a new project by its MAINTAINER. `users` is available in tests. */
export function useImports(server: TestServer) {
  let users: TestUsers
  let projects = 0
  beforeAll(async () => {
    users = await createTestUsers(server)
  })

  const newProject = async () => (await createProject(users.maintainer, `FIL${++projects}`, 'CONTRIBUTOR')).key
  const ticketsOf = async (project: string) => (await users.maintainer.ask(Tickets, { project })).tickets.nodes
  return {
    get users() {
      return users
    },
    newProject,
    ticketsOf,

    /** Expects no row errors, and returns the result and the tickets. */
    async importFile(csv: string, input: Partial<ImportOptions> = {}) {
      const projectId = await newProject()
      const result = await importCsv(users.maintainer, csv, { projectId, kind: 'ISSUE', ...input })
      expect(result.faults.nodes).toEqual([])
      return { result, tickets: await ticketsOf(projectId) }
    },

    /** Returns the row errors as "row column message". */
    async errorsOf(csv: string, input: Partial<ImportOptions> = {}) {
      const options: ImportOptions = { projectId: await newProject(), kind: 'ISSUE', ...input }
      const { faults } = await importCsv(users.maintainer, csv, options)
      return faults.nodes.map(({ row, column, message }) => `${row} ${column} ${message}`)
    },
  }
}
