import { describe, expect, test } from 'vitest'
import packageFile from '../package.json' with { type: 'json' }
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { Client } from './support/client.ts'
import { password, signUp } from './support/people.ts'

const server = useServer()

const About = graphql(`
  query SessionAbout { server { version signUp limits { cost pointsPerMinute requestsPerMinute pageSize } } }
`)
const Sessions = graphql(`
  query SessionList { sessions { id userAgent current createdAt expiresAt } }
`)
const End = graphql(`mutation SessionEnd($id: ID!) { endSession(input: { id: $id }) { endedSessionId } }`)
const AccessToken = graphql(`
  mutation SessionAccessToken { createAccessToken(input: { name: "script" }) { secret accessToken { id } } }
`)
const Viewer = graphql(`query SessionViewer { viewer { username } }`)

const signIn = async (username: string, userAgent: string) => {
  const query = `mutation { signIn(input: { username: "${username}", password: "${password}" }) { token } }`
  const { data } = await server.anonymous.post<{ signIn: { token: string } }>({ query }, { 'user-agent': userAgent })
  return new Client(server.app, data?.signIn.token ?? '')
}
const sessionsOf = async (client: Client) => (await client.ask(Sessions)).sessions

describe('server', () => {
  test('reports its version, limits and sign-up to everyone', async () => {
    const restricted = server.withSettings({
      NODE_ENV: 'production',
      SNAGLIST_RATE_POINTS: '0',
      SNAGLIST_RATE_REQUESTS: '6000',
    })
    expect(await restricted.anonymous.ask(About)).toEqual({
      server: {
        version: packageFile.version,
        signUp: true,
        limits: { cost: 25_000, pointsPerMinute: null, requestsPerMinute: 6000, pageSize: 200 },
      },
    })
  })

  test.each([
    ['open', true],
    ['first', false],
    ['closed', false],
  ])('reports for SNAGLIST_SIGN_UP=%s after the first account: %s', async (SNAGLIST_SIGN_UP, expected) => {
    await signUp(server, `first-${SNAGLIST_SIGN_UP}`)
    const { anonymous } = server.withSettings({ SNAGLIST_SIGN_UP })
    expect((await anonymous.ask(About)).server.signUp).toBe(expected)
  })
})

describe('sessions', () => {
  test('are listed with their user agents, newest first, without access tokens', async () => {
    const first = await signUp(server, 'listed')
    await first.ask(AccessToken)
    const second = await signIn('listed', `Browser ${'x'.repeat(300)}`)
    const [latest, earliest, ...others] = await sessionsOf(second)
    expect(others).toEqual([])
    expect(latest).toMatchObject({ userAgent: `Browser ${'x'.repeat(192)}`, current: true })
    expect(earliest).toMatchObject({ userAgent: null, current: false })
    expect((await sessionsOf(first)).map(({ current }) => current)).toEqual([false, true])
  })

  test('end on request: the next request of the ended session is rejected', async () => {
    const first = await signUp(server, 'ending')
    const second = await signIn('ending', 'Other')
    expect(await second.ask(Viewer)).toEqual({ viewer: { username: 'ending' } })
    const [{ id = '' } = {}] = await sessionsOf(first)
    expect(await first.ask(End, { id })).toEqual({ endSession: { endedSessionId: id } })
    const rejected = await second.send(Viewer)
    expect([rejected.status, rejected.errors?.[0]?.extensions?.code]).toEqual([401, 'UNAUTHENTICATED'])
    expect((await first.expectError(End, { id })).extensions?.code).toBe('NOT_FOUND')
    expect(await sessionsOf(first)).toHaveLength(1)
  })

  test('of other users, and access tokens, cannot be ended', async () => {
    const owner = await signUp(server, 'owner')
    const other = await signUp(server, 'other')
    const [{ id = '' } = {}] = await sessionsOf(owner)
    const { createAccessToken } = await other.ask(AccessToken)
    for (const target of [id, createAccessToken.accessToken.id, crypto.randomUUID()])
      expect((await other.expectError(End, { id: target })).extensions?.code).toBe('NOT_FOUND')
    expect(await sessionsOf(owner)).toHaveLength(1)
    const readOnly = await other.expectError(End, { id: 'no id' })
    expect(readOnly.extensions?.fieldErrors).toEqual([{ path: 'input.id', message: expect.any(String) }])
  })
})
