import pg from 'pg'
import { type Logger, pino } from 'pino'
import { expect, inject } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { type Server, startServer } from '../../src/server.ts'
import { databaseUrl, execute } from './databases.ts'

type Env = Readonly<Record<string, string>>

/** Creates an empty PostgreSQL database, and runs statements in which `$database` is its name. */
export async function createDatabase(...statements: readonly string[]) {
  const postgres = inject('postgres') ?? ''
  const name = `snaglist_settings_${crypto.randomUUID().replaceAll('-', '')}`
  await execute(postgres, `CREATE DATABASE ${name}`)
  const urlWith = (parameters: Env = {}, server = postgres) => {
    const url = new URL(databaseUrl(server, name))
    for (const [parameter, value] of Object.entries(parameters)) url.searchParams.set(parameter, value)
    return url.href
  }
  const query = async (sql: string) => {
    const client = new pg.Client({ connectionString: urlWith() })
    await client.connect()
    const { rows } = await client.query(sql.replaceAll('$database', name)).finally(() => client.end())
    return rows as Record<string, unknown>[]
  }
  for (const statement of statements) await query(statement)
  return {
    urlWith,
    query,
    /** Names of schemas with tables of Snaglist. */
    async schemas() {
      const rows = await query("SELECT schemaname FROM pg_tables WHERE tablename = 'ticket_texts' ORDER BY 1")
      return rows.map(({ schemaname }) => schemaname)
    },
    [Symbol.asyncDispose]: () => execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`),
  }
}

export const startOn = (url: string, env: Env = {}, log: Logger = pino({ level: 'silent' })) =>
  startServer(readConfig({ DATABASE_URL: url, PORT: '0', SNAGLIST_BCRYPT_COST: '4', ...env }), log)

export async function send<Data>({ url }: Server, query: string, token?: string): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  })
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown }
  expect(errors).toBeUndefined()
  return data
}

export async function signUp(server: Server, username: string): Promise<string> {
  const { signUp } = await send<{ signUp: { token: string } }>(
    server,
    `mutation { signUp(input: { username: "${username}", name: "A", password: "correct horse" }) { token } }`,
  )
  return signUp.token
}

interface TicketPage {
  readonly tickets: {
    readonly nodes: readonly { readonly title: string; readonly createdAt: string }[]
    readonly pageInfo: { readonly endCursor: string }
  }
}

/** Writes and reads times, texts and pages with Prisma and with SQL. */
export async function expectCorrectServer(server: Server): Promise<void> {
  const start = Date.now()
  const token = await signUp(server, 'ada')
  expect((await fetch(`${server.url}/ready`)).status).toBe(200)
  const ask = <Data>(query: string) => send<Data>(server, query, token)
  await ask('mutation { createProject(input: { key: "CORE", name: "Core" }) { project { id } } }')
  for (const title of ['first\\\\', "se'cond"])
    await ask(`mutation { createIssue(input: { projectId: "CORE", title: "${title}" }) { issue { createdAt } } }`)
  const readPage = (after: string) =>
    ask<TicketPage>(`{ tickets(first: 1, orderBy: [{ field: CREATED_AT }] ${after}) {
      nodes { title createdAt } pageInfo { endCursor } } }`)
  const first = await readPage('')
  const second = await readPage(`after: "${first.tickets.pageInfo.endCursor}"`)
  const tickets = [...first.tickets.nodes, ...second.tickets.nodes]
  expect(tickets.map(({ title }) => title)).toEqual(['first\\', "se'cond"])
  const { viewer } = await ask<{ viewer: { createdAt: string } }>('{ viewer { createdAt } }')
  for (const { createdAt } of [viewer, ...tickets])
    expect(Math.abs(new Date(createdAt).getTime() - start)).toBeLessThan(1_200_000)
  const expiresAt = new Date(start + 7_200_000).toISOString()
  const created = await ask(
    `mutation { createAccessToken(input: { name: "x", expiresAt: "${expiresAt}" }) { accessToken { expiresAt } } }`,
  )
  expect(created).toEqual({ createAccessToken: { accessToken: { expiresAt } } })
  const { rows } = await server.database.pool.query(
    'SELECT extract(epoch FROM min(expires_at)) * 1000 AS time FROM tokens',
  )
  expect(Number(rows[0].time)).toBe(new Date(expiresAt).getTime())
}
