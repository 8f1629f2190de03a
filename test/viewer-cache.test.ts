import { afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { graphql } from './generated/index.ts'
import { type TestServer, useServer } from './support/app.ts'
import { Client } from './support/client.ts'
import { createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
let other: TestServer

beforeAll(async () => {
  users = await createTestUsers(server)
  other = server.withSettings({})
})

const Whoami = graphql(`query ViewerCacheViewer { viewer { id } }`)
const MakeToken = graphql(`
  mutation ViewerCacheToken($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { secret accessToken { id } } }
`)
const Revoke = graphql(`
  mutation ViewerCacheRevoke($id: ID!) { revokeAccessToken(input: { id: $id }) { revokedAccessTokenId } }
`)
const OnlyForAdmins = graphql(`
  mutation ViewerCacheCreate($username: String!) {
    createUser(input: { username: $username, name: "New", password: "correct horse" }) { user { id } }
  }
`)

const statusOf = async (client: Client) => (await client.send(Whoami)).status

/** Number of lookups of the token in one request. */
async function countLookups(client: Client): Promise<number> {
  server.statements.length = 0
  await client.send(Whoami)
  return server.statements.filter((sql) => sql.includes('FROM tokens')).length
}

/** Creates clients of both servers with one access token, whose viewer both have cached. */
async function createCachedClients(expiresAt: Date | null = null) {
  const input = { name: 'for a test', expiresAt: expiresAt?.toISOString() ?? null }
  const { secret, accessToken } = (await users.viewer.ask(MakeToken, { input })).createAccessToken
  const [here, there] = [new Client(server.app, secret), new Client(other.app, secret)]
  for (const client of [here, there]) await expect.poll(() => countLookups(client)).toBe(0)
  return { id: accessToken.id, here, there }
}

describe('viewer cache', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('drops a revoked token immediately, and on other servers after the notification', async () => {
    const { id, here, there } = await createCachedClients()
    await users.viewer.ask(Revoke, { id })
    expect(await statusOf(here)).toBe(401)
    await expect.poll(() => statusOf(there)).toBe(401)
  })

  test('drops a viewer after any change of the account', async () => {
    const { here, there } = await createCachedClients()
    await server.database.pool.query("UPDATE users SET active = false WHERE username = 'viewer'")
    for (const client of [here, there]) await expect.poll(() => statusOf(client)).toBe(401)
    await server.database.pool.query("UPDATE users SET active = true WHERE username = 'viewer'")
    expect(await statusOf(here)).toBe(200)
  })

  test('drops a viewer after a change of the role', async () => {
    const { here } = await createCachedClients()
    expect((await here.expectError(OnlyForAdmins, { username: 'early' })).extensions?.code).toBe('FORBIDDEN')
    const Promote = graphql(
      `mutation ViewerCachePromote($role: UserRole!) { updateUser(input: { id: "viewer", role: $role }) { user { role } } }`,
    )
    await users.admin.ask(Promote, { role: 'ADMIN' })
    await here.ask(OnlyForAdmins, { username: 'intime' })
    await users.admin.ask(Promote, { role: 'MEMBER' })
    expect((await here.expectError(OnlyForAdmins, { username: 'late' })).extensions?.code).toBe('FORBIDDEN')
  })

  test('caches a viewer for a few seconds, at most until the token expires', async () => {
    const now = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now })
    const { here } = await createCachedClients()
    vi.setSystemTime(now + 4999)
    expect(await countLookups(here)).toBe(0)
    vi.setSystemTime(now + 5000)
    expect(await countLookups(here)).toBe(1)
    vi.setSystemTime(now)
    const { here: brief } = await createCachedClients(new Date(now + 60_000))
    vi.setSystemTime(now + 59_000)
    expect(await countLookups(brief)).toBe(1)
    vi.setSystemTime(now + 59_999)
    expect(await countLookups(brief)).toBe(0)
    vi.setSystemTime(now + 60_000)
    expect(await countLookups(brief)).toBe(1)
  })

  test('looks unknown tokens up for each request', async () => {
    const outsider = new Client(server.app, 'snag_unknown')
    for (let n = 0; n < 2; n++) {
      server.statements.length = 0
      expect(await statusOf(outsider)).toBe(401)
      expect(server.statements.filter((sql) => sql.includes('FROM tokens')).length).toBeGreaterThan(0)
    }
  })
})

// The embedded database notifies within the process.
describe.runIf(inject('postgres'))('server without LISTEN connection', () => {
  test('looks the viewer up for each request until it listens again', async () => {
    const { here } = await createCachedClients()
    const { pool } = server.database
    const terminateListener = () =>
      pool.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'snaglist listener'",
      )
    await terminateListener()
    await expect.poll(() => countLookups(here)).toBe(1)
    expect(await countLookups(here)).toBe(1)
    await expect.poll(() => countLookups(here), { timeout: 10_000 }).toBe(0)
  })
})
