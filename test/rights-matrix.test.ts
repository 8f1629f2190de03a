import { extendSchema, type GraphQLSchema, parse } from 'graphql'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { schema } from '../src/schema.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import type { ApiResponse } from './support/client.ts'
import { cellOf, matrix, matrixErrors } from './support/matrix.ts'
import { createTestUsers, type TestUsers } from './support/people.ts'
import { clientOf, type RoleName, roleNames, usernameOf } from './support/rights.ts'
import { fillSample, type Sample } from './support/sample.ts'
import { type AccessPath, SchemaWalker } from './support/schema-walker.ts'

// What the documents ask for is dear, and what they get is little.
const server = useServer({ SNAGLIST_COST_LIMIT: '1000000000' })

const entities = {
  Project: '<project>',
  Ticket: '<defect>',
  Issue: '<issue>',
  Defect: '<defect>',
  Label: '<label>',
  Comment: '<comment>',
  HistoryEvent: '<event>',
  Import: '<import>',
  User: '<contributor>',
}
const ids = Object.entries(entities).filter(([type]) => type !== 'Ticket')
const everything = 'filter: { archived: null }'
const range = 'from: "2020-01-01T00:00:00Z", to: "<now>"'
const given = {
  excerpt: 'search: "hush"',
  'Project.issues': everything,
  'Project.defects': everything,
  'Query.issues': everything,
  'Query.defects': everything,
  'Query.tickets': everything,
  'Query.projects': 'archived: null',
  'Query.reports': 'filter: { project: { eq: "CORE" }, archived: null }',
  'Query.explainCost': 'query: "{ tickets { totalCount } }"',
  'Reports.ageing': 'groupBy: LABEL',
  'Reports.firstResponseTime': 'groupBy: LABEL',
  'Reports.resolutionTime': 'groupBy: LABEL',
  'Reports.pareto': 'by: LABEL',
  'Reports.flow': `interval: MONTH, ${range}`,
  'Reports.reopenRate': range,
}
const roots = {
  node: Object.fromEntries(ids.map(([type, id]) => [type, `node(id: "${id}")`])),
  nodes: Object.fromEntries(ids.map(([type, id]) => [type, `nodes(ids: ["${id}"])`])),
  ticket: { 'Issue by id': 'ticket(id: "<issue>")', 'Defect by key': 'ticket(id: "CORE-2")' },
  issue: { 'by id': 'issue(id: "<issue>")', 'by key': 'issue(id: "core-1")' },
  defect: { 'by id': 'defect(id: "<defect>")', 'by key': 'defect(id: "CORE-2")' },
  project: { 'by id': 'project(id: "<project>")', 'by key': 'project(id: "core")' },
  user: { 'by id': 'user(id: "<contributor>")', 'by username': 'user(id: "contributor")' },
  import: { 'by id': 'import(id: "<import>")' },
}
/** Each way to all that a schema leads to; what stands in <> is filled in once there is something. */
const waysOf = (known: GraphQLSchema) => new SchemaWalker(known, given).ways(entities, roots)
const ways = waysOf(schema)

type Shown = Pick<ApiResponse<unknown>, 'data' | 'errors'> & { readonly statements?: number }
let users: TestUsers
let words: Readonly<Record<string, string>>
let secrets: readonly string[]
/** What was answered while CORE was closed to the guest, once it was open, and when it was gone. */
const closed = new Map<string, Shown>()
const opened = new Map<string, Shown>()
const gone = new Map<string, Shown>()

const filled = ({ query }: AccessPath) => query.replaceAll(/<(\w+)>/g, (_, word) => words[word] ?? '')
const keyOf = (way: AccessPath, who: RoleName) => `${way.name} ${who}`

async function askAll(responses: Map<string, Shown>, whom: readonly RoleName[]): Promise<void> {
  for (const way of ways)
    for (const who of whom) {
      const { result, sent } = await statementsOf(server, () =>
        clientOf(server, users, who).post({ query: filled(way) }),
      )
      const { data, errors } = result
      responses.set(keyOf(way, who), { data, ...(errors && { errors }), statements: sent.length })
    }
}

const Open = graphql(`
  mutation MatrixOpen { updateProject(input: { id: "CORE", defaultRole: VIEWER }) { project { id } } }
`)

beforeAll(async () => {
  users = await createTestUsers(server)
  const sample: Sample = await fillSample(users)
  // Reports tell filters with times in them.
  vi.useFakeTimers({ toFake: ['Date'] })
  words = { ...sample, contributor: users.contributor.id, now: new Date().toISOString() }
  await askAll(
    closed,
    roleNames.filter((who) => who !== 'guest'),
  )
  await users.maintainer.ask(Open)
  await askAll(opened, ['guest', 'admin'])
  await server.database.pool.query('TRUNCATE projects CASCADE')
  await askAll(gone, ['anonymous', 'outsider'])
  secrets = secretsOf()
}, 300_000)
afterAll(() => {
  vi.useRealTimers()
})

type Seen = Readonly<Record<string, unknown>> & { readonly __typename?: string; readonly id?: string }
const isSeen = (value: unknown): value is Seen => typeof value === 'object' && value !== null

/** What a caller is to get where an ADMIN, who sees everything, gets this. */
function expected(value: unknown, who: RoleName): unknown {
  if (Array.isArray(value)) return value.map((item) => expected(item, who))
  if (!isSeen(value)) return value
  const { __typename: type = '', id } = value
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      const cell = matrix[type]?.but[field] ? cellOf(who, type, field) : 'all'
      if (typeof cell === 'object') return [field, cell.is]
      const shown = cell === 'all' || (cell === 'own' && id === users[usernameOf(who) as keyof TestUsers].id)
      return [field, shown ? expected(inner, who) : null]
    }),
  )
}

/** What nobody may learn who does not see CORE: its ids and words. */
function secretsOf(): readonly string[] {
  const people = Object.values(users).map(({ id }) => id)
  const details = [...closed].flatMap(([key, shown]) => (key.endsWith(' admin') ? [JSON.stringify(shown)] : []))
  const all = new Set(details.join().match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g))
  return [...all.difference(new Set(people)), 'hush', 'CORE']
}

test.each(ways)('shows each user the rows and fields of the table: $name', (way) => {
  const query = filled(way)
  // What the question has in it is no secret.
  const untold = secrets.filter((word) => !query.includes(word))
  for (const who of roleNames) {
    const phase = who === 'guest' ? opened : closed
    const shown = phase.get(keyOf(way, who)) ?? {}
    const cells = [cellOf(who, 'Query', way.root), ...way.through.map((type) => cellOf(who, type))]
    const cell = cells.find((known) => known !== 'all') ?? 'all'
    const text = JSON.stringify(shown)
    if (cell === 'UNAUTHENTICATED') {
      expect(
        shown.errors?.map(({ extensions }) => extensions?.code),
        who,
      ).toEqual([cell])
      expect(
        Object.values(shown.data ?? {}).filter((value) => value !== null),
        who,
      ).toEqual([])
    } else {
      expect(shown.errors, who).toBeUndefined()
      if (cell === 'all') expect(shown.data, who).toEqual(expected(phase.get(keyOf(way, 'admin'))?.data, who))
      // By as many statements too: time tells nothing either.
      if (cell === 'none') expect(shown, who).toEqual(gone.get(keyOf(way, who)))
      if (cell === 'own')
        expect(
          Array.from(text.matchAll(/"name":"(\w+)"/g), ([, name]) => name),
          who,
        ).toEqual([usernameOf(who)])
    }
    if (who === 'anonymous' || who === 'outsider')
      expect(
        untold.filter((secret) => text.includes(secret)),
        `${who}: ${text}`,
      ).toEqual([])
  }
})

/** Which fields of which types have a value in an answer. */
function* valuesIn(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* valuesIn(item)
  if (!isSeen(value)) return
  for (const [field, inner] of Object.entries(value)) {
    if (inner !== null && !(Array.isArray(inner) && inner.length === 0)) yield `${value.__typename}.${field}`
    yield* valuesIn(inner)
  }
}

test('has a value for each field that a query can reach', () => {
  const details = new Set([...closed, ...opened].flatMap(([, { data }]) => [...valuesIn(data)]))
  const fields = Object.entries(matrix).flatMap(([type, { fields }]) => [...fields].map((field) => `${type}.${field}`))
  const inAnswers = fields.filter((name) => !/^(Query|Node|Ticket|\w+Payload|ImportRefusal)\./.test(name))
  expect(inAnswers.filter((name) => !details.has(name))).toEqual(['Project.archivedAt'])
})

test('has a row for each type and field of the schema', () => {
  expect(matrixErrors(schema)).toEqual([])
})

test('reports a type, field or query without a row', () => {
  const extended = extendSchema(
    schema,
    parse('type Badge { id: ID! } extend type User { badges: [Badge!]! } extend type Query { badge(id: ID!): Badge }'),
  )
  expect(matrixErrors(extended)).toEqual([
    'User.badges is not in the row of User: say in test/support/matrix.ts who sees it.',
    'Query.badge is not in the row of Query: say in test/support/matrix.ts who sees it.',
    'Badge has no row: say in test/support/matrix.ts who sees it.',
  ])
  // The ways are made from the schema, so what is new is asked for.
  expect(waysOf(extended).map(({ name }) => name)).toEqual(expect.arrayContaining(['Query.badge', 'User.badges']))
})
