import { type GraphQLCompositeType, type GraphQLSchema, getNamedType } from 'graphql'
import type pg from 'pg'
import { expect } from 'vitest'
import { schema } from '../../src/schema.ts'
import { statementsOf, type TestServer } from './app.ts'
import type { Client } from './client.ts'
import { type Contents, noContents, withPlaceholders } from './contents.ts'
import type { TestUsers } from './people.ts'
import { SchemaWalker } from './schema-walker.ts'

/** `guest` is the outsider in a project with default role VIEWER. */
export const roleNames = [
  'anonymous',
  'outsider',
  'guest',
  'viewer',
  'reporter',
  'contributor',
  'maintainer',
  'admin',
] as const
export type RoleName = (typeof roleNames)[number]

export const usernameOf = (role: RoleName) => (role === 'guest' ? 'outsider' : role)
export const clientOf = (server: TestServer, users: TestUsers, role: RoleName): Client =>
  role === 'anonymous' ? server.anonymous : users[role === 'guest' ? 'outsider' : role]

/** Code of the error; null permits the mutation. */
export type Code = 'UNAUTHENTICATED' | 'NOT_FOUND' | 'FORBIDDEN' | 'CONFLICT' | null
/** In the order of `roleNames`. */
export type Codes = readonly [Code, Code, Code, Code, Code, Code, Code, Code]

export interface Row {
  readonly name: string
  readonly codes: Codes
  readonly send: (client: Client, contents: Contents, role: RoleName) => ReturnType<Client['post']>
}

const walk = new SchemaWalker(schema, { excerpt: 'search: "issue"' })

/** Selects the whole payload. `name` can have a suffix after a comma. */
function mutationOf(name: string): string {
  const [mutation = ''] = name.split(',')
  const field = schema.getMutationType()?.getFields()[mutation]
  const [input] = field?.args ?? []
  if (!field || !input) throw new Error(`Mutation ${mutation} has no input.`)
  const payload = walk.selection(getNamedType(field.type) as GraphQLCompositeType, 2)
  return `mutation ($input: ${input.type}) { ${mutation}(input: $input) { ${payload} } }`
}

export const row = (name: string, codes: Codes, input: (contents: Contents, role: RoleName) => object): Row => ({
  name,
  codes,
  send: (client, contents, role) =>
    client.post({ query: mutationOf(name), variables: { input: input(contents, role) } }),
})

export const missingRows = (schema: GraphQLSchema, names: readonly string[]): string[] => {
  const mutations = new Set(names.map((name) => name.split(',')[0]))
  return Object.keys(schema.getMutationType()?.getFields() ?? {})
    .filter((name) => !mutations.has(name))
    .map(
      (name) =>
        `${name} has no row: add one to test/permissions-in-projects.test.ts or test/permissions-on-server.test.ts.`,
    )
}

/** Compares each object in a payload to the result of `node`. */
export async function expectFoundByNode(client: Client, data: unknown): Promise<void> {
  for (const payload of Object.values(data ?? {}))
    for (const value of Object.values(payload ?? {}).flat()) {
      const { __typename: type, id } = (value ?? {}) as { readonly __typename?: string; readonly id?: string }
      if (!type || !id || type === 'AccessToken') continue
      const selection = walk.selection(schema.getType(type) as GraphQLCompositeType)
      const nodeResult = await client.post({ query: `{ node(id: "${id}") { ... on ${type} { ${selection} } } }` })
      expect(nodeResult.data, JSON.stringify(nodeResult.errors)).toEqual({ node: value })
    }
}

export const serverMutations: readonly string[] = [
  'createProject',
  'createUser',
  'updateUser',
  'changePassword',
  'createPasswordReset',
  'resetPassword',
  'createAccessToken',
  'revokeAccessToken',
  'endSession',
  'signUp',
  'signIn',
  'signOut',
]

/** Digests of the rows of each table, by table name. */
export type Digests = Readonly<Record<string, string>>

export async function digestsOf({ database: { pool } }: TestServer): Promise<Digests> {
  // Otherwise the server numbers changes between two calls.
  await pool.query('SELECT number_changes(100000)')
  const { rows } = await pool.query<{ name: string; digest: string }>(await digestsSql(pool))
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]))
}

const digestsSqlByPool = new WeakMap<pg.Pool, string>()

async function digestsSql(pool: pg.Pool): Promise<string> {
  const cachedSql = digestsSqlByPool.get(pool)
  if (cachedSql) return cachedSql
  const tables = await pool.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
  )
  const sql = tables.rows
    .map(
      ({ name }) =>
        `SELECT '${name}' AS name, md5(string_agg(row::text, ' ' ORDER BY row::text COLLATE "C")) AS digest FROM ${name} row`,
    )
    .join(' UNION ALL ')
  digestsSqlByPool.set(pool, sql)
  return sql
}

/** Verifies that a mutation is rejected, changes nothing, and reveals nothing about hidden objects. */
export async function expectRejection(
  server: TestServer,
  { name, send }: Row,
  client: Client,
  role: RoleName,
  contents: Contents,
  code: Code,
  before: Digests,
): Promise<void> {
  const { result, sent } = await statementsOf(server, () => send(client, contents, role))
  const { status, data, errors } = result
  const details = `${name} as ${role}: ${JSON.stringify({ data, errors })}`
  expect(errors?.[0]?.extensions?.code, details).toBe(code)
  expect(data ?? null, details).toBeNull()
  expect(await digestsOf(server), details).toEqual(before)
  if (code === 'FORBIDDEN') return
  const { result: expectedResult, sent: expectedStatements } = await statementsOf(server, () =>
    send(client, noContents, role),
  )
  // Equal statements, so that timing reveals nothing.
  expect(sent, details).toEqual(expectedStatements)
  expect(withPlaceholders({ status, data, errors }, contents)).toBe(
    withPlaceholders(
      { status: expectedResult.status, data: expectedResult.data, errors: expectedResult.errors },
      noContents,
    ),
  )
}
