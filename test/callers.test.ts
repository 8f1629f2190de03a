import { afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { graphql } from './generated/index.ts'
import { type TestServer, useServer } from './support/app.ts'
import { Caller } from './support/caller.ts'
import { type Cast, castOf } from './support/people.ts'

const server = useServer()
let cast: Cast
let other: TestServer

beforeAll(async () => {
  cast = await castOf(server)
  other = server.configured({})
})

const Whoami = graphql(`query CallersViewer { viewer { id } }`)
const MakeToken = graphql(`
  mutation CallersToken($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { secret accessToken { id } } }
`)
const Revoke = graphql(`
  mutation CallersRevoke($id: ID!) { revokeAccessToken(input: { id: $id }) { revokedAccessTokenId } }
`)
const OnlyForAdmins = graphql(`
  mutation CallersCreate($username: String!) {
    createUser(input: { username: $username, name: "New", password: "correct horse" }) { user { id } }
  }
`)

const statusOf = async (caller: Caller) => (await caller.send(Whoami)).status

/** How many times the caller's token is looked up for one request. */
async function lookUps(caller: Caller): Promise<number> {
  server.statements.length = 0
  await caller.send(Whoami)
  return server.statements.filter((sql) => sql.includes('FROM tokens')).length
}

/** A caller with an access token of the viewer's, known to both servers. */
async function known(expiresAt: Date | null = null) {
  const input = { name: 'for a test', expiresAt: expiresAt?.toISOString() ?? null }
  const { secret, accessToken } = (await cast.viewer.ask(MakeToken, { input })).createAccessToken
  const [here, there] = [new Caller(server.app, secret), new Caller(other.app, secret)]
  for (const caller of [here, there]) await expect.poll(() => lookUps(caller)).toBe(0)
  return { id: accessToken.id, here, there }
}

describe('a caller is remembered', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  test('until the token is revoked: here at once, on another server as soon as it hears of it', async () => {
    const { id, here, there } = await known()
    await cast.viewer.ask(Revoke, { id })
    expect(await statusOf(here)).toBe(401)
    await expect.poll(() => statusOf(there)).toBe(401)
  })

  test('until an account is changed, whoever changes it', async () => {
    const { here, there } = await known()
    await server.database.pool.query("UPDATE users SET active = false WHERE username = 'viewer'")
    for (const caller of [here, there]) await expect.poll(() => statusOf(caller)).toBe(401)
    await server.database.pool.query("UPDATE users SET active = true WHERE username = 'viewer'")
    expect(await statusOf(here)).toBe(200)
  })

  test('until the rights of the account change', async () => {
    const { here } = await known()
    expect((await here.refusal(OnlyForAdmins, { username: 'early' })).extensions?.code).toBe('FORBIDDEN')
    const Promote = graphql(
      `mutation CallersPromote($role: UserRole!) { updateUser(input: { id: "viewer", role: $role }) { user { role } } }`,
    )
    await cast.admin.ask(Promote, { role: 'ADMIN' })
    await here.ask(OnlyForAdmins, { username: 'intime' })
    await cast.admin.ask(Promote, { role: 'MEMBER' })
    expect((await here.refusal(OnlyForAdmins, { username: 'late' })).extensions?.code).toBe('FORBIDDEN')
  })

  test('for a few seconds, and no longer than the token lasts', async () => {
    const now = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now })
    const { here } = await known()
    vi.setSystemTime(now + 4999)
    expect(await lookUps(here)).toBe(0)
    vi.setSystemTime(now + 5000)
    expect(await lookUps(here)).toBe(1)
    vi.setSystemTime(now)
    const { here: brief } = await known(new Date(now + 60_000))
    vi.setSystemTime(now + 59_000)
    expect(await lookUps(brief)).toBe(1)
    vi.setSystemTime(now + 59_999)
    expect(await lookUps(brief)).toBe(0)
    vi.setSystemTime(now + 60_000)
    expect(await lookUps(brief)).toBe(1)
  })

  test('not at all where the token is none', async () => {
    const stranger = new Caller(server.app, 'snag_unknown')
    for (let n = 0; n < 2; n++) {
      server.statements.length = 0
      expect(await statusOf(stranger)).toBe(401)
      expect(server.statements.filter((sql) => sql.includes('FROM tokens')).length).toBeGreaterThan(0)
    }
  })
})

// The embedded database is heard in the same process.
describe.runIf(inject('postgres'))('a server that cannot hear', () => {
  test('looks viewerCache up for each request, and remembers again once it listens again', async () => {
    const { here } = await known()
    const { pool } = server.database
    const deafen = () =>
      pool.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'snaglist listening'",
      )
    await deafen()
    await expect.poll(() => lookUps(here)).toBe(1)
    expect(await lookUps(here)).toBe(1)
    await expect.poll(() => lookUps(here), { timeout: 10_000 }).toBe(0)
  })
})
