import { hash } from 'bcrypt'
import { describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { Client } from './support/client.ts'
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
  const { signIn } = await server.anonymous.ask(SignIn, { input: { username, password: secret } })
  return new Client(server.app, signIn.token)
}

describe('signUp', () => {
  test('makes one of several concurrent first accounts an ADMIN and the others MEMBERs', async () => {
    const names = ['first', 'second', 'third', 'fourth']
    const sessions = await Promise.all(
      names.map((username) =>
        server.anonymous.ask(SignUpAs, {
          input: { username, name: username, password, email: `${username}@example.com` },
        }),
      ),
    )
    expect(sessions.filter(({ signUp }) => signUp.viewer.role === 'ADMIN')).toHaveLength(1)
    expect(sessions[0]?.signUp.token).toMatch(/^snag_[\w-]{43}$/)
    expect(sessions.map(({ signUp }) => signUp.viewer.email)).toEqual(names.map((name) => `${name}@example.com`))
  })

  test('rejects sign-up if it is closed, or open for the first account only', async () => {
    for (const policy of ['closed', 'first']) {
      const { anonymous } = server.withSettings({ SNAGLIST_SIGN_UP: policy })
      const { extensions } = await anonymous.expectError(SignUpAs, {
        input: { username: 'late', name: 'Late', password },
      })
      expect(extensions?.code).toBe('FORBIDDEN')
    }
  })

  test('reports all field errors of a sign-up together', async () => {
    const { extensions } = await server.anonymous.expectError(SignUpAs, {
      input: { username: 'x y', name: '  ', password: 'short' },
    })
    expect(extensions?.code).toBe('BAD_USER_INPUT')
    expect(extensions?.fieldErrors?.map(({ path }) => path)).toEqual(['input.username', 'input.name', 'input.password'])
  })

  test('accepts passwords of at most 72 bytes', async () => {
    const signUpWith = (secret: string) =>
      server.anonymous.send(SignUpAs, {
        input: { username: `u${crypto.randomUUID().slice(0, 8)}`, name: 'U', password: secret },
      })
    expect((await signUpWith('é'.repeat(36))).errors).toBeUndefined()
    expect((await signUpWith('é'.repeat(37))).errors?.[0]?.extensions?.fieldErrors).toEqual([
      { path: 'input.password', message: 'must be at most 72 bytes' },
    ])
  })

  test('rejects a username that is taken in another case', async () => {
    const { extensions } = await server.anonymous.expectError(SignUpAs, {
      input: { username: 'FIRST', name: 'Again', password },
    })
    expect(extensions?.code).toBe('CONFLICT')
  })
})

describe('signIn', () => {
  test('starts a session of 30 days for a username in any case, and shows the e-mail', async () => {
    const { signIn } = await server.anonymous.ask(SignIn, { input: { username: 'First', password } })
    const days = (Date.parse(signIn.expiresAt) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(29.9)
    expect(days).toBeLessThanOrEqual(30)
    expect(signIn.viewer.email).toBe('first@example.com')
    expect((await new Client(server.app, signIn.token).ask(Viewer)).viewer?.username).toBe('first')
  })

  test('returns the same error for a wrong password, an unknown user and a deactivated account', async () => {
    const closed = await signUp(server, 'closed')
    await server.database.prisma.user.update({ where: { id: closed.id }, data: { active: false } })
    const responses = await Promise.all(
      [
        ['first', 'wrong password'],
        ['nosuchuser', password],
        ['closed', password],
        ['no such name!', password],
      ].map(([username = '', secret = '']) =>
        server.anonymous.expectError(SignIn, { input: { username, password: secret } }),
      ),
    )
    expect(new Set(responses.map((response) => JSON.stringify(response)))).toHaveProperty('size', 1)
    expect(responses[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })

  test('rejects a password of more than 72 bytes like a wrong one, even if its first 72 bytes are the password', async () => {
    const longest = 'é'.repeat(36)
    await server.anonymous.ask(SignUpAs, { input: { username: 'longest', name: 'Longest', password: longest } })
    const wrong = await server.anonymous.expectError(SignIn, { input: { username: 'longest', password: 'wrong' } })
    for (const secret of [`${longest}x`, `${longest}\0`, 'x'.repeat(60_000)])
      expect(await server.anonymous.expectError(SignIn, { input: { username: 'longest', password: secret } })).toEqual(
        wrong,
      )
    const empty = await server.anonymous.expectError(SignIn, { input: { username: 'x'.repeat(60_000), password: '' } })
    expect(empty).toEqual(wrong)
    await server.anonymous.ask(SignIn, { input: { username: 'longest', password: longest } })
  })

  test.each([
    ['NFD', 'NFC', 'Pru\u0308fstand-9x', 'Prüfstand-9x'],
    ['NFC', 'NFD', '한글 \u00c5ngström', '\u1112\u1161\u11ab\u1100\u1173\u11af \u212bngstro\u0308m'],
    ['no-break spaces', 'spaces', 'correct\u00a0horse\u3000battery', 'correct horse battery'],
    ['36 letters in NFD', 'NFC', 'e\u0301'.repeat(36), 'é'.repeat(36)],
  ])('accepts a password that was set in %s, in %s', async (_set, _given, secret, sameSecret) => {
    const username = `u${crypto.randomUUID().slice(0, 8)}`
    await server.anonymous.ask(SignUpAs, { input: { username, name: 'U', password: secret } })
    const session = await signInAs(username, sameSecret)
    await signInAs(username, secret)
    const newPassword = secret.toUpperCase()
    await session.ask(ChangePassword, { input: { currentPassword: secret, newPassword } })
    await signInAs(username, sameSecret.toUpperCase())
    const { extensions } = await server.anonymous.expectError(SignIn, { input: { username, password: secret } })
    expect(extensions?.code).toBe('UNAUTHENTICATED')
  })

  test('accepts a password in NFD that an earlier version hashed as it was', async () => {
    const { id } = await signUp(server, 'earlier')
    const secret = 'Pru\u0308fstand 42'
    await server.database.prisma.user.update({ where: { id }, data: { passwordHash: await hash(secret, 4) } })
    await signInAs('earlier', secret)
    const wrong = await server.anonymous.expectError(SignIn, { input: { username: 'earlier', password: `${secret}!` } })
    const unknown = await server.anonymous.expectError(SignIn, { input: { username: 'nosuchuser', password: secret } })
    expect(wrong).toEqual(unknown)
  })

  test('stores passwords and tokens as hashes only', async () => {
    const { token } = await signUp(server, 'secretive')
    const { rows } = await server.database.pool.query<{ dump: string }>(
      "SELECT (SELECT string_agg(u::text, ' ') FROM users u) || (SELECT string_agg(t::text, ' ') FROM tokens t) AS dump",
    )
    expect(rows[0]?.dump).not.toContain(password)
    expect(rows[0]?.dump).not.toContain(token)
    expect(rows[0]?.dump).toContain('$2b$04$')
  })
})

describe('tokens', () => {
  test('rejects an unknown, malformed, expired or revoked token with HTTP 401', async () => {
    const expired = await signInAs('first')
    const revoked = await signInAs('first')
    await server.database.pool.query(
      "UPDATE tokens SET expires_at = now() - interval '1 second' WHERE id = (SELECT id FROM tokens ORDER BY id DESC OFFSET 1 LIMIT 1)",
    )
    await revoked.ask(SignOut)
    for (const client of [expired, revoked, new Client(server.app, 'snag_unknown'), new Client(server.app, 'é')]) {
      const response = await client.post({ query: '{ viewer { id } }' }).catch(() => null)
      if (!response) continue
      expect(response.status).toBe(401)
      expect(response.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
    }
  })

  test('rejects a token of a deactivated account', async () => {
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

  test('permits queries but no mutations with scope READ', async () => {
    const person = await signUp(server, 'scripter')
    const { createAccessToken } = await person.ask(CreateAccessToken, { input: { name: 'report', scope: 'READ' } })
    const script = new Client(server.app, createAccessToken.secret)
    expect((await script.ask(Viewer)).viewer?.username).toBe('scripter')
    expect((await script.expectError(MakeProject, { key: 'NOPE' })).extensions?.code).toBe('FORBIDDEN')
    expect((await script.ask(SignOut)).signOut.signedOut).toBe(true)
    expect((await script.post({ query: '{ viewer { id } }' })).status).toBe(401)
  })

  test('permits writes but no new tokens with an access token, until it is revoked', async () => {
    const person = await signUp(server, 'builder')
    const { createAccessToken } = await person.ask(CreateAccessToken, { input: { name: ' build  bot ' } })
    expect(createAccessToken.accessToken).toMatchObject({ name: 'build bot', scope: 'WRITE', expiresAt: null })
    const script = new Client(server.app, createAccessToken.secret)
    await script.ask(MakeProject, { key: 'BUILD' })
    expect((await script.expectError(CreateAccessToken, { input: { name: 'another' } })).extensions?.code).toBe(
      'FORBIDDEN',
    )
    expect((await person.ask(AccessTokens)).accessTokens.map(({ name }) => name)).toEqual(['build bot'])
    const other = await signUp(server, 'other')
    expect(
      (await other.expectError(RevokeAccessToken, { id: createAccessToken.accessToken.id })).extensions?.code,
    ).toBe('NOT_FOUND')
    await person.ask(RevokeAccessToken, { id: createAccessToken.accessToken.id })
    expect((await script.post({ query: '{ viewer { id } }' })).status).toBe(401)
    expect((await person.ask(AccessTokens)).accessTokens).toEqual([])
  })

  test('rejects an access token with a past expiry', async () => {
    const person = await signInAs('first')
    const { extensions } = await person.expectError(CreateAccessToken, {
      input: { name: 'late', expiresAt: '2020-01-01T00:00:00Z' },
    })
    expect(extensions?.fieldErrors).toEqual([{ path: 'input.expiresAt', message: 'must be in the future' }])
  })
})

describe('changePassword', () => {
  test('changes a password only with the current one, ends all other sessions and keeps access tokens', async () => {
    const here = await signUp(server, 'changer')
    const there = await signInAs('changer')
    const { createAccessToken } = await here.ask(CreateAccessToken, { input: { name: 'script' } })
    const wrong = { currentPassword: 'not the one', newPassword: 'battery staple' }
    expect((await here.expectError(ChangePassword, { input: wrong })).extensions?.fieldErrors?.[0]?.path).toBe(
      'input.currentPassword',
    )
    expect((await there.ask(Viewer)).viewer?.username).toBe('changer')
    await here.ask(ChangePassword, { input: { currentPassword: password, newPassword: 'battery staple' } })
    expect((await here.ask(Viewer)).viewer?.username).toBe('changer')
    expect((await there.post({ query: '{ viewer { id } }' })).status).toBe(401)
    expect((await new Client(server.app, createAccessToken.secret).ask(Viewer)).viewer?.username).toBe('changer')
    expect(
      (await server.anonymous.expectError(SignIn, { input: { username: 'changer', password } })).extensions?.code,
    ).toBe('UNAUTHENTICATED')
    expect((await (await signInAs('changer', 'battery staple')).ask(Viewer)).viewer?.username).toBe('changer')
  })
})

test('returns a null viewer to an anonymous client', async () => {
  expect(await server.anonymous.ask(Viewer)).toEqual({ viewer: null })
})
