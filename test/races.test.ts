import { beforeAll, describe, expect, inject, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { waitForLock } from './support/locks.ts'
import { createIssue, createLabel, createTestUsers, password, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

beforeAll(async () => {
  users = await createTestUsers(server)
})

/** Commits a change once the request waits for its lock. */
async function runBehindLock<Result>(
  change: string,
  values: readonly unknown[],
  request: () => Promise<Result>,
): Promise<Result> {
  const { pool } = server.database
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query(change, [...values])
    const response = request()
    await waitForLock(pool)
    await client.query('COMMIT')
    return await response
  } finally {
    client.release()
  }
}

// The embedded database has one connection, so nothing waits for a lock.
describe.runIf(inject('postgres'))('decisions after a wait for a lock', () => {
  test('starts no session if the password is changed during the wait for a lock', async () => {
    const SignIn = graphql(`mutation RaceSignIn($input: SignInInput!) { signIn(input: $input) { token } }`)
    const { errors } = await runBehindLock(
      "UPDATE users SET password_hash = '$2b$04$' || repeat('.', 53) WHERE username = 'outsider'",
      [],
      () => server.anonymous.send(SignIn, { input: { username: 'outsider', password } }),
    )
    expect(errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
  })

  test('creates no ticket if the project is archived during the wait for a lock', async () => {
    const File = graphql(
      `mutation RaceFile($input: CreateIssueInput!) { createIssue(input: $input) { issue { key } } }`,
    )
    const { errors } = await runBehindLock('UPDATE projects SET archived_at = now() WHERE key = $1', ['CORE'], () =>
      users.contributor.send(File, { input: { projectId: 'CORE', title: 'Too late' } }),
    )
    expect(errors?.[0]?.extensions?.code).toBe('FORBIDDEN')
    await server.database.pool.query('UPDATE projects SET archived_at = NULL')
  })

  test('changes nothing if the member is removed during the wait for a lock', async () => {
    const { id } = await createIssue(users.contributor, 'CORE', 'Locked')
    const Move = graphql(`mutation RaceMove($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { id } } }`)
    const { errors } = await runBehindLock(
      'WITH locked AS (SELECT FROM tickets WHERE id = $1 FOR UPDATE), gone AS (DELETE FROM project_members WHERE user_id = $2) SELECT * FROM locked',
      [id, users.contributor.id],
      () => users.contributor.send(Move, { input: { id, status: 'CLOSED' } }),
    )
    expect(errors?.[0]?.extensions?.code).toBe('NOT_FOUND')
    await server.database.pool.query("INSERT INTO project_members SELECT id, $1, 'CONTRIBUTOR' FROM projects", [
      users.contributor.id,
    ])
  })

  test('excludes tickets from a bulk update if their label is removed during the wait for a lock', async () => {
    const label = await createLabel(users.maintainer, 'CORE', 'going')
    const { id } = await createIssue(users.contributor, 'CORE', 'Labelled', { labelIds: [label] })
    const Bulk = graphql(`
      mutation RaceBulk($input: BulkUpdateStatusInput!) { bulkUpdateStatus(input: $input) { updatedCount } }
    `)
    const { errors } = await runBehindLock(
      'WITH locked AS (SELECT FROM tickets WHERE id = $1 FOR UPDATE), gone AS (DELETE FROM ticket_labels WHERE label_id = $2) SELECT * FROM locked',
      [id, label],
      () =>
        users.contributor.send(Bulk, {
          input: { filter: { label: { some: ['going'] } }, expectedCount: 1, status: 'CLOSED' },
        }),
    )
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', matchedCount: 0 })
  })
})

test('revokes the permissions of a demoted ADMIN for the rest of the document', async () => {
  const { prisma } = server.database
  await users.admin.ask(
    graphql(`mutation StepUp { updateUser(input: { id: "maintainer", role: ADMIN }) { user { role } } }`),
  )
  const { errors } = await users.maintainer.send(
    graphql(`
      mutation StepDown {
        down: updateUser(input: { id: "maintainer", role: MEMBER }) { user { role } }
        up: createUser(input: { username: "friend", name: "Friend", password: "correct horse", role: ADMIN }) { user { id } }
      }
    `),
  )
  expect(errors?.map(({ path, extensions }) => [path?.[0], extensions?.code])).toEqual([['up', 'FORBIDDEN']])
  expect(await prisma.user.findUnique({ where: { username: 'friend' } })).toBeNull()
})

test('keeps the viewer of a request that signs in as another user', async () => {
  const { errors } = await users.viewer.send(
    graphql(`
      mutation SignInTwice {
        signIn(input: { username: "maintainer", password: "correct horse" }) { viewer { username } }
        createIssue(input: { projectId: "CORE", title: "As whom?" }) { issue { reporter { username } } }
      }
    `),
  )
  expect(errors?.map(({ path, extensions }) => [path?.[0], extensions?.code])).toEqual([['createIssue', 'FORBIDDEN']])
})
