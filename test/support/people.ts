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

/** Somebody with an account. */
export class TestUser extends Client {
  readonly id: string
  readonly username: string

  constructor(server: TestServer, token: string, id: string, username: string) {
    super(server.app, token)
    this.id = id
    this.username = username
  }
}

/** Opens an account; the first of a server is its ADMIN. */
export async function signUp(server: TestServer, username: string): Promise<TestUser> {
  const { signUp: session } = await server.anonymous.ask(SignUp, { username, password })
  return new TestUser(server, session.token, session.viewer.id, username)
}

/** Makes a project, whose maintainer the caller is. */
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

/** Files an issue and returns its id and key. */
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

/** One person for each kind of caller, in a project that only its members see. */
export interface TestUsers {
  readonly project: { readonly id: string; readonly key: string }
  readonly admin: TestUser
  readonly maintainer: TestUser
  readonly contributor: TestUser
  readonly reporter: TestUser
  readonly viewer: TestUser
  readonly outsider: TestUser
}

/** Fills an empty server with one person for each role. */
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
