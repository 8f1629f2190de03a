import { type GraphQLCompositeType, type GraphQLSchema, getNamedType } from 'graphql'
import type pg from 'pg'
import { expect } from 'vitest'
import { schema } from '../../src/schema.ts'
import { statementsOf, type TestServer } from './app.ts'
import type { Client } from './client.ts'
import { type Contents, noContents, withPlaceholders } from './contents.ts'
import type { TestUsers } from './people.ts'
import { SchemaWalker } from './schema-walker.ts'

/** Who calls: the guest is the stranger in a project whose defaultRole is VIEWER. */
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

export const usernameOf = (who: RoleName) => (who === 'guest' ? 'outsider' : who)
export const clientOf = (server: TestServer, users: TestUsers, who: RoleName): Client =>
  who === 'anonymous' ? server.anonymous : users[who === 'guest' ? 'outsider' : who]

/** What a caller gets; null is leave. */
export type Code = 'UNAUTHENTICATED' | 'NOT_FOUND' | 'FORBIDDEN' | 'CONFLICT' | null
/** What each of `callers` gets, in their order. */
export type Codes = readonly [Code, Code, Code, Code, Code, Code, Code, Code]

/** One mutation, and what becomes of it for each caller. */
export interface Row {
  readonly name: string
  readonly codes: Codes
  readonly send: (client: Client, contents: Contents, who: RoleName) => ReturnType<Client['post']>
}

const walk = new SchemaWalker(schema, { excerpt: 'search: "issue"' })

/** A mutation that selects all of its payload; its name may have more after a comma. */
function mutationOf(name: string): string {
  const [word = ''] = name.split(',')
  const field = schema.getMutationType()?.getFields()[word]
  const [input] = field?.args ?? []
  if (!field || !input) throw new Error(`There is no mutation ${word} with an input.`)
  const payload = walk.selection(getNamedType(field.type) as GraphQLCompositeType, 2)
  return `mutation ($input: ${input.type}) { ${word}(input: $input) { ${payload} } }`
}

/** A row of a table of rights, given what its mutation is sent; its name begins with the mutation's. */
export const row = (name: string, codes: Codes, input: (contents: Contents, who: RoleName) => object): Row => ({
  name,
  codes,
  send: (client, contents, who) => client.post({ query: mutationOf(name), variables: { input: input(contents, who) } }),
})

/** Which mutations of a schema have no row in any of the tables: what to write where. */
export const missingRows = (known: GraphQLSchema, names: readonly string[]): string[] => {
  const details = new Set(names.map((name) => name.split(',')[0]))
  return Object.keys(known.getMutationType()?.getFields() ?? {})
    .filter((name) => !details.has(name))
    .map(
      (name) =>
        `${name} has no row: say in test/rights-in-projects.test.ts or test/rights-on-server.test.ts who may do it.`,
    )
}

/** Holds that what a mutation has given back is what its caller finds by the id. */
export async function expectFoundByNode(client: Client, data: unknown): Promise<void> {
  for (const payload of Object.values(data ?? {}))
    for (const value of Object.values(payload ?? {}).flat()) {
      const { __typename: type, id } = (value ?? {}) as { readonly __typename?: string; readonly id?: string }
      if (!type || !id || type === 'AccessToken') continue
      const selection = walk.selection(schema.getType(type) as GraphQLCompositeType)
      const found = await client.post({ query: `{ node(id: "${id}") { ... on ${type} { ${selection} } } }` })
      expect(found.data, JSON.stringify(found.errors)).toEqual({ node: value })
    }
}

/** The mutations that are about no project. */
export const serverMutations: readonly string[] = [
  'createProject',
  'createUser',
  'updateUser',
  'changePassword',
  'createAccessToken',
  'revokeAccessToken',
  'signUp',
  'signIn',
  'signOut',
]

/** A digest of the rows of each table, by its name: what differs names the table that changed. */
export type Digests = Readonly<Record<string, string>>

export async function digestsOf({ database: { pool } }: TestServer): Promise<Digests> {
  const { rows } = await pool.query<{ name: string; digest: string }>(await digestsSql(pool))
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]))
}

const digestsSqls = new WeakMap<pg.Pool, string>()

/** The statement that digests all tables, made once for a database: no test makes a table. */
async function digestsSql(pool: pg.Pool): Promise<string> {
  const known = digestsSqls.get(pool)
  if (known) return known
  const tables = await pool.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
  )
  const sql = tables.rows
    .map(
      ({ name }) =>
        `SELECT '${name}' AS name, md5(string_agg(row::text, ' ' ORDER BY row::text COLLATE "C")) AS digest FROM ${name} row`,
    )
    .join(' UNION ALL ')
  digestsSqls.set(pool, sql)
  return sql
}

/** Sends what a caller may not, and holds that it is refused so, changes nothing, and tells nothing of what is hidden. */
export async function expectRejection(
  server: TestServer,
  { name, send }: Row,
  client: Client,
  who: RoleName,
  contents: Contents,
  code: Code,
  before: Digests,
): Promise<void> {
  const { result, sent } = await statementsOf(server, () => send(client, contents, who))
  const { status, data, errors } = result
  const said = `${name} as ${who}: ${JSON.stringify({ data, errors })}`
  expect(errors?.[0]?.extensions?.code, said).toBe(code)
  expect(data ?? null, said).toBeNull()
  expect(await digestsOf(server), said).toEqual(before)
  if (code === 'FORBIDDEN') return
  const { result: nothing, sent: instead } = await statementsOf(server, () => send(client, noContents, who))
  // Time tells nothing either.
  expect(sent, said).toEqual(instead)
  expect(withPlaceholders({ status, data, errors }, contents)).toBe(
    withPlaceholders({ status: nothing.status, data: nothing.data, errors: nothing.errors }, noContents),
  )
}
