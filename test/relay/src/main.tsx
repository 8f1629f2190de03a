// Renders the page of a project with Relay against the server in SERVER, presses its buttons, and compares what it shows with
// results that are read without Relay. Exits with 1 at the first difference.
import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { act, Suspense } from 'react'
import { commitMutation, RelayEnvironmentProvider } from 'react-relay'
import { create, type ReactTestInstance } from 'react-test-renderer'
import signIn, { type SignInMutation } from './__generated__/SignInMutation.graphql.ts'
import { createEnvironment } from './environment.ts'
import { ProjectPage } from './project-page.tsx'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
const { href: url } = new URL('/graphql', process.env['SERVER'])
const [projectId, issueId] = ['CORE', 'CORE-1']

const token = await new Promise<string>((resolve, reject) => {
  commitMutation<SignInMutation>(createEnvironment(url, null), {
    mutation: signIn,
    variables: { input: { username: 'ada', password: 'snaglist-demo' } },
    onCompleted: ({ signIn }) => resolve(signIn.token),
    onError: reject,
  })
})

/** Sends a request without Relay. */
async function send<Data>(query: string, variables: object = {}): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown }
  assert.equal(errors, undefined)
  return data
}

async function readKeys(filter: object = {}): Promise<string[]> {
  const { project } = await send<{ project: { issues: { nodes: { key: string }[] } } }>(
    `query ($id: ID!, $filter: IssueFilter) { project(id: $id) { issues(filter: $filter, first: 200) { nodes { key } } } }`,
    { id: projectId, filter },
  )
  return project.issues.nodes.map(({ key }) => key)
}

const addComment = (body: string) =>
  send('mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }', {
    input: { ticketId: issueId, body },
  })

async function readComments(): Promise<string[]> {
  const { issue } = await send<{ issue: { comments: { nodes: { body: string }[] } } }>(
    'query ($id: ID!) { issue(id: $id) { comments(first: 200) { nodes { body } } } }',
    { id: issueId },
  )
  return issue.comments.nodes.map(({ body }) => body)
}

for (const body of ['one', 'two', 'three', 'four', 'five']) await addComment(body)
const comments = await readComments()
const keys = await readKeys()
// Three pages.
assert(keys.length > 30 && keys.length <= 45)

const environment = createEnvironment(url, token)
const page = await act(() =>
  create(
    <RelayEnvironmentProvider environment={environment}>
      <Suspense fallback="loading">
        <ProjectPage projectId={projectId} issueId={issueId} />
      </Suspense>
    </RelayEnvironmentProvider>,
  ),
)
const find = (id: string): ReactTestInstance | undefined => page.root.findAllByProps({ id })[0]
const textOf = (node: ReactTestInstance | string): string =>
  typeof node === 'string' ? node : node.children.map(textOf).join('')
const shown = (id: string): string[] => find(id)?.children.map(textOf) ?? []

/** Waits until the element shows the texts. They are compared after each change of the page, for ten seconds at most. */
async function expectShown(id: string, texts: readonly string[]): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!isDeepStrictEqual(shown(id), texts) && Date.now() < deadline) await act(() => setTimeout(5))
  assert.deepEqual(shown(id), texts, id)
}

async function press(id: string): Promise<void> {
  const button = find(id)
  assert(button, `The button "${id}" is missing`)
  await act(() => button.props['onClick']())
}

await expectShown('issues', keys.slice(0, 15))
await press('more issues')
await expectShown('issues', keys.slice(0, 30))
await press('more issues')
await expectShown('issues', keys.slice(0, 45))
assert.equal(find('more issues'), undefined)
console.log('pages of issues: usePaginationFragment, loadNext')

const { tickets } = await send<{ tickets: { nodes: { number: number }[] } }>(
  '{ tickets(first: 1, orderBy: [{ field: NUMBER, direction: DESC }]) { nodes { number } } }',
)
const created = `${projectId}-${(tickets.nodes[0]?.number ?? 0) + 1}`
await press('create issue')
await expectShown('issues', [created, ...keys])
assert.deepEqual(await readKeys(), [created, ...keys])
console.log('a created issue: @prependEdge with issueEdge')

await press('open issues')
await expectShown('issues', (await readKeys({ status: { eq: 'OPEN' } })).slice(0, 15))
console.log('another filter: refetch by node(id:)')

await expectShown('comments', comments.slice(-2))
await press('previous comments')
await expectShown('comments', comments.slice(-4))
console.log('earlier comments: usePaginationFragment, loadPrevious')

await press('add comment')
await expectShown('comments', [...comments.slice(-4), 'Added by Relay'])
assert.deepEqual(await readComments(), [...comments, 'Added by Relay'])
console.log('an added comment: @appendEdge with commentEdge')

await press('delete last comment')
await expectShown('comments', comments.slice(-4))
assert.deepEqual(await readComments(), comments)
console.log('a deleted comment: @deleteEdge with deletedCommentId')

const rename = 'mutation ($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { version } } }'
const { updateIssue } = await send<{ updateIssue: { issue: { version: number } } }>(rename, {
  input: { id: issueId, title: 'Renamed without Relay' },
})
await press('refetch summary')
await expectShown('summary', [`${issueId} Renamed without Relay ${updateIssue.issue.version}`])
console.log('a changed issue: useRefetchableFragment on the interface Ticket')

// Relay keeps suspended queries for minutes, and with them the process.
process.exit()
