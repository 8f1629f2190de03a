import { beforeAll, describe, expect, test } from 'vitest'
import { deleteOldChanges } from '../src/feed/feed.actions.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { createIssue, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer({}, { fillsTables: true })
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const Changes = graphql(`
  query RetainedChanges($after: String) { changes(after: $after) { cursor changes { cursor ticket { title } } } }
`)
const read = async (after: string | null = null) => (await users.admin.ask(Changes, { after })).changes
const run = (text: string, values: readonly unknown[] = []) => server.database.pool.query(text, [...values])

/** Creates issues, and returns the cursors of their creations. */
async function createChanges(...titles: readonly string[]): Promise<string[]> {
  const { cursor } = await read()
  for (const title of titles) await createIssue(users.reporter, 'CORE', title)
  return (await read(cursor)).changes.map((change) => change.cursor)
}

describe('deletion of old changes', () => {
  const days = 30
  const age = (title: string, ageInDays: number) =>
    run(
      `UPDATE changes SET numbered_at = now() - $2 * interval '1 day' WHERE ticket_id = (SELECT id FROM tickets WHERE title = $1)`,
      [title, ageInDays],
    )
  const titlesAfter = async (cursor: string | undefined) =>
    (await read(cursor ?? '')).changes.map(({ ticket }) => ticket?.title)
  const expectExpired = async (cursor: string | undefined) =>
    expect((await users.admin.expectError(Changes, { after: cursor ?? '' })).extensions?.code).toBe('CURSOR_EXPIRED')

  test('cursors before a deleted change expire, later ones continue', async () => {
    const [first, second, third] = await createChanges('first', 'second', 'third')
    await age('first', days + 1)
    await age('second', days + 1)
    await age('third', days - 1)
    await deleteOldChanges(server.database.db, days)
    await expectExpired(first)
    expect(await titlesAfter(second)).toEqual(['third'])
    expect(await titlesAfter(third)).toEqual([])
    expect((await read()).changes.map(({ ticket }) => ticket?.title)).toEqual(['third'])
  })

  test('changes without a position are not deleted, however old they are', async () => {
    const { cursor } = await read()
    await createIssue(users.reporter, 'CORE', 'unnumbered')
    await run(
      `UPDATE changes SET at = now() - interval '1 year', numbered_at = now() - interval '1 year' WHERE position IS NULL`,
    )
    await deleteOldChanges(server.database.db, days)
    expect(await titlesAfter(cursor)).toEqual(['unnumbered'])
  })

  test('cursors remain expired after the deletion of an earlier change with a later time', async () => {
    const [, late, early, last] = await createChanges('zero', 'late', 'early', 'last')
    await age('zero', days + 1)
    await age('early', days + 1)
    await deleteOldChanges(server.database.db, days)
    await age('late', days + 1)
    await deleteOldChanges(server.database.db, days)
    await expectExpired(late)
    expect(await titlesAfter(early)).toEqual(['last'])
    expect(await titlesAfter(last)).toEqual([])
  })
})
