import { expect } from 'vitest'
import type { TypedDocumentString } from '../generated/graphql.ts'
import type { TestServer } from './app.ts'
import type { Caller } from './caller.ts'
import { type Contents, noContents, toldAlike } from './contents.ts'
import type { Cast } from './people.ts'

/** Who calls: the guest is the stranger in a project whose defaultRole is VIEWER. */
export const callers = [
  'nobody',
  'stranger',
  'guest',
  'viewer',
  'reporter',
  'contributor',
  'maintainer',
  'admin',
] as const
export type CallerName = (typeof callers)[number]

export const usernameOf = (who: CallerName) => (who === 'guest' ? 'stranger' : who)
export const callerOf = (server: TestServer, cast: Cast, who: CallerName): Caller =>
  who === 'nobody' ? server.nobody : cast[who === 'guest' ? 'stranger' : who]

/** What a caller gets; null is leave. */
export type Code = 'UNAUTHENTICATED' | 'NOT_FOUND' | 'FORBIDDEN' | 'CONFLICT' | null
/** What each of `callers` gets, in their order. */
export type Codes = readonly [Code, Code, Code, Code, Code, Code, Code, Code]

/** One mutation, and what becomes of it for each caller. */
export interface Row {
  readonly name: string
  readonly codes: Codes
  readonly send: (caller: Caller, contents: Contents, who: CallerName) => ReturnType<Caller['post']>
}

/** A row of a table of rights, given the mutation's input; its name begins with the mutation's. */
export const row =
  <Input>(name: string, codes: Codes, document: TypedDocumentString<unknown, { input: Input }>) =>
  (input: (contents: Contents, who: CallerName) => Input): Row => ({
    name,
    codes,
    send: (caller, contents, who) =>
      caller.post({ query: document.toString(), variables: { input: input(contents, who) } }),
  })

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

/** All that a database holds, as text. */
export async function dump({ database: { pool } }: TestServer): Promise<string> {
  const tables = await pool.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  )
  const all = tables.rows.map(
    ({ name }) => `SELECT '${name}' AS name, json_agg(t ORDER BY t::text)::text AS rows FROM ${name} t`,
  )
  return JSON.stringify((await pool.query(all.join(' UNION ALL '))).rows)
}

/** Sends what a caller may not, and holds that it is refused so, changes nothing, and tells nothing of what is hidden. */
export async function expectRefusal(
  server: TestServer,
  { name, send }: Row,
  caller: Caller,
  who: CallerName,
  contents: Contents,
  code: Code,
): Promise<void> {
  const before = await dump(server)
  const { status, data, errors } = await send(caller, contents, who)
  const said = `${name} as ${who}: ${JSON.stringify({ data, errors })}`
  expect(errors?.[0]?.extensions?.code, said).toBe(code)
  expect(data ?? null, said).toBeNull()
  expect(await dump(server), said).toBe(before)
  if (code === 'FORBIDDEN') return
  const nothing = await send(caller, noContents, who)
  expect(toldAlike({ status, data, errors }, contents)).toBe(
    toldAlike({ status: nothing.status, data: nothing.data, errors: nothing.errors }, noContents),
  )
}
