import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { Client } from './support/client.ts'
import { importForm } from './support/imports.ts'
import {
  CreateIssue,
  createIssue,
  createLabel,
  createProject,
  createTestUsers,
  password,
  setMember,
  signUp,
  type TestUser,
  type TestUsers,
} from './support/people.ts'
import { digestsOf } from './support/permissions.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const send = (client: Client, body: object, key: string) => client.post(body, { 'idempotency-key': key })
const codeOf = ({ errors }: Awaited<ReturnType<typeof send>>) => errors?.[0]?.extensions?.code
const isReplayed = ({ headers }: { headers: Headers }) => headers.get('idempotency-replayed') === 'true'
const createBody = (title: string, projectId = 'CORE') => ({
  query: CreateIssue.toString(),
  variables: { input: { projectId, title } },
})
const rowCount = () => server.database.prisma.idempotencyKey.count()

const CreateToken = graphql(`
  mutation AccessCreateToken($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { secret } }
`)
const SignIn = graphql(`mutation AccessSignIn($input: SignInInput!) { signIn(input: $input) { token } }`)
const SetRole = graphql(`mutation AccessRole($input: UpdateUserInput!) { updateUser(input: $input) { user { id } } }`)
const AddComment = graphql(
  `mutation AccessComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }`,
)

const createToken = async (owner: Client, scope: 'READ' | 'WRITE') =>
  new Client(server.app, (await owner.ask(CreateToken, { input: { name: scope, scope } })).createAccessToken.secret)
const signIn = async (username: string) =>
  new Client(server.app, (await server.anonymous.ask(SignIn, { input: { username, password } })).signIn.token)

describe('an Idempotency-Key of another token', () => {
  const secretBody = { query: 'mutation { createAccessToken(input: { name: "kept" }) { secret accessToken { id } } }' }

  test('returns no result of a WRITE token or a session to a READ token', async () => {
    const readToken = await createToken(users.reporter, 'READ')
    for (const [client, body] of [
      [users.reporter, secretBody],
      [await createToken(users.reporter, 'WRITE'), createBody('Filed by a token')],
    ] as const) {
      const key = crypto.randomUUID()
      expect((await send(client, body, key)).errors).toBeUndefined()
      const before = await digestsOf(server)
      const response = await send(readToken, body, key)
      expect(codeOf(response)).toBe('FORBIDDEN')
      expect(response.data ?? null).toBeNull()
      expect(isReplayed(response)).toBe(false)
      expect(await digestsOf(server)).toEqual(before)
    }
  })

  test('returns no secret of a session to another session or token of the same user', async () => {
    const key = crypto.randomUUID()
    const first = await send(users.reporter, secretBody, key)
    const other = await send(await signIn('reporter'), secretBody, key)
    expect(isReplayed(other)).toBe(false)
    expect(other.data).not.toEqual(first.data)
    expect(codeOf(await send(await createToken(users.reporter, 'WRITE'), secretBody, key))).toBe('FORBIDDEN')
  })
})

describe('a repeated request after a loss of access', () => {
  let member: TestUser
  beforeAll(async () => {
    member = await signUp(server, 'temporary')
  })

  const input = (value: object) => JSON.stringify(value).replaceAll(/"(\w+)":/g, '$1:')
  const comment = async () => {
    const { id } = await createIssue(users.admin, 'HIDE', 'To comment on')
    return (await member.ask(AddComment, { input: { ticketId: id, body: 'Hidden' } })).addComment.comment.id
  }
  /** Mutations with results of every kind, as bodies with a title, name or text "Hidden". */
  const mutations: Readonly<Record<string, () => Promise<object | FormData>>> = {
    'a new ticket': async () => createBody('Hidden', 'HIDE'),
    'an updated project': async () => ({
      query: 'mutation { updateProject(input: { id: "HIDE", name: "Hidden" }) { project { key name description } } }',
    }),
    'a new member': async () => ({
      query: `mutation { setProjectMember(input: { projectId: "HIDE", userId: "viewer", role: VIEWER }) {
        project { name } member { role user { name } } } }`,
    }),
    'a new comment': async () => {
      const { id } = await createIssue(users.admin, 'HIDE', 'Hidden')
      return {
        query: `mutation { addComment(input: { ticketId: "${id}", body: "Hidden" }) { comment { body ticket { title } } } }`,
      }
    },
    'an edited comment': async () => ({
      query: `mutation { editComment(input: { id: "${await comment()}", body: "Hidden again" }) { comment { body } } }`,
    }),
    'a deleted comment': async () => ({
      query: `mutation { deleteComment(input: { id: "${await comment()}" }) { deletedCommentId ticket { title } } }`,
    }),
    'a new label': async () => ({
      query: `mutation { createLabel(input: { projectId: "HIDE", name: "Hidden ${crypto.randomUUID()}", color: "#336699" }) { label { name } } }`,
    }),
    'a deleted label': async () => ({
      query: `mutation { deleteLabel(input: { id: "${await createLabel(member, 'HIDE', crypto.randomUUID())}" }) { deletedLabelId project { name } } }`,
    }),
    'labels of a ticket': async () => {
      const { id } = await createIssue(users.admin, 'HIDE', 'Hidden')
      return { query: `mutation { setLabels(input: ${input({ ticketId: id, labelIds: [] })}) { ticket { title } } }` }
    },
    'tickets of two projects': async () => {
      const ids = [await createIssue(users.admin, 'CORE', 'Seen'), await createIssue(users.admin, 'HIDE', 'Hidden')]
      return {
        query: `mutation { bulkUpdateStatus(input: { ids: ${JSON.stringify(ids.map(({ id }) => id))}, status: CLOSED }) { tickets { title } } }`,
      }
    },
    'an import': async () => importForm('title\nHidden\n', { projectId: 'HIDE', kind: 'ISSUE' }),
  }

  const sendBody = (body: object | FormData, key: string) => {
    if (!(body instanceof FormData)) return send(member, body, key)
    const copy = new FormData()
    for (const [name, value] of body) copy.set(name, value)
    return member
      .fetch('/graphql', { method: 'POST', body: copy, headers: { 'idempotency-key': key } })
      .then(async (response) => ({
        status: response.status,
        headers: response.headers,
        ...((await response.json()) as Omit<Awaited<ReturnType<typeof send>>, 'status' | 'headers'>),
      }))
  }

  beforeAll(async () => {
    await createProject(users.admin, 'HIDE')
    await setMember(users.maintainer, 'CORE', member.id, 'CONTRIBUTOR')
  })

  test.each(Object.entries(mutations))(
    'reports that it took effect, but hides its result: %s',
    async (_kind, prepare) => {
      await setMember(users.admin, 'HIDE', member.id, 'MAINTAINER')
      const body = await prepare()
      const key = crypto.randomUUID()
      const first = await sendBody(body, key)
      expect(first.errors).toBeUndefined()
      await setMember(users.admin, 'HIDE', member.id, null)
      const before = await digestsOf(server)
      const hidden = await sendBody(body, key)
      expect(codeOf(hidden)).toBe('RESULT_HIDDEN')
      expect(hidden.errors).toHaveLength(1)
      expect(hidden.data ?? null).toBeNull()
      expect(isReplayed(hidden)).toBe(false)
      expect(await digestsOf(server)).toEqual(before)
      await setMember(users.admin, 'HIDE', member.id, 'VIEWER')
      const again = await sendBody(body, key)
      expect(again.data).toEqual(first.data)
      expect(isReplayed(again)).toBe(true)
    },
  )

  test('hides results in projects that were only visible to an ADMIN, or by a default role', async () => {
    const key = crypto.randomUUID()
    await createProject(users.admin, 'OPEN', 'REPORTER')
    await users.admin.ask(SetRole, { input: { id: member.id, role: 'ADMIN' } })
    const asAdmin = createBody('Filed as ADMIN', 'HIDE')
    await setMember(users.admin, 'HIDE', member.id, null)
    expect((await send(member, asAdmin, key)).errors).toBeUndefined()
    await users.admin.ask(SetRole, { input: { id: member.id, role: 'MEMBER' } })
    const inOpenProject = createBody('Filed in an open project', 'OPEN')
    expect((await send(member, inOpenProject, `${key}-open`)).errors).toBeUndefined()
    await users.admin.post({
      query: 'mutation { updateProject(input: { id: "OPEN", defaultRole: null }) { project { id } } }',
    })
    expect(codeOf(await send(member, asAdmin, key))).toBe('RESULT_HIDDEN')
    expect(codeOf(await send(member, inOpenProject, `${key}-open`))).toBe('RESULT_HIDDEN')
  })

  test('returns results after the user gained access to other projects', async () => {
    const key = crypto.randomUUID()
    const first = await send(member, createBody('Before the new project'), key)
    await createProject(member, 'GAINED')
    expect((await send(member, createBody('Before the new project'), key)).data).toEqual(first.data)
  })

  test('does not reveal by a text of a result that a hidden object exists', async () => {
    const { id } = await createIssue(users.admin, 'HIDE', 'Hidden')
    await setMember(users.admin, 'HIDE', member.id, null)
    for (const title of [id, crypto.randomUUID()]) {
      const key = crypto.randomUUID()
      await send(member, createBody(title), key)
      expect(isReplayed(await send(member, createBody(title), key))).toBe(true)
    }
  })
})

describe('a repeated request after a change of the account', () => {
  const promote = (id: string, role: 'ADMIN' | 'MEMBER') => users.admin.ask(SetRole, { input: { id, role } })
  const createUser = (username: string) =>
    `createUser(input: { username: "${username}", name: "Made", password: "${password}" }) { user { email } }`

  test('runs the mutations after a repeated updateUser with the present role', async () => {
    const user = await signUp(server, 'demoted')
    await promote(user.id, 'ADMIN')
    const key = crypto.randomUUID()
    // The second mutation fails at first, so that only the result of the first is stored.
    const made = await signUp(server, 'made')
    const query = `mutation { a: updateUser(input: { id: "demoted", name: "Same" }) { user { id } } b: ${createUser('made')} }`
    expect(codeOf(await send(user, { query }, key))).toBe('CONFLICT')
    await promote(user.id, 'MEMBER')
    await server.database.prisma.user.delete({ where: { id: made.id } })
    expect(codeOf(await send(user, { query }, key))).toBe('FORBIDDEN')
  })

  test('does not repeat the sign-in of a session that has ended', async () => {
    const user = await signUp(server, 'left')
    const key = crypto.randomUUID()
    const body = { query: `mutation { signIn(input: { username: "left", password: "${password}" }) { token } }` }
    await send(server.anonymous, body, key)
    expect(isReplayed(await send(server.anonymous, body, key))).toBe(true)
    await users.admin.ask(SetRole, { input: { id: user.id, active: false } })
    expect(codeOf(await send(server.anonymous, body, key))).toBe('UNAUTHENTICATED')
  })
})

describe('requests without effect', () => {
  beforeEach(() => server.database.pool.query('DELETE FROM idempotency_keys'))

  const wrongPassword = { query: 'mutation { signIn(input: { username: "viewer", password: "wrong" }) { token } }' }
  const closedSignUp = {
    query: `mutation { signUp(input: { username: "stranger", name: "S", password: "${password}" }) { token } }`,
  }

  test('stores nothing for anonymous clients whose sign-in or sign-up fails', async () => {
    const closed = server.withSettings({ SNAGLIST_SIGN_UP: 'closed', SNAGLIST_BCRYPT_COST: '4' })
    const codes: (string | undefined)[] = []
    for (let attempt = 0; attempt < 7; attempt++)
      codes.push(codeOf(await send(server.anonymous, wrongPassword, crypto.randomUUID())))
    codes.push(codeOf(await send(closed.anonymous, closedSignUp, crypto.randomUUID())))
    codes.push(codeOf(await send(server.anonymous, createBody('Anonymous'), crypto.randomUUID())))
    codes.push(codeOf(await send(server.anonymous, { query: 'mutation { __typename }' }, crypto.randomUUID())))
    expect(codes.slice(0, 5)).toEqual(Array(5).fill('UNAUTHENTICATED'))
    expect(codes.slice(5)).toEqual(['RATE_LIMITED', 'RATE_LIMITED', 'FORBIDDEN', 'UNAUTHENTICATED', undefined])
    expect(await rowCount()).toBe(0)
    await closed.app.dispose()
  })

  test.each([
    ['BAD_USER_INPUT', () => users.reporter, () => createBody('')],
    ['BAD_USER_INPUT', () => users.reporter, () => createBody(1 as never)],
    ['FORBIDDEN', () => users.viewer, () => createBody('Forbidden')],
    ['NOT_FOUND', () => users.outsider, () => createBody('Hidden')],
    [
      'CONFLICT',
      () => users.admin,
      () => ({ query: 'mutation { createProject(input: { key: "CORE", name: "x" }) { project { id } } }' }),
    ],
    [
      'BAD_USER_INPUT',
      () => users.reporter,
      () => ({
        query: `mutation { changePassword(input: { currentPassword: "wrong", newPassword: "${password}" }) { user { id } } }`,
      }),
    ],
  ] as const)(
    'stores nothing for a request that fails with %s, and accepts its key for another body',
    async (code, client, body) => {
      const key = crypto.randomUUID()
      expect(codeOf(await send(client(), body(), key))).toBe(code)
      expect(await rowCount()).toBe(0)
      const other = {
        query: `mutation { updateUser(input: { id: "${client().username}", name: "Renamed" }) { user { id } } }`,
      }
      expect((await send(client(), other, key)).errors).toBeUndefined()
      expect(codeOf(await send(client(), body(), key))).toBe('CONFLICT')
    },
  )
})

test('of different concurrent mutations with one key, one takes effect', async () => {
  const key = crypto.randomUUID()
  const { id } = await createIssue(users.contributor, 'CORE', 'Before')
  const bodies = [
    createBody('One of several'),
    { query: `mutation { updateIssue(input: { id: "${id}", title: "One of several" }) { issue { id } } }` },
    { query: `mutation { addComment(input: { ticketId: "${id}", body: "One of several" }) { comment { id } } }` },
  ]
  const responses = await Promise.all(bodies.map((body) => send(users.contributor, body, key)))
  expect(responses.map((response) => codeOf(response) ?? 'OK').sort()).toEqual(['CONFLICT', 'CONFLICT', 'OK'])
})

test('accepts a response key of any length', async () => {
  const alias = Array.from({ length: 100 }, () => crypto.randomUUID().replaceAll('-', '')).join('')
  const query = `mutation { a${alias}: createIssue(input: { projectId: "CORE", title: "Long alias" }) { issue { id } } }`
  const key = crypto.randomUUID()
  const first = await send(users.reporter, { query }, key)
  expect(first.errors).toBeUndefined()
  expect((await send(users.reporter, { query }, key)).data).toEqual(first.data)
})

test('limits the results that a user can store in a day', async () => {
  const key = crypto.randomUUID()
  await send(users.reporter, createBody('Counted'), key)
  const { rows } = await server.database.pool.query<{ points: number }>('SELECT points FROM rates WHERE key = $1', [
    `results ${users.reporter.id}`,
  ])
  expect(rows[0]?.points).toBeGreaterThan(0)
  await server.database.pool.query('UPDATE rates SET points = 500000 WHERE key = $1', [`results ${users.reporter.id}`])
  const before = await digestsOf(server)
  const rejected = await send(users.reporter, createBody('Too much'), crypto.randomUUID())
  expect(rejected.errors?.[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) })
  expect(await digestsOf(server)).toEqual(before)
  expect(isReplayed(await send(users.reporter, createBody('Counted'), key))).toBe(true)
  expect((await users.reporter.post(createBody('Without a key'))).errors).toBeUndefined()
  await server.database.pool.query('UPDATE rates SET expire = 0')
  expect((await send(users.reporter, createBody('A day later'), crypto.randomUUID())).errors).toBeUndefined()
})

test('deletes expired keys faster than documents with the most mutations add them', async () => {
  const mutations = (client: number) =>
    Array.from(
      { length: 10 },
      (_, n) => `m${n}: createIssue(input: { projectId: "CORE", title: "${client}" }) { issue { id } }`,
    )
  const sendMany = (round: number) =>
    Promise.all(
      Array.from({ length: 10 }, (_, client) =>
        send(users.reporter, { query: `mutation { ${mutations(client).join(' ')} }` }, `${round}-${client}`),
      ),
    )
  const counts: number[] = []
  for (let round = 0; round < 4; round++) {
    await server.database.pool.query("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
    await sendMany(round)
    counts.push(await rowCount())
  }
  expect(Math.max(...counts.slice(1))).toBeLessThanOrEqual(2 * 110)
})
