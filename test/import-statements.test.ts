import { Readable } from 'node:stream'
import { beforeAll, expect, inject, test } from 'vitest'
import { statementsOf, useServer } from './support/app.ts'
import { countsOf, type ImportOptions, importCsv, importForm } from './support/imports.ts'
import { createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

beforeAll(async () => {
  users = await createTestUsers(server)
})

test('runs a constant number of statements for an import of new, changed or unchanged rows', async () => {
  const counts: number[] = []
  for (const rows of [10, 600]) {
    const projectId = (await createProject(users.maintainer, `ROWS${rows}`)).key
    const input: ImportOptions = { projectId, kind: 'DEFECT', createLabels: true }
    const csv = (title: string) =>
      `externalKey,title,category,labels\n${Array.from({ length: rows }, (_, index) => `${index},${title} ${index},Dent,ui;net`).join('\n')}\n`
    for (const [file, expected] of [
      [csv('One'), [rows, 0, 0, 0]],
      [csv('Two'), [0, rows, 0, 0]],
      [csv('Two'), [0, 0, rows, 0]],
    ] as const) {
      const { result, sent } = await statementsOf(server, () => importCsv(users.maintainer, file, input))
      expect(countsOf(result)).toEqual(expected)
      counts.push(sent.length)
    }
  }
  expect(counts.slice(3)).toEqual(counts.slice(0, 3))
  expect(Math.max(...counts)).toBeLessThan(40)
})

const rows = Array.from({ length: 500 }, (_, index) => `Ticket ${index},${'text '.repeat(20)}`)
const file = `title,description\n${rows.join('\n')}\n`
const expectResponse = async () =>
  expect((await users.viewer.post({ query: '{ viewer { id } projects { totalCount } }' })).errors).toBeUndefined()

test('completes other requests while an import is being uploaded', async () => {
  const input: ImportOptions = { projectId: (await createProject(users.maintainer, 'SENDING')).key, kind: 'ISSUE' }
  const whole = new Request('http://localhost', { method: 'POST', body: importForm(file, input) })
  const bytes = new Uint8Array(await whole.arrayBuffer())
  const halfRead = Promise.withResolvers<void>()
  const responseReceived = Promise.withResolvers<void>()
  async function* halves() {
    yield bytes.subarray(0, bytes.length / 2)
    halfRead.resolve()
    await responseReceived.promise
    yield bytes.subarray(bytes.length / 2)
  }
  const importResponse = users.maintainer.fetch('/graphql', {
    method: 'POST',
    headers: whole.headers,
    body: Readable.toWeb(Readable.from(halves())) as BodyInit,
    duplex: 'half',
  } as RequestInit)
  await halfRead.promise
  await expectResponse()
  responseReceived.resolve()
  expect(await (await importResponse).json()).toMatchObject({
    data: { importTickets: { import: { createdCount: 500 } } },
  })
})

// The embedded database runs one transaction at a time.
test.runIf(inject('postgres'))('completes other requests while an import writes', async () => {
  const projectId = (await createProject(users.maintainer, 'WRITING')).key
  const { pool } = server.database
  const lockingClient = await pool.connect()
  await lockingClient.query('BEGIN')
  await lockingClient.query('LOCK TABLE tickets IN EXCLUSIVE MODE')
  const importPromise = importCsv(users.maintainer, file, { projectId, kind: 'ISSUE' })
  const isWaiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
  while ((await pool.query(isWaiting)).rowCount === 0);
  await expectResponse()
  await lockingClient.query('ROLLBACK')
  lockingClient.release()
  expect(countsOf(await importPromise)).toEqual([500, 0, 0, 0])
})
