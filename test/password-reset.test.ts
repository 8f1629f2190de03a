import { PassThrough } from 'node:stream'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { readPassword } from '../src/command/password-prompt.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { Client } from './support/client.ts'
import { runCommand } from './support/command.ts'
import { copyDatabase, queryCopy } from './support/environment.ts'
import { password, signUp, type TestUser } from './support/people.ts'
import { digestsOf } from './support/permissions.ts'

const server = useServer()
let admin: TestUser
let ada: TestUser
beforeAll(async () => {
  admin = await signUp(server, 'admin')
  ada = await signUp(server, 'ada')
})
beforeEach(async () => {
  await server.database.pool.query('TRUNCATE sign_in_attempts')
})

const CreateReset = graphql(`
  mutation CreateReset($userId: ID!) {
    createPasswordReset(input: { userId: $userId }) { secret expiresAt user { username } }
  }
`)
const Reset = graphql(`
  mutation Reset($secret: String!, $newPassword: String!) {
    resetPassword(input: { secret: $secret, newPassword: $newPassword }) { token viewer { username email } }
  }
`)
const SignInAfterReset = graphql(`
  mutation SignInAfterReset($input: SignInInput!) { signIn(input: $input) { token } }
`)
const CreateToken = graphql(`
  mutation ResetCreateToken { createAccessToken(input: { name: "script" }) { secret } }
`)
const Me = graphql(`query ResetViewer { viewer { username } }`)
const SetActive = graphql(`
  mutation ResetSetActive($id: ID!, $active: Boolean!) {
    updateUser(input: { id: $id, active: $active }) { user { active } }
  }
`)
const ChangePassword = graphql(`
  mutation ResetChangePassword($input: ChangePasswordInput!) { changePassword(input: $input) { user { id } } }
`)

const createReset = async (userId = 'ada') => (await admin.ask(CreateReset, { userId })).createPasswordReset
const signIn = (secret: string, username = 'ada') =>
  server.anonymous.send(SignInAfterReset, { input: { username, password: secret } })
const codesOf = ({ errors }: Pick<Awaited<ReturnType<typeof signIn>>, 'errors'>) =>
  errors?.map(({ extensions }) => extensions?.code)
const expectInvalid = async (secret: string) => {
  const before = await digestsOf(server)
  const { extensions } = await server.anonymous.expectError(Reset, { secret, newPassword: 'never stored' })
  expect(extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fieldErrors: [{ path: 'input.secret', message: expect.stringMatching(/^is invalid, expired, used or replaced/) }],
  })
  const after = await digestsOf(server)
  expect({ ...after, sign_in_attempts: '' }).toEqual({ ...before, sign_in_attempts: '' })
}

test('resets a password once, ends all sessions and access tokens, and starts a session', async () => {
  const session = new Client(server.app, (await signIn(password)).data?.signIn.token ?? '')
  const script = new Client(server.app, (await session.ask(CreateToken)).createAccessToken.secret)
  const { secret, expiresAt, user } = await createReset('ADA')
  expect(secret).toMatch(/^reset_[\w-]{43}$/)
  expect(user).toEqual({ username: 'ada' })
  const lifetime = Date.parse(expiresAt) - Date.now()
  expect(lifetime / 3_600_000).toBeCloseTo(24, 1)
  for (const client of [session, script]) expect((await client.ask(Me)).viewer?.username).toBe('ada')
  const { resetPassword } = await server.anonymous.ask(Reset, { secret, newPassword: 'a better one' })
  expect(resetPassword.viewer).toEqual({ username: 'ada', email: null })
  for (const client of [session, script, ada]) expect((await client.send(Me)).status).toBe(401)
  expect((await new Client(server.app, resetPassword.token).ask(Me)).viewer?.username).toBe('ada')
  expect(codesOf(await signIn(password))).toEqual(['UNAUTHENTICATED'])
  expect(codesOf(await signIn('a better one'))).toBeUndefined()
  await expectInvalid(secret)
})

test('stores the secret of a password reset only as a digest, also with an Idempotency-Key', async () => {
  const body = { query: 'mutation { createPasswordReset(input: { userId: "ada" }) { secret } }' }
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const { data } = await admin.post(body, headers)
  const { secret } = (data as { createPasswordReset: { secret: string } }).createPasswordReset
  expect((await admin.post(body, headers)).data).toEqual(data)
  const rows = await server.database.pool.query(
    'SELECT row_to_json(r)::text AS text FROM password_resets r UNION ALL SELECT row_to_json(k)::text FROM idempotency_keys k',
  )
  expect(rows.rows.length).toBeGreaterThan(1)
  for (const { text } of rows.rows) {
    expect(text).not.toContain(secret.slice('reset_'.length))
    expect(text).not.toContain(Buffer.from(secret).toString('hex'))
  }
})

test('returns the same session for a repeated password reset with an Idempotency-Key', async () => {
  const { secret } = await createReset()
  const body = { query: Reset.toString(), variables: { secret, newPassword: 'once or twice' } }
  const headers = { 'idempotency-key': crypto.randomUUID() }
  const first = await server.anonymous.post(body, headers)
  expect(first.errors).toBeUndefined()
  const second = await server.anonymous.post(body, headers)
  expect(second.data).toEqual(first.data)
  expect(second.headers.get('idempotency-replayed')).toBe('true')
})

test('one of several concurrent resets with one secret succeeds', async () => {
  const { secret } = await createReset()
  const results = await Promise.all(
    ['first one', 'second one', 'third one'].map((newPassword) =>
      server.anonymous.send(Reset, { secret, newPassword }),
    ),
  )
  expect(results.map(codesOf).filter((codes) => codes === undefined)).toHaveLength(1)
})

test('a newer reset, a changed password and the deactivation of the account replace a secret', async () => {
  const first = await createReset()
  const second = await createReset()
  await expectInvalid(first.secret)
  const { resetPassword } = await server.anonymous.ask(Reset, { secret: second.secret, newPassword: 'the second' })
  const third = await createReset()
  const owner = new Client(server.app, resetPassword.token)
  await owner.ask(ChangePassword, { input: { currentPassword: 'the second', newPassword: 'remembered' } })
  await expectInvalid(third.secret)
  const fourth = await createReset()
  await admin.ask(SetActive, { id: 'ada', active: false })
  await expectInvalid(fourth.secret)
  const { extensions } = await admin.expectError(CreateReset, { userId: 'ada' })
  expect(extensions?.fieldErrors?.map(({ path }) => path)).toEqual(['input.userId'])
  await admin.ask(SetActive, { id: 'ada', active: true })
  await expectInvalid(fourth.secret)
})

test('an expired and an unknown secret cause the same error', async () => {
  const { secret } = await createReset()
  await server.database.pool.query("UPDATE password_resets SET expires_at = now() - interval '1 second'")
  for (const invalid of [secret, 'reset_unknown', '', '\0', 'é']) await expectInvalid(invalid)
})

test('validates the new password before it counts an attempt to reset one', async () => {
  const { extensions } = await server.anonymous.expectError(Reset, { secret: 'unknown', newPassword: 'short' })
  expect(extensions?.fieldErrors?.map(({ path }) => path)).toEqual(['input.newPassword'])
  const { rows } = await server.database.pool.query('SELECT FROM sign_in_attempts')
  expect(rows).toEqual([])
})

test('limits failed password resets of an address, but neither valid ones nor sign-ins', async () => {
  const { secret } = await createReset()
  for (let attempt = 0; attempt < 5; attempt++) await expectInvalid('reset_wrong')
  const limited = await server.anonymous.expectError(Reset, { secret: 'reset_wrong', newPassword: 'not in time' })
  expect(limited).toMatchObject({
    message: expect.stringMatching(/^Too many failed password resets/),
    extensions: { code: 'RATE_LIMITED', retryAfter: 1 },
  })
  expect(codesOf(await signIn(password, 'admin'))).toBeUndefined()
  // Others with the same address do not block the user, whose success ends the wait.
  await server.anonymous.ask(Reset, { secret, newPassword: 'in time now' })
  for (let attempt = 0; attempt < 5; attempt++) await expectInvalid('reset_wrong')
})

test('a user who is blocked after failed sign-ins can sign in after a password reset', async () => {
  for (let attempt = 0; attempt < 5; attempt++) await signIn('forgotten')
  expect(codesOf(await signIn('forgotten'))).toEqual(['RATE_LIMITED'])
  const { secret } = await createReset()
  await server.anonymous.ask(Reset, { secret, newPassword: 'written down' })
  expect(codesOf(await signIn('written down'))).toBeUndefined()
})

test('an ADMIN cannot reset their own password without the current one', async () => {
  const { extensions } = await admin.expectError(CreateReset, { userId: 'admin' })
  expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path: 'input.userId' }] })
})

test('access tokens cannot create password resets', async () => {
  const script = new Client(server.app, (await admin.ask(CreateToken)).createAccessToken.secret)
  const before = await digestsOf(server)
  expect((await script.expectError(CreateReset, { userId: 'admin' })).extensions?.code).toBe('FORBIDDEN')
  expect(await digestsOf(server)).toEqual(before)
})

test('a user without a token resets the password in production', async () => {
  const production = server.withSettings({ NODE_ENV: 'production' })
  const { secret } = await createReset()
  const { resetPassword } = await production.anonymous.ask(Reset, { secret, newPassword: 'in production' })
  expect(resetPassword.viewer.username).toBe('ada')
})

test('the command reset-password reads a password, and ends sessions and access tokens', async () => {
  await using copy = await copyDatabase()
  const env = { ...copy.env, SNAGLIST_LOG_LEVEL: 'error' }
  const run = (args: readonly string[], input = '') => runCommand(args, env, input)
  expect(await run(['seed'])).toMatchObject({ code: 0 })
  await run(['token', '--user', 'ada'])
  const readTables = async () =>
    (
      await queryCopy(
        copy.env,
        "SELECT password_hash AS hash, (SELECT count(*)::int FROM tokens) AS tokens FROM users WHERE username = 'ada'",
      )
    ).rows
  const before = await readTables()
  for (const [args, input, message] of [
    [['reset-password'], '', /^Missing required argument 'username'/],
    [['reset-password', 'missing'], 'long enough', /^The user "missing" does not exist\.\n$/],
    [['reset-password', 'ada'], 'short\n', /^The password must be at least 8 characters\.\n$/],
  ] as const) {
    const result = await run(args, input)
    expect(result).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
  }
  expect(await readTables()).toEqual(before)
  expect(await run(['reset-password', 'Ada'], 'long enough\n')).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'The password of "ada" was changed. All sessions and access tokens were ended.\n',
  })
  const [after] = await readTables()
  expect(after.tokens).toBe(0)
  expect(after.hash).not.toBe(before[0].hash)
})

test.each([
  ['long enough\nlong enough\n', 'long enough'],
  ['long enough\nlong enoguh\n', 'The passwords are different.'],
  ['long enough\n\u0003', 'Interrupted: the password was not changed.'],
  ['\u0004', 'Interrupted: the password was not changed.'],
])('a terminal prompts for a password twice without showing it: %j', async (typed, outcome) => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true })
  const stderr = new PassThrough()
  stdin.write(typed)
  const result = await readPassword({ stdin, stderr }, 'New password').catch(({ message }) => message)
  expect(result).toBe(outcome)
  const shown = String(stderr.read())
  expect(shown).toMatch(/^New password: \n/)
  expect(shown).not.toContain('long')
})
