import { extendSchema, type GraphQLSchema, parse } from 'graphql'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { schema } from '../src/schema.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import type { ApiResponse } from './support/client.ts'
import { cellOf, matrix, matrixErrors } from './support/matrix.ts'
import { createTestUsers, type TestUsers } from './support/people.ts'
import { clientOf, type RoleName, roleNames, usernameOf } from './support/permissions.ts'
import { fillSample, type Sample } from './support/sample.ts'
import { type AccessPath, SchemaWalker, timeDependentFields } from './support/schema-walker.ts'
import { webhookSettings } from './support/webhooks.ts'

// The documents have a high cost but small results.
const server = useServer({ SNAGLIST_COST_LIMIT: '1000000000', ...webhookSettings })

const entities = {
  Project: '<project>',
  Ticket: '<defect>',
  Issue: '<issue>',
  Defect: '<defect>',
  Label: '<label>',
  Comment: '<comment>',
  HistoryEvent: '<event>',
  Import: '<import>',
  Webhook: '<webhook>',
  WebhookDelivery: '<delivery>',
  User: '<contributor>',
}
const ids = Object.entries(entities).filter(([type]) => type !== 'Ticket')
const includingArchived = 'filter: { archived: null }'
const range = 'from: "2020-01-01T00:00:00Z", to: "<now>"'
const fieldArguments = {
  excerpt: 'search: "hush"',
  'Project.issues': includingArchived,
  'Project.defects': includingArchived,
  'Query.issues': includingArchived,
  'Query.defects': includingArchived,
  'Query.tickets': includingArchived,
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
  node: {
    ...Object.fromEntries(ids.map(([type, id]) => [type, `node(id: "${id}")`])),
    'Issue by key': 'node(id: "core-1")',
    'Project by key': 'node(id: "CORE")',
  },
  nodes: Object.fromEntries(ids.map(([type, id]) => [type, `nodes(ids: ["${id}"])`])),
  ticket: { 'Issue by id': 'ticket(id: "<issue>")', 'Defect by key': 'ticket(id: "CORE-2")' },
  issue: { 'by id': 'issue(id: "<issue>")', 'by key': 'issue(id: "core-1")' },
  defect: { 'by id': 'defect(id: "<defect>")', 'by key': 'defect(id: "CORE-2")' },
  project: { 'by id': 'project(id: "<project>")', 'by key': 'project(id: "core")' },
  user: { 'by id': 'user(id: "<contributor>")', 'by username': 'user(id: "contributor")' },
  import: { 'by id': 'import(id: "<import>")' },
  previewWebhook: { 'of a ticket': 'previewWebhook(id: "<webhook>", ticketId: "<issue>")' },
}
/** The names in <> are replaced by ids of the sample. */
const accessPathsOf = (ownSchema: GraphQLSchema) =>
  new SchemaWalker(ownSchema, fieldArguments).accessPaths(entities, roots)
const accessPaths = accessPathsOf(schema)

type RecordedResponse = Pick<ApiResponse<unknown>, 'data' | 'errors'> & { readonly statements?: number }
let users: TestUsers
let idsByName: Readonly<Record<string, string>>
let secrets: readonly string[]
// Responses while CORE has no default role, with default role VIEWER, and after its deletion.
const closedResponses = new Map<string, RecordedResponse>()
const openResponses = new Map<string, RecordedResponse>()
const missingResponses = new Map<string, RecordedResponse>()

const queryWithIds = ({ query }: AccessPath) => query.replaceAll(/<(\w+)>/g, (_, word) => idsByName[word] ?? '')
const keyOf = (accessPath: AccessPath, role: RoleName) => `${accessPath.name} ${role}`

/** The cell that restricts the access path the most. */
const restrictionOf = ({ root, through }: AccessPath, role: RoleName) => {
  const cells = [cellOf(role, 'Query', root), ...through.map((type) => cellOf(role, type))]
  return cells.find((cell) => cell !== 'all') ?? 'all'
}

async function recordAll(
  responses: Map<string, RecordedResponse>,
  roles: readonly RoleName[],
  isRecorded: (accessPath: AccessPath, role: RoleName) => boolean = () => true,
): Promise<void> {
  for (const accessPath of accessPaths)
    for (const role of roles.filter((name) => isRecorded(accessPath, name))) {
      const { result, sent } = await statementsOf(server, () =>
        clientOf(server, users, role).post({ query: queryWithIds(accessPath) }),
      )
      const { data, errors } = result
      responses.set(keyOf(accessPath, role), { data, ...(errors && { errors }), statements: sent.length })
    }
}

const Open = graphql(`
  mutation MatrixOpen { updateProject(input: { id: "CORE", defaultRole: VIEWER }) { project { id } } }
`)

beforeAll(async () => {
  users = await createTestUsers(server)
  const sample: Sample = await fillSample(users, server.database.pool)
  // Filters of reports contain times.
  vi.useFakeTimers({ toFake: ['Date'] })
  idsByName = { ...sample, contributor: users.contributor.id, now: new Date().toISOString() }
  await recordAll(
    closedResponses,
    roleNames.filter((role) => role !== 'guest'),
  )
  await users.maintainer.ask(Open)
  await recordAll(openResponses, ['guest', 'admin'])
  await server.database.pool.query('TRUNCATE projects CASCADE')
  await recordAll(missingResponses, roleNames, (accessPath, role) => restrictionOf(accessPath, role) === 'none')
  secrets = secretsOf()
}, 300_000)
afterAll(() => {
  vi.useRealTimers()
})

type ResponseObject = Readonly<Record<string, unknown>> & { readonly __typename?: string; readonly id?: string }
const isObject = (value: unknown): value is ResponseObject => typeof value === 'object' && value !== null

/** Derives the expected value for a role from the value for an ADMIN. */
function expectedFor(value: unknown, role: RoleName): unknown {
  if (Array.isArray(value)) return value.map((item) => expectedFor(item, role))
  if (!isObject(value)) return value
  const { __typename: type = '', id } = value
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => {
      const cell = matrix[type]?.exceptions[field] ? cellOf(role, type, field) : 'all'
      if (typeof cell === 'object') return [field, cell.is]
      const isVisible = cell === 'all' || (cell === 'own' && id === users[usernameOf(role) as keyof TestUsers].id)
      return [field, isVisible ? expectedFor(inner, role) : null]
    }),
  )
}

/** Ids and words of CORE. */
function secretsOf(): readonly string[] {
  const people = Object.values(users).map(({ id }) => id)
  const details = [...closedResponses].flatMap(([key, response]) =>
    key.endsWith(' admin') ? [JSON.stringify(response)] : [],
  )
  const all = new Set(details.join().match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g))
  return [...all.difference(new Set(people)), 'hush', 'CORE']
}

test.each(accessPaths)('returns to each role the rows and fields of the matrix: $name', (accessPath) => {
  const query = queryWithIds(accessPath)
  // The query itself contains some of them.
  const hiddenWords = secrets.filter((word) => !query.includes(word))
  for (const role of roleNames) {
    const phase = role === 'guest' ? openResponses : closedResponses
    const response = phase.get(keyOf(accessPath, role)) ?? {}
    const cell = restrictionOf(accessPath, role)
    const text = JSON.stringify(response)
    if (cell === 'UNAUTHENTICATED') {
      expect(
        response.errors?.map(({ extensions }) => extensions?.code),
        role,
      ).toEqual([cell])
      expect(
        Object.values(response.data ?? {}).filter((value) => value !== null),
        role,
      ).toEqual([])
    } else {
      expect(response.errors, role).toBeUndefined()
      if (cell === 'all')
        expect(response.data, role).toEqual(expectedFor(phase.get(keyOf(accessPath, 'admin'))?.data, role))
      // Includes the number of statements, so that timing reveals nothing.
      if (cell === 'none') expect(response, role).toEqual(missingResponses.get(keyOf(accessPath, role)))
      if (cell === 'own')
        expect(
          // A session has no name.
          Array.from(text.matchAll(/"name":"(\w+)"|"current":(true)/g), ([, name]) => name ?? usernameOf(role)),
          role,
        ).toEqual([usernameOf(role)])
    }
    if (role === 'anonymous' || role === 'outsider')
      expect(
        hiddenWords.filter((secret) => text.includes(secret)),
        `${role}: ${text}`,
      ).toEqual([])
  }
})

function* valuesIn(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* valuesIn(item)
  if (!isObject(value)) return
  for (const [field, inner] of Object.entries(value)) {
    if (inner !== null && !(Array.isArray(inner) && inner.length === 0)) yield `${value.__typename}.${field}`
    yield* valuesIn(inner)
  }
}

test('sample has a value for each field that a query can reach', () => {
  const shownFields = new Set([...closedResponses, ...openResponses].flatMap(([, { data }]) => [...valuesIn(data)]))
  const fields = Object.entries(matrix).flatMap(([type, { fields }]) => [...fields].map((field) => `${type}.${field}`))
  const reachableFields = fields.filter(
    (name) => !/^(Query|Subscription|Node|Ticket|\w+Payload|ImportRefusal|UndoRefusal)\./.test(name),
  )
  expect(reachableFields.filter((name) => !shownFields.has(name))).toEqual([
    'Session.userAgent',
    'ServerLimits.pointsPerMinute',
    'ServerLimits.requestsPerMinute',
    'Project.archivedAt',
    ...timeDependentFields,
  ])
})

test('matrix of visibility has a row for each type and field of the schema', () => {
  expect(matrixErrors(schema)).toEqual([])
})

test('matrix of visibility reports a type, field or query without a row', () => {
  const extended = extendSchema(
    schema,
    parse('type Badge { id: ID! } extend type User { badges: [Badge!]! } extend type Query { badge(id: ID!): Badge }'),
  )
  expect(matrixErrors(extended)).toEqual([
    'User.badges is not in the row of User: add it to test/support/matrix.ts.',
    'Query.badge is not in the row of Query: add it to test/support/matrix.ts.',
    'Badge has no row: add one to test/support/matrix.ts.',
  ])
  expect(accessPathsOf(extended).map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Query.badge', 'User.badges']),
  )
})
