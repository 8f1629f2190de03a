import type { ProjectRole } from '../generated/graphql.ts'
import { graphql } from '../generated/index.ts'
import type { TestServer } from './app.ts'
import { Client } from './client.ts'

export const password = 'correct horse'

const SignUp = graphql(`
  mutation SignUp($username: String!, $password: String!) {
    signUp(input: { username: $username, name: $username, password: $password }) { token viewer { id } }
  }
`)

const CreateProject = graphql(`
  mutation CreateProject($input: CreateProjectInput!) {
    createProject(input: $input) { project { id key } }
  }
`)

const SetMember = graphql(`
  mutation SetMember($input: SetProjectMemberInput!) {
    setProjectMember(input: $input) { member { role } }
  }
`)

export const CreateIssue = graphql(`
  mutation CreateIssue($input: CreateIssueInput!) {
    createIssue(input: $input) { issue { id key version } }
  }
`)

const CreateDefect = graphql(`
  mutation CreateDefect($input: CreateDefectInput!) {
    createDefect(input: $input) { defect { id key version category subcategory } }
  }
`)

const CreateLabel = graphql(`
  mutation CreateLabel($input: CreateLabelInput!) {
    createLabel(input: $input) { label { id name } }
  }
`)

export class TestUser extends Client {
  readonly id: string
  readonly username: string

  constructor(server: TestServer, token: string, id: string, username: string) {
    super(server.app, token)
    this.id = id
    this.username = username
  }
}

/** The first user of a server becomes its ADMIN. */
export async function signUp(server: TestServer, username: string): Promise<TestUser> {
  const { signUp: session } = await server.anonymous.ask(SignUp, { username, password })
  return new TestUser(server, session.token, session.viewer.id, username)
}

export async function createProject(
  maintainer: Client,
  key: string,
  defaultRole?: ProjectRole,
): Promise<{ id: string; key: string }> {
  const input = { key, name: `Project ${key}`, ...(defaultRole && { defaultRole }) }
  return (await maintainer.ask(CreateProject, { input })).createProject.project
}

export async function setMember(
  maintainer: Client,
  projectId: string,
  userId: string,
  role: ProjectRole | null,
): Promise<void> {
  await maintainer.ask(SetMember, { input: { projectId, userId, role } })
}

export async function createIssue(
  client: Client,
  projectId: string,
  title: string,
  more: object = {},
): Promise<{ id: string; key: string }> {
  return (await client.ask(CreateIssue, { input: { projectId, title, ...more } })).createIssue.issue
}

export async function createDefect(client: Client, projectId: string, category: string, more: object = {}) {
  return (await client.ask(CreateDefect, { input: { projectId, category, title: 'A defect', ...more } })).createDefect
    .defect
}

export async function createLabel(client: Client, projectId: string, name: string): Promise<string> {
  return (await client.ask(CreateLabel, { input: { projectId, name, color: '#336699' } })).createLabel.label.id
}

/** A user for each role in a project without default role. The outsider is not a member. */
export interface TestUsers {
  readonly project: { readonly id: string; readonly key: string }
  readonly admin: TestUser
  readonly maintainer: TestUser
  readonly contributor: TestUser
  readonly reporter: TestUser
  readonly viewer: TestUser
  readonly outsider: TestUser
}

export async function createTestUsers(server: TestServer, key = 'CORE'): Promise<TestUsers> {
  const admin = await signUp(server, 'admin')
  const maintainer = await signUp(server, 'maintainer')
  const contributor = await signUp(server, 'contributor')
  const reporter = await signUp(server, 'reporter')
  const viewer = await signUp(server, 'viewer')
  const outsider = await signUp(server, 'outsider')
  const project = await createProject(maintainer, key)
  await setMember(maintainer, key, contributor.id, 'CONTRIBUTOR')
  await setMember(maintainer, key, reporter.id, 'REPORTER')
  await setMember(maintainer, key, viewer.id, 'VIEWER')
  return { project, admin, maintainer, contributor, reporter, viewer, outsider }
}
