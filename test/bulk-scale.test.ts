import { beforeAll, expect, test } from 'vitest'
import type { TicketStatus } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import { createIssue, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer({}, { fillsTables: true })
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const BulkMany = graphql(`
  mutation BulkMany($input: BulkUpdateStatusInput!) {
    bulkUpdateStatus(input: $input) {
      matchedCount updatedCount batch
      tickets { key status assignee { username } labels { name } history(first: 1) { nodes { batch } } }
    }
  }
`)
const BulkOutcome = graphql(`
  query BulkOutcome($project: ID!, $after: String) {
    tickets(filter: { project: { eq: $project } }, orderBy: [{ field: NUMBER }], first: 40, after: $after) {
      nodes {
        key status resolution resolvedAt version
        history(first: 200) { totalCount nodes { version batch changes { field from to } } }
      }
    }
  }
`)

/** Inserts issues without the API. */
async function fill(project: string, count: number): Promise<string[]> {
  const { id } = await createProject(users.contributor, project)
  const { rows } = await server.database.pool.query<{ id: string }>(
    `INSERT INTO tickets (project_id, number, kind, title, reporter_id)
     SELECT $1, n, 'ISSUE', 'Issue ' || n, $2 FROM generate_series(1, $3::integer) n RETURNING id`,
    [id, users.contributor.id, count],
  )
  await server.database.pool.query('UPDATE projects SET last_number = $2 WHERE id = $1', [id, count])
  return rows.map((row) => row.id)
}

test('runs as many statements for a bulk update of 500 tickets as of 2, by ids and by filter, in a dry run and without', async () => {
  const [twoIds, manyIds] = [await fill('FEW', 2), await fill('MANY', 500)]
  const countOf = async (input: object, updatedCount: number) => {
    const { result, sent } = await statementsOf(server, () =>
      users.contributor.ask(BulkMany, { input: { status: 'CLOSED', ...input } }),
    )
    expect(result.bulkUpdateStatus).toMatchObject({ updatedCount, matchedCount: updatedCount })
    expect(result.bulkUpdateStatus.tickets).toHaveLength(updatedCount)
    return sent.length
  }
  const byFilter = (project: string, expectedCount: number) => ({ filter: { project: { eq: project } }, expectedCount })
  for (const more of [{ dryRun: true }, {}, { status: 'OPEN' }, { status: 'RESOLVED', resolution: 'DUPLICATE' }]) {
    const count = await countOf({ ids: twoIds, ...more }, 2)
    expect(await countOf({ ids: manyIds, ...more }, 500)).toBe(count)
    expect(count).toBeLessThan(20)
  }
  for (const more of [{ status: 'IN_PROGRESS', dryRun: true }, { status: 'IN_PROGRESS' }]) {
    const count = await countOf({ ...byFilter('FEW', 2), ...more }, 2)
    expect(await countOf({ ...byFilter('MANY', 500), ...more }, 500)).toBe(count)
  }
})

test('updates 1,000 tickets in one bulk update and batch', async () => {
  const ids = await fill('MOST', 1000)
  const { bulkUpdateStatus } = await users.contributor.ask(BulkMany, { input: { ids, status: 'RESOLVED' } })
  expect(bulkUpdateStatus).toMatchObject({ matchedCount: 1000, updatedCount: 1000 })
  const batches = bulkUpdateStatus.tickets.map(({ history }) => history.nodes[0]?.batch)
  expect(new Set(batches)).toEqual(new Set([bulkUpdateStatus.batch]))
})

test('completes concurrent bulk updates of overlapping tickets with consistent versions and history', async () => {
  const ids = await fill('OVER', 40)
  const statuses: readonly TicketStatus[] = ['IN_PROGRESS', 'RESOLVED', 'CLOSED', 'OPEN']
  const bulks = await Promise.all(
    Array.from({ length: 24 }, async (_, index) => {
      const someIds = ids.filter((_id, position) => (position * 7 + index) % 3 !== 0)
      const reorderedIds = index % 2 ? someIds.reverse() : [...someIds.slice(index), ...someIds.slice(0, index)]
      const input = { ids: reorderedIds, status: statuses[index % statuses.length] ?? 'OPEN' }
      return (await users.contributor.ask(BulkMany, { input })).bulkUpdateStatus
    }),
  )
  const { tickets } = await users.contributor.ask(BulkOutcome, { project: 'OVER' })
  expect(tickets.nodes).toHaveLength(40)
  for (const { version, history, status, resolution, resolvedAt } of tickets.nodes) {
    expect(version).toBe(1 + history.totalCount)
    expect(history.nodes.map((event) => event.version)).toEqual(
      Array.from({ length: version - 1 }, (_, index) => version - index),
    )
    const moves = history.nodes.flatMap(({ changes }) => changes.filter(({ field }) => field === 'status')).toReversed()
    expect(moves.map(({ from }) => from)).toEqual(['OPEN', ...moves.map(({ to }) => to)].slice(0, moves.length))
    expect(status).toBe(moves.at(-1)?.to)
    const done = status === 'RESOLVED' || status === 'CLOSED'
    expect([resolution !== null, resolvedAt !== null]).toEqual([done, done])
  }
  const batches = Map.groupBy(
    tickets.nodes.flatMap(({ history }) => history.nodes.map(({ batch }) => batch)),
    (batch) => batch,
  )
  for (const { batch, updatedCount } of bulks) if (batch) expect(batches.get(batch)).toHaveLength(updatedCount)
  expect(batches.size).toBe(bulks.filter(({ updatedCount }) => updatedCount > 0).length)
})

test('completes bulk updates concurrent with single changes', async () => {
  const ids = await fill('BOTH', 10)
  const BulkSingle = graphql(`
    mutation BulkSingle($id: ID!, $title: String!) {
      updateIssue(input: { id: $id, title: $title }) { issue { version } }
    }
  `)
  const numbers = await Promise.all([
    ...ids.map((id, index) => users.contributor.ask(BulkSingle, { id, title: `Renamed ${index}` })),
    ...['CLOSED', 'OPEN', 'RESOLVED'].map((status) =>
      users.contributor.ask(BulkMany, { input: { ids: ids.toReversed(), status: status as TicketStatus } }),
    ),
    ...Array.from({ length: 5 }, (_, index) => createIssue(users.contributor, 'BOTH', `New ${index}`)),
  ])
  expect(numbers).toHaveLength(18)
  const { tickets } = await users.contributor.ask(BulkOutcome, { project: 'BOTH' })
  expect(tickets.nodes.map(({ key }) => key)).toEqual(Array.from({ length: 15 }, (_, index) => `BOTH-${index + 1}`))
  for (const { version, history } of tickets.nodes) expect(version).toBe(1 + history.totalCount)
})
