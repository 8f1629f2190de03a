import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import { emptyDatabase, query } from './databases.ts'
import { ask, type Peer, startPeer } from './peers.ts'
import { median } from './report.ts'

// Checks that response times do not reveal hidden objects or existing usernames.
const { values } = parseArgs({
  options: { tries: { type: 'string', default: '200' }, 'sign-ins': { type: 'string' }, only: { type: 'string' } },
})
const tries = Number(values.tries)
const signInTries = Number(values['sign-ins'] ?? values.tries)
const maxRatio = 1.1
const runs = 3

/** Requests that must take the same time, by the kind of object that they meet. */
interface Experiment {
  readonly name: string
  readonly query: string
  readonly tries: number
  readonly variants: Readonly<Record<string, () => object>>
}

// Many, so that a duration that depends on their number is visible.
const projects = 3000
const tickets = 300
const password = 'correct horse'
const url = await emptyDatabase('snaglist_bench_timing')
const peer = await startPeer('snaglist', 4795, url, '')
type Client = Pick<Peer, 'url' | 'headers'>
const anonymous: Client = { url: peer.url, headers: {} }

const signUp = 'mutation ($input: SignUpInput!) { signUp(input: $input) { token } }'
const createUser = 'mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }'
const signIn = 'mutation ($input: SignInInput!) { signIn(input: $input) { token } }'
const account = (username: string) => ({ input: { username, name: username, password } })

/** Signs in. */
async function signInAs(username: string): Promise<Client> {
  const session = await ask<{ signIn: { token: string } }>(anonymous, signIn, { input: { username, password } })
  return { url: peer.url, headers: { authorization: `Bearer ${session.signIn.token}` } }
}

/** Creates projects that the viewer cannot see, and one that it can. */
async function createObjects(admin: Client): Promise<Record<'projects' | 'tickets' | 'comments', string[]>> {
  const create = 'mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id } } }'
  await ask(admin, create, { input: { key: 'OPEN', name: 'Open', defaultRole: 'VIEWER' } })
  await ask(admin, create, { input: { key: 'HID', name: 'Hidden' } })
  const rows = async (sql: string) => (await query<{ id: string }>(url, sql)).map(({ id }) => id)
  await query(url, `INSERT INTO projects (key, name) SELECT 'P' || n, 'P' FROM generate_series(1, ${projects}) n`)
  const issue = 'mutation ($input: CreateIssueInput!) { createIssue(input: $input) { issue { id } } }'
  const comment = 'mutation ($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }'
  for (let n = 0; n < tickets; n++) {
    const input = { projectId: 'HID', title: `Hidden ${n}` }
    const { createIssue } = await ask<{ createIssue: { issue: { id: string } } }>(admin, issue, { input })
    await ask(admin, issue, { input: { ...input, projectId: 'OPEN' } })
    await ask(admin, comment, { input: { ticketId: createIssue.issue.id, body: 'Hidden' } })
  }
  await query(url, 'VACUUM ANALYZE')
  return {
    projects: await rows("SELECT id FROM projects WHERE key LIKE 'P%'"),
    tickets: await rows("SELECT t.id FROM tickets t JOIN projects p ON p.id = project_id WHERE p.key = 'HID'"),
    comments: await rows('SELECT id FROM comments'),
  }
}

/** The duration of a request in milliseconds, and its error code or result. */
async function tryOnce(viewer: Client, text: string, variables: object): Promise<{ time: number; outcome: string }> {
  const start = performance.now()
  const outcome = await ask(viewer, text, variables).then(JSON.stringify, ({ message }: Error) => message)
  return { time: performance.now() - start, outcome: /"code":"\w+"/.exec(outcome)?.[0] ?? outcome }
}

const shuffled = <Item>(items: readonly Item[]): Item[] =>
  items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)

const anyOf = (items: readonly string[]) => items[Math.floor(Math.random() * items.length)] as string

/** The median duration of each variant, sent in random order. */
async function measure(viewer: Client, experiment: Experiment): Promise<[string, number][]> {
  const times = new Map<string, number[]>(Object.keys(experiment.variants).map((name) => [name, []]))
  const outcomes = new Set<string>()
  // The first tenth warms up and is not counted.
  for (let round = -Math.ceil(experiment.tries / 10); round < experiment.tries; round++)
    for (const [name, variables] of shuffled(Object.entries(experiment.variants))) {
      // Too many failed attempts would be rate-limited, a different outcome.
      if (viewer === anonymous) await query(url, 'DELETE FROM sign_in_attempts')
      const { time, outcome } = await tryOnce(viewer, experiment.query, variables())
      outcomes.add(outcome)
      if (round >= 0) times.get(name)?.push(time)
    }
  if (outcomes.size > 1) throw new Error(`${experiment.name} has different outcomes: ${[...outcomes].join(', ')}`)
  return [...times].map(([name, all]) => [name, median(all)])
}

try {
  await ask(anonymous, signUp, account('admin'))
  const admin = await signInAs('admin')
  for (const username of ['viewer', 'member', 'closed']) await ask(admin, createUser, account(username))
  await ask(admin, 'mutation { updateUser(input: { id: "closed", active: false }) { user { id } } }', {})
  const viewer = await signInAs('viewer')
  const hidden = await createObjects(admin)

  const byId = (ids: readonly string[], input = (id: string): object => ({ id })) => ({
    hidden: () => input(anyOf(ids)),
    none: () => input(randomUUID()),
  })
  const byKey = {
    hidden: () => ({ id: `HID-${1 + Math.floor(Math.random() * tickets)}` }),
    'hidden project, none': () => ({ id: `HID-${tickets + 1 + Math.floor(Math.random() * tickets)}` }),
    none: () => ({ id: `NONE-${1 + Math.floor(Math.random() * tickets)}` }),
  }
  const ticket =
    'query ($id: ID!) { ticket(id: $id) { id title project { key } comments(first: 5) { nodes { body } } } }'
  const node = 'query ($id: ID!) { node(id: $id) { id } }'
  const change = 'mutation ($id: ID!) { updateIssue(input: { id: $id, title: "x" }) { issue { id } } }'
  const assign = 'mutation ($id: ID!) { assignTicket(input: { id: $id, assigneeId: null }) { ticket { id } } }'
  const edit = 'mutation ($id: ID!) { editComment(input: { id: $id, body: "x" }) { comment { id } } }'
  const add = 'mutation ($id: ID!) { addComment(input: { ticketId: $id, body: "x" }) { comment { id } } }'
  const file = 'mutation ($id: ID!) { createIssue(input: { projectId: $id, title: "x" }) { issue { id } } }'
  const experiments: Experiment[] = [
    { name: 'ticket by id', query: ticket, tries, variants: byId(hidden.tickets) },
    { name: 'ticket by key', query: ticket, tries, variants: byKey },
    {
      name: 'project',
      query: 'query ($id: ID!) { project(id: $id) { name } }',
      tries,
      variants: byId(hidden.projects),
    },
    { name: 'node of a ticket', query: node, tries, variants: byId(hidden.tickets) },
    { name: 'node of a comment', query: node, tries, variants: byId(hidden.comments) },
    { name: 'node of a project', query: node, tries, variants: byId(hidden.projects) },
    { name: 'updateIssue by id', query: change, tries, variants: byId(hidden.tickets) },
    { name: 'updateIssue by key', query: change, tries, variants: byKey },
    { name: 'assignTicket', query: assign, tries, variants: byId(hidden.tickets) },
    { name: 'editComment', query: edit, tries, variants: byId(hidden.comments) },
    { name: 'addComment', query: add, tries, variants: byId(hidden.tickets) },
    { name: 'createIssue', query: file, tries, variants: byId(hidden.projects) },
  ]
  const credentials = (username: string, secret: string) => () => ({ input: { username, password: secret } })
  const signInExperiment: Experiment = {
    name: 'signIn',
    query: signIn,
    tries: signInTries,
    variants: {
      'unknown username': credentials('unknown', password),
      'wrong password': credentials('member', 'wrong horse'),
      'closed account': credentials('closed', password),
      'impossible username': credentials('no such name!', password),
    },
  }

  let leaks = 0
  // A difference caused by a busy machine is not repeated.
  for (const experiment of [...experiments, signInExperiment].filter(
    ({ name }) => !values.only || name.includes(values.only),
  ))
    for (let run = 1; run <= runs; run++) {
      const medians = await measure(experiment === signInExperiment ? anonymous : viewer, experiment)
      const figures = medians.map(([, figure]) => figure)
      const ratio = Math.max(...figures) / Math.min(...figures)
      const verdict = ratio <= maxRatio ? 'equal' : run < runs ? 'retry' : 'DIFFERENT'
      const report = medians.map(([name, figure]) => `${name} ${figure.toFixed(2)} ms`).join(', ')
      console.info(`${verdict} ${ratio.toFixed(3)}  ${experiment.name}: ${report}`)
      if (verdict === 'equal') break
      if (verdict === 'DIFFERENT') leaks++
    }
  process.exitCode = leaks > 0 ? 1 : 0
} finally {
  peer.process.kill()
}
