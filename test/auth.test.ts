import { describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { Caller } from './support/caller.ts'
import { password, signUp } from './support/people.ts'

const server = useServer()

const SignUpAs = graphql(`
  mutation SignUpAs($input: SignUpInput!) {
    signUp(input: $input) { token expiresAt viewer { username role email } }
  }
`)
const SignIn = graphql(`
  mutation SignIn($input: SignInInput!) { signIn(input: $input) { token expiresAt viewer { id username email } } }
`)
const SignOut = graphql(`mutation SignOut { signOut { signedOut } }`)
const Viewer = graphql(`query Viewer { viewer { id username name email role active } }`)
const ChangePassword = graphql(`
  mutation ChangePassword($input: ChangePasswordInput!) { changePassword(input: $input) { user { username } } }
`)
const CreateAccessToken = graphql(`
  mutation CreateAccessToken($input: CreateAccessTokenInput!) {
    createAccessToken(input: $input) { secret accessToken { id name scope expiresAt } }
  }
`)
const RevokeAccessToken = graphql(`
  mutation RevokeAccessToken($id: ID!) { revokeAccessToken(input: { id: $id }) { revokedAccessTokenId } }
`)
const AccessTokens = graphql(`query AccessTokens { accessTokens { id name scope } }`)
const MakeProject = graphql(`
  mutation MakeProject($key: String!) { createProject(input: { key: $key, name: "Any" }) { project { id } } }
`)

const signInAs = async (username: string, secret = password) => {
  const { signIn } = await server.nobody.ask(SignIn, { input: { username, password: secret } })
  return new Caller(server.app, signIn.token)
}

describe('signing up', () => {
  test('makes the first account an ADMIN, even when several come at once, and the others MEMBERs', async () => {
    const names = ['first', 'second', 'third', 'fourth']
    const sessions = await Promise.all(
      names.map((username) =>
        server.nobody.ask(SignUpAs, {
          input: { username, name: username, password, email: `${username}@example.com` },
        }),
      ),
    )
    expect(sessions.filter(({ signUp }) => signUp.viewer.role === 'ADMIN')).toHaveLength(1)
    expect(sessions[0]?.signUp.token).toMatch(/^snag_[\w-]{43}$/)
    expect(sessions.map(({ signUp }) => signUp.viewer.email)).toEqual(names.map((name) => `${name}@example.com`))
  })

  test('is refused where the server is closed, or open only for the first', async () => {
    for (const policy of ['closed', 'first']) {
      const { nobody } = server.configured({ SNAGLIST_SIGN_UP: policy })
      const { extensions } = await nobody.refusal(SignUpAs, { input: { username: 'late', name: 'Late', password } })
      expect(extensions?.code).toBe('FORBIDDEN')
    }
  })

  test('names every fault of the input at once', async () => {
    const { extensions } = await server.nobody.refusal(SignUpAs, {
      input: { username: 'x y', name: '  ', password: 'short' },
    })
    expect(extensions?.code).toBe('BAD_USER_INPUT')
    expect(extensions?.fieldErrors?.map(({ path }) => path)).toEqual(['input.username', 'input.name', 'input.password'])
  })

  test('takes passwords of up to 72 bytes, whatever they are in characters', async () => {
    const of = (secret: string) =>
      server.nobody.send(SignUpAs, {
        input: { username: `u${crypto.randomUUID().slice(0, 8)}`, name: 'U', password: secret },
      })
    expect((await of('é'.repeat(36))).errors).toBeUndefined()
    expect((await of('é'.repeat(37))).errors?.[0]?.extensions?.fieldErrors).toEqual([
      { path: 'input.password', message: 'must be at most 72 bytes' },
    ])
  })

  test('refuses a username that is taken in another case', async () => {
    const { extensions } = await server.nobody.refusal(SignUpAs, {
      input: { username: 'FIRST', name: 'Again', password },
    })
    expect(extensions?.code).toBe('CONFLICT')
  })
})

describe('signing in', () => {
  test('gives a session of 30 days, whatever the case of the username, and shows the viewer their e-mail', async () => {
    const { signIn } = await server.nobody.ask(SignIn, { input: { username: 'First', password } })
    const days = (Date.parse(signIn.expiresAt) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(29.9)
    expect(days).toBeLessThanOrEqual(30)
    expect(signIn.viewer.email).toBe('first@example.com')
    expect((await new Caller(server.app, signIn.token).ask(Viewer)).viewer?.username).toBe('first')
  })

  test('answers the same to a wrong password, an unknown user and a closed account', async () => {
    const closed = await signUp(server, 'closed')
    await server.database.prisma.user.update({ where: { id: closed.id }, data: { active: false } })
    const answers = await Promise.all(
      [
        ['first', 'wrong password'],
        ['nobody', password],
        ['closed', password],
        ['no such name!', password],
      ].map(([username = '', secret = '']) => server.nobody.refusal(SignIn, { input: { username, password: secret } })),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toHaveProperty('size', 1)
    expect(answers[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })

  test('stores neither passwords nor tokens as they are', async () => {
    const { token } = await signUp(server, 'secretive')
    const { rows } = await server.database.pool.query<{ dump: string }>(
      "SELECT (SELECT string_agg(u::text, ' ') FROM users u) || (SELECT string_agg(t::text, ' ') FROM tokens t) AS dump",
    )
    expect(rows[0]?.dump).not.toContain(password)
    expect(rows[0]?.dump).not.toContain(token)
    expect(rows[0]?.dump).toContain('$2b$04$')
  })
})

describe('a token', () => {
  test('is refused with HTTP 401 when it is unknown, malformed, expired or revoked', async () => {
    const expired = await signInAs('first')
    const revoked = await signInAs('first')
    await server.database.pool.query(
      "UPDATE tokens SET expires_at = now() - interval '1 second' WHERE id = (SELECT id FROM tokens ORDER BY id DESC OFFSET 1 LIMIT 1)",
    )
    await revoked.ask(SignOut)
    for (const caller of [expired, revoked, new Caller(server.app, 'snag_unknown'), new Caller(server.app, 'é')]) {
      const answer = await caller.post({ query: '{ viewer { id } }' }).catch(() => null)
      if (!answer) continue
      expect(answer.status).toBe(401)
      expect(answer.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
    }
  })

  test('ends with its account', async () => {
    const person = await signUp(server, 'leaver')
    const { rows } = await server.database.pool.query<{ username: string }>(
      "SELECT username FROM users WHERE role = 'ADMIN'",
    )
    const admin = await signInAs(rows[0]?.username ?? '')
    await admin.ask(
      graphql(`mutation CloseAccount { updateUser(input: { id: "leaver", active: false }) { user { active } } }`),
    )
    expect((await person.post({ query: '{ viewer { id } }' })).status).toBe(401)
    await admin.ask(
      graphql(`mutation OpenAccount { updateUser(input: { id: "leaver", active: true }) { user { active } } }`),
    )
    expect((await person.post({ query: '{ viewer { id } }' })).status).toBe(401)
    expect((await (await signInAs('leaver')).ask(Viewer)).viewer?.username).toBe('leaver')
  })

  test('that may only read runs queries and no mutation', async () => {
    const person = await signUp(server, 'scripter')
    const { createAccessToken } = await person.ask(CreateAccessToken, { input: { name: 'report', scope: 'READ' } })
    const script = new Caller(server.app, createAccessToken.secret)
    expect((await script.ask(Viewer)).viewer?.username).toBe('scripter')
    expect((await script.refusal(MakeProject, { key: 'NOPE' })).extensions?.code).toBe('FORBIDDEN')
    expect((await script.ask(SignOut)).signOut.signedOut).toBe(true)
    expect((await script.post({ query: '{ viewer { id } }' })).status).toBe(401)
  })

  test('for a script writes, is listed, makes no other tokens, and is refused from the next request on once revoked', async () => {
    const person = await signUp(server, 'builder')
    const { createAccessToken } = await person.ask(CreateAccessToken, { input: { name: ' build  bot ' } })
    expect(createAccessToken.accessToken).toMatchObject({ name: 'build bot', scope: 'WRITE', expiresAt: null })
    const script = new Caller(server.app, createAccessToken.secret)
    await script.ask(MakeProject, { key: 'BUILD' })
    expect((await script.refusal(CreateAccessToken, { input: { name: 'another' } })).extensions?.code).toBe('FORBIDDEN')
    expect((await person.ask(AccessTokens)).accessTokens.map(({ name }) => name)).toEqual(['build bot'])
    const other = await signUp(server, 'other')
    expect((await other.refusal(RevokeAccessToken, { id: createAccessToken.accessToken.id })).extensions?.code).toBe(
      'NOT_FOUND',
    )
    await person.ask(RevokeAccessToken, { id: createAccessToken.accessToken.id })
    expect((await script.post({ query: '{ viewer { id } }' })).status).toBe(401)
    expect((await person.ask(AccessTokens)).accessTokens).toEqual([])
  })

  test('cannot expire in the past', async () => {
    const person = await signInAs('first')
    const { extensions } = await person.refusal(CreateAccessToken, {
      input: { name: 'late', expiresAt: '2020-01-01T00:00:00Z' },
    })
    expect(extensions?.fieldErrors).toEqual([{ path: 'input.expiresAt', message: 'must be in the future' }])
  })
})

describe('a password', () => {
  test('is changed by who knows it, which ends every other session and keeps access tokens', async () => {
    const here = await signUp(server, 'changer')
    const there = await signInAs('changer')
    const { createAccessToken } = await here.ask(CreateAccessToken, { input: { name: 'script' } })
    const wrong = { currentPassword: 'not the one', newPassword: 'battery staple' }
    expect((await here.refusal(ChangePassword, { input: wrong })).extensions?.fieldErrors?.[0]?.path).toBe(
      'input.currentPassword',
    )
    expect((await there.ask(Viewer)).viewer?.username).toBe('changer')
    await here.ask(ChangePassword, { input: { currentPassword: password, newPassword: 'battery staple' } })
    expect((await here.ask(Viewer)).viewer?.username).toBe('changer')
    expect((await there.post({ query: '{ viewer { id } }' })).status).toBe(401)
    expect((await new Caller(server.app, createAccessToken.secret).ask(Viewer)).viewer?.username).toBe('changer')
    expect((await server.nobody.refusal(SignIn, { input: { username: 'changer', password } })).extensions?.code).toBe(
      'UNAUTHENTICATED',
    )
    expect((await (await signInAs('changer', 'battery staple')).ask(Viewer)).viewer?.username).toBe('changer')
  })
})

test('viewer is null for somebody who has not signed in', async () => {
  expect(await server.nobody.ask(Viewer)).toEqual({ viewer: null })
})
