import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import type { PoolClient } from 'pg'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { isBlank } from '../src/normal-form.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import { Client } from './support/client.ts'
import { countsOf, type ImportOptions, importCsv } from './support/imports.ts'
import {
  createDefect,
  createIssue,
  createLabel,
  createProject,
  createTestUsers,
  signUp,
  type TestUsers,
} from './support/people.ts'
import { headOf, listen, readUntil, send } from './support/sockets.ts'

const server = useServer()
let users: TestUsers

const SetActive = graphql(
  `mutation SetFormerActive($active: Boolean!) { updateUser(input: { id: "former", active: $active }) { user { active } } }`,
)
const Resolve = graphql(
  `mutation ResolveExported($id: ID!) { bulkUpdateStatus(input: { ids: [$id], status: RESOLVED }) { matchedCount } }`,
)
const Archive = graphql(
  `mutation ArchiveExported($id: ID!) { archiveTicket(input: { id: $id }) { ticket { version } } }`,
)

beforeAll(async () => {
  users = await createTestUsers(server)
})

let projects = 0
const newProject = async () => (await createProject(users.maintainer, `EXP${++projects}`, 'CONTRIBUTOR')).key

const fetchExport = (client: Client, project: string, filter: object = {}, format = 'csv') =>
  client.fetch(`/export/tickets.${format}?${new URLSearchParams({ project, filter: JSON.stringify(filter) })}`)
const csvOf = async (project: string, filter?: object) => (await fetchExport(users.maintainer, project, filter)).text()

/** An export without the values that an import cannot set: the project, times and versions. */
const withoutExportOnlyValues = (csv: string, project: string) =>
  csv.replaceAll(`${project}-`, 'KEY-').replaceAll(/,[^,\n]*,\d+\r\n/g, '\r\n')

const cell = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.constantFrom(
    '=1+1',
    "'=1",
    '-x',
    '@a',
    ' =2',
    '\tb',
    '＝c',
    'a,b;"c"',
    'line\nbreak\r\nagain',
    '\rq',
    "''+",
    ' a ',
    '"',
    'NULL',
    '\\N',
    '\u{1f41b}',
  ),
)
const storable = cell.map((text) => text.toWellFormed().replaceAll('\0', '0')).filter((text) => !isBlank(text))

describe('export', () => {
  test('exports CSV of both kinds, archived tickets and former users that can be imported without loss', async () => {
    await signUp(server, 'former')
    const setActive = (active: boolean) => users.admin.ask(SetActive, { active })
    const labelNames = ['a;b', 'c,d', '"q"', '=x', 'plain']
    const ticket = fc.record({
      isDefect: fc.boolean(),
      title: storable.filter((text) => [...text.normalize('NFC')].length <= 255),
      description: fc.option(storable),
      priority: fc.constantFrom('LOW', 'URGENT'),
      labels: fc.subarray(labelNames),
      category: fc.constantFrom('Solder', '+Dent', 'a;b'),
      absn: fc.option(storable.filter((text) => text.length <= 100)),
      assignee: fc.constantFrom('reporter', 'former', null),
      isResolved: fc.boolean(),
      isArchived: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(ticket, { minLength: 1, maxLength: 6 }), async (tickets) => {
        const [from, to] = [await newProject(), await newProject()]
        await setActive(true)
        const labels = new Map<string, string>()
        for (const name of labelNames) labels.set(name, await createLabel(users.maintainer, from, name))
        for (const { isDefect, title, category, absn, isResolved, isArchived, ...fields } of tickets) {
          const input = {
            description: fields.description,
            priority: fields.priority,
            assigneeId: fields.assignee,
            labelIds: fields.labels.map((name) => labels.get(name)),
          }
          const { key } = isDefect
            ? await createDefect(users.maintainer, from, category, { ...input, title, absn })
            : await createIssue(users.maintainer, from, title, input)
          if (isResolved) await users.maintainer.ask(Resolve, { id: key })
          if (isArchived) await users.maintainer.ask(Archive, { id: key })
        }
        await setActive(false)
        const csv = await csvOf(from, { archived: null })
        const importResult = await importCsv(users.maintainer, csv, { projectId: to, createLabels: true })
        expect(importResult.faults.nodes).toEqual([])
        expect(countsOf(importResult)).toEqual([tickets.length, 0, 0, 0])
        expect(withoutExportOnlyValues(await csvOf(to, { archived: null }), to)).toBe(
          withoutExportOnlyValues(csv, from),
        )
      }),
      { numRuns: 4 },
    )
  })

  test('begins CSV with a byte order mark if asked to, which an import skips', async () => {
    const projectId = await newProject()
    await createIssue(users.maintainer, projectId, 'Prüfstand')
    const response = await users.maintainer.fetch(`/export/tickets.csv?project=${projectId}&bom=true`)
    const bytes = new Uint8Array(await response.arrayBuffer())
    expect([...bytes.subarray(0, 6)]).toEqual([0xef, 0xbb, 0xbf, ...Buffer.from('key')])
    const to = await newProject()
    expect(countsOf(await importCsv(users.maintainer, bytes, { projectId: to }))).toEqual([1, 0, 0, 0])
    expect((await users.maintainer.fetch('/export/tickets.csv?bom=yes')).status).toBe(400)
  })

  test('exports all fields, and archived tickets if the filter includes them', async () => {
    const projectId = await newProject()
    const csv =
      'externalKey,title,status,resolution,createdAt,resolvedAt,archivedAt,reporter\nK-1,One,closed,dupe,2024-01-02,2024-02-03,2024-03-04,viewer\nK-2,Two,,,2024-01-02,,,\n'
    const input: ImportOptions = { projectId, kind: 'ISSUE' }
    await importCsv(users.maintainer, csv, input)
    const lines = (await csvOf(projectId, { archived: null })).split('\r\n')
    expect(lines[0]).toBe(
      'key,externalKey,kind,title,description,status,resolution,priority,assignee,reporter,labels,category,subcategory,absn,reportedBy,severity,disposition,createdAt,resolvedAt,archivedAt,updatedAt,version',
    )
    expect(lines[1]).toMatch(
      new RegExp(
        `^${projectId}-1,K-1,ISSUE,One,,CLOSED,DUPLICATE,MEDIUM,,viewer,,,,,,,,2024-01-02T00:00:00.000Z,2024-02-03T00:00:00.000Z,2024-03-04T00:00:00.000Z,\\S+,2$`,
      ),
    )
    expect((await csvOf(projectId)).split('\r\n')).toHaveLength(3)
    expect(countsOf(await importCsv(users.maintainer, lines.join('\r\n'), input))).toEqual([0, 0, 2, 0])
  })

  test('exports all tickets of a project ordered by number', async () => {
    const projectId = await newProject()
    const rows = Array.from({ length: 1201 }, (_, index) => `Ticket ${index}`)
    await importCsv(users.maintainer, `title\n${rows.join('\n')}\n`, { projectId, kind: 'ISSUE' })
    server.statements.length = 0
    const lines = (await (await fetchExport(users.maintainer, projectId, {}, 'jsonl')).text()).trimEnd().split('\n')
    expect(server.statements.length).toBeLessThanOrEqual(5)
    expect(lines.map((line) => JSON.parse(line).title)).toEqual(rows)
  })

  test('closes the connection of an export after a database error, and logs the error without stored values', async () => {
    const project = await newProject()
    const rows = Array.from({ length: 1201 }, (_, index) => `Ticket ${index}`)
    await importCsv(users.maintainer, `title\n${rows.join('\n')}\n`, { projectId: project, kind: 'ISSUE' })
    const listener = createServer((request, response) => void server.app.handle(request, response))
    await once(listener.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`
    const { pool } = server.database
    const ask = () =>
      fetch(`${url}/export/tickets.csv?project=${project}`, {
        headers: { authorization: `Bearer ${users.maintainer.token}`, 'x-request-id': `broken-${project}` },
      })
    // The embedded database has no connections to terminate: its tables become invisible instead.
    const onPostgres = inject('postgres') !== null
    const breakingSql = onPostgres ? 'SELECT pg_terminate_backend(pg_backend_pid())' : 'SET search_path TO nowhere'
    server.statements.length = 0
    const breakSecondPage = (client: PoolClient) => {
      if (server.statements.filter((sql) => sql.includes('ticket_labels')).length < 2) return
      pool.off('acquire', breakSecondPage)
      client.query(breakingSql).catch(() => {})
    }
    pool.on('acquire', breakSecondPage)
    const response = await ask()
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
    if (!onPostgres) await pool.query('RESET search_path')
    const details = server.lines.filter((line) => line.includes(`broken-${project}`)).join('')
    expect(details).toContain('unexpected error')
    expect(details).not.toContain('relation')
    expect((await (await ask()).text()).trimEnd().split('\n')).toHaveLength(1202)
    listener.close()
  })

  test('exports JSON Lines with unescaped names and lists', async () => {
    const projectId = await newProject()
    const label = await createLabel(users.maintainer, projectId, 'a;b')
    await createIssue(users.maintainer, projectId, '=1', { labelIds: [label] })
    const response = await fetchExport(users.viewer, projectId, { kind: 'ISSUE' }, 'jsonl')
    expect(response.headers.get('content-type')).toBe('application/jsonl; charset=utf-8')
    expect(JSON.parse(await response.text())).toMatchObject({
      key: `${projectId}-1`,
      title: '=1',
      labels: ['a;b'],
      reporter: 'maintainer',
    })
  })

  test('exports only tickets of visible projects', async () => {
    const hidden = (await createProject(users.maintainer, 'HIDDEN')).key
    await createIssue(users.maintainer, hidden, 'Secret')
    const all = async (client: Client) => (await client.fetch('/export/tickets.csv')).text()
    expect(await all(users.maintainer)).toContain('Secret')
    expect(await all(users.outsider)).not.toContain('Secret')
  })

  test('returns errors of an export with their codes and HTTP statuses', async () => {
    const expectError = async (path: string, client: Client = users.outsider) => {
      const response = await client.fetch(path)
      const { errors } = (await response.json()) as {
        errors: [{ extensions: { code: string; fieldErrors?: { path: string }[] } }]
      }
      const { code, fieldErrors } = errors[0].extensions
      return [response.status, code, ...(fieldErrors ?? []).map(({ path }) => path)]
    }
    const filter = (value: unknown) => `/export/tickets.csv?filter=${encodeURIComponent(JSON.stringify(value))}`
    expect(await expectError('/export/tickets.csv', server.anonymous)).toEqual([401, 'UNAUTHENTICATED'])
    expect(await expectError('/export/tickets.csv?project=CORE')).toEqual([404, 'NOT_FOUND'])
    expect(await expectError('/export/tickets.csv?project=NOPE')).toEqual([404, 'NOT_FOUND'])
    expect(await expectError('/export/tickets.csv?project=!')).toEqual([400, 'BAD_USER_INPUT', 'project'])
    expect(await expectError('/export/tickets.csv?filter={')).toEqual([400, 'BAD_USER_INPUT', 'filter'])
    expect(await expectError(filter({ status: { eq: 'LATER' } }))).toEqual([400, 'BAD_USER_INPUT', 'filter.status.eq'])
    expect(await expectError(filter({ title: { eq: 'x'.repeat(1001) } }))).toEqual([
      400,
      'BAD_USER_INPUT',
      'filter.title.eq',
    ])
    expect(await expectError(filter({ id: { eq: '?' } }))).toEqual([400, 'BAD_USER_INPUT', 'filter.id.eq'])
    expect(await expectError('/export/tickets.csv?limit=5&project=CORE&project=CORE&filter=[')).toEqual([
      400,
      'BAD_USER_INPUT',
      'limit',
      'project',
      'filter',
    ])
  })

  const nested = (operator: string, levels: number) => `{"${operator}":[`.repeat(levels) + ']}'.repeat(levels)

  test.each([
    ['an unknown field', '{"titel":{"contains":"x"}}'],
    ['an unknown operator', '{"assignee":{"isNul":true}}'],
    ['an unknown value', '{"status":{"eq":"OPN"}}'],
    ['invalid JSON', '{'],
    ['deep nesting', nested('and', 300)],
    ['deep nesting of another kind', `${'{"not":'.repeat(400)}{}${'}'.repeat(400)}`],
  ])('reveals nothing about a filter to a client without a valid token: %s', async (_name, filter) => {
    server.lines.length = 0
    for (const client of [server.anonymous, new Client(server.app, 'snag_unknown')]) {
      const response = await client.fetch(`/export/tickets.jsonl?filter=${encodeURIComponent(filter)}&filter=1&x=y`)
      expect(response.status).toBe(401)
      const { errors } = (await response.json()) as { errors: object[] }
      expect(errors).toEqual([{ message: expect.stringMatching(/token/), extensions: { code: 'UNAUTHENTICATED' } }])
    }
    expect(server.lines.filter((line) => line.includes('"level":50'))).toEqual([])
  })

  test.each([
    ['depth of lists', nested('and', 300)],
    ['depth of objects', `${'{"not":'.repeat(400)}{}${'}'.repeat(400)}`],
    ['depth of an unknown field', `{"x":${'['.repeat(2000)}${']'.repeat(2000)}}`],
    ['number of values', JSON.stringify({ or: Array(20_000).fill({}) })],
  ])('rejects a filter beyond a limit: %s', async (_name, filter) => {
    const response = await users.viewer.fetch(`/export/tickets.csv?filter=${encodeURIComponent(filter)}`)
    const { errors } = (await response.json()) as { errors: [{ extensions: { code: string } }] }
    expect([response.status, errors[0].extensions.code]).toEqual([400, 'QUERY_TOO_COMPLEX'])
  })

  test('rejects a filter that costs too much with the current number of tickets', async () => {
    await server.database.pool.query('UPDATE projects SET last_number = 200000')
    const { app } = server.withSettings({})
    const filter = JSON.stringify({ or: Array(5).fill({ description: { contains: 'x' } }) })
    const client: Client = Object.assign(Object.create(users.viewer), { app })
    const response = await client.fetch(`/export/tickets.csv?filter=${encodeURIComponent(filter)}`)
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX', limit: 25_000 } }] },
    ])
  })

  test('suggests names in errors of a filter only with open introspection', async () => {
    const production = server.withSettings({ NODE_ENV: 'production' })
    const messageOf = async (app: typeof server.app, filter: string) => {
      const path = `/export/tickets.csv?filter=${encodeURIComponent(filter)}`
      const { errors } = (await (await new Client(app, users.viewer.token).fetch(path)).json()) as {
        errors: [{ message: string }]
      }
      return errors[0].message
    }
    for (const filter of ['{"titel":{"contains":"x"}}', '{"status":{"eq":"OPN"}}', '{"assignee":{"isNul":true}}']) {
      expect(await messageOf(server.app, filter)).toMatch(/did you mean/i)
      expect(await messageOf(production.app, filter)).not.toMatch(/did you mean/i)
    }
    await production.app.dispose()
  })

  test('HEAD checks an export without reading tickets', async () => {
    const project = await newProject()
    await createIssue(users.maintainer, project, 'Any')
    const path = `/export/tickets.csv?project=${project}`
    const { result, sent } = await statementsOf(server, () => users.viewer.fetch(path, { method: 'HEAD' }))
    expect([result.status, result.headers.get('content-type'), await result.text()]).toEqual([
      200,
      'text/csv; charset=utf-8',
      '',
    ])
    expect(sent.filter((sql) => sql.includes('ticket_labels'))).toEqual([])
    expect((await users.viewer.fetch('/export/tickets.csv?project=NOPE', { method: 'HEAD' })).status).toBe(404)
  })
})

describe('concurrent exports', () => {
  let project: string
  beforeAll(async () => {
    project = await newProject()
    await createIssue(users.maintainer, project, 'Any')
  })
  const statusOf = async (client: Client) => {
    const response = await fetchExport(client, project)
    await response.text()
    return response.status
  }

  test('a user can receive two exports at a time', async () => {
    const unread = [
      await fetchExport(users.viewer, project),
      await fetchExport(users.viewer, project, { title: { contains: 'Any' } }, 'jsonl'),
    ]
    const response = await fetchExport(users.viewer, project, {}, 'jsonl')
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '5'])
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'RATE_LIMITED', retryAfter: 5 } }] })
    expect(await statusOf(users.reporter)).toBe(200)
    await unread[0]?.text()
    expect(await statusOf(users.viewer)).toBe(200)
    await unread[1]?.body?.cancel()
    for (let time = 0; time < 3; time++) {
      expect(await statusOf(users.viewer)).toBe(200)
      expect((await fetchExport(users.viewer, 'NOPE')).status).toBe(404)
      const head = await users.viewer.fetch(`/export/tickets.csv?project=${project}`, { method: 'HEAD' })
      expect(head.status).toBe(200)
    }
  })

  test('the server sends eight exports at a time', async () => {
    const unread: Response[] = []
    for (const user of [users.admin, users.maintainer, users.contributor, users.reporter])
      unread.push(await fetchExport(user, project), await fetchExport(user, project))
    expect(await statusOf(users.viewer)).toBe(503)
    for (const response of unread) await response.text()
    expect(await statusOf(users.viewer)).toBe(200)
  })

  test('an export no longer counts when its client disconnects', async () => {
    const description = 'x'.repeat(60_000)
    const rows = Array.from({ length: 220 }, (_, index) => `Ticket ${index},${description}`)
    const largeProject = await newProject()
    await importCsv(users.maintainer, `title,description\n${rows.join('\n')}\n`, {
      projectId: largeProject,
      kind: 'ISSUE',
    })
    await using listener = await listen(server.app)
    const head = headOf(`GET /export/tickets.csv?project=${largeProject}`, users.viewer.token ?? '')
    const sockets = [send(listener.port, head), send(listener.port, head)]
    for (const socket of sockets) await readUntil(socket, /^HTTP\/1.1 200 /)
    expect(await statusOf(users.viewer)).toBe(429)
    for (const socket of sockets) socket.destroy()
    while ((await statusOf(users.viewer)) === 429) await turn()
  })
})
