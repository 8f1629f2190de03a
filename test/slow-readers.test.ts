import type { Socket } from 'node:net'
import { beforeAll, expect, test } from 'vitest'
import { createQuota } from '../src/http/quota.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { importCsv } from './support/imports.ts'
import { createTestUsers, type TestUsers } from './support/people.ts'
import { headOf, listen, readUntil, send } from './support/sockets.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
  const rows = Array.from({ length: 200 }, (_, index) => `Ticket ${index},${'x'.repeat(65_000)}`)
  await importCsv(users.maintainer, `title,description\n${rows.join('\n')}\n`, { projectId: 'CORE', kind: 'ISSUE' })
})

const Small = graphql(`query SlowReaderViewer { viewer { username } }`)
// A result of 13 MB exceeds the buffers of a connection.
const large = JSON.stringify({ query: '{ tickets(first: 200) { nodes { description } } }' })

test('a user who receives no responses gets no more large ones until they end', async () => {
  await using listener = await listen(server.app)
  const request = (token: string | null, body: string) =>
    send(
      listener.port,
      headOf('POST /graphql', token, 'content-type: application/json', `content-length: ${body.length}`) + body,
    )
  const statusLineOf = async (socket: Socket) => (await readUntil(socket, /\r\n/)).split('\r\n')[0]
  const unread = [0, 1, 2].map(() => request(users.viewer.token, large))
  for (const socket of unread) expect(await statusLineOf(socket)).toBe('HTTP/1.1 200 OK')

  const refused = await readUntil(request(users.viewer.token, large), /\}$/)
  expect(refused).toMatch(/^HTTP\/1.1 429 .*"code":"RATE_LIMITED","retryAfter":5/s)
  expect(await users.viewer.ask(Small)).toEqual({ viewer: { username: 'viewer' } })
  const other = request(users.reporter.token, large)
  expect(await statusLineOf(other)).toBe('HTTP/1.1 200 OK')
  other.destroy()

  for (const socket of unread) socket.destroy()
  for (let line: string | undefined; line !== 'HTTP/1.1 200 OK'; ) {
    const socket = request(users.viewer.token, large)
    line = await statusLineOf(socket)
    socket.destroy()
  }
})

test('a user can leave only 20 MB of bodies incomplete', async () => {
  await using listener = await listen(server.app)
  const body = large.padEnd(999_999)
  const startRequest = (token: string | null) =>
    send(
      listener.port,
      headOf('POST /graphql', token, 'content-type: application/json', 'content-length: 1000000') + body,
    )
  const sockets = Array.from({ length: 21 }, () => startRequest(users.viewer.token))
  const refusal = await Promise.race(sockets.map((socket) => readUntil(socket, /\}$/)))
  expect(refusal).toMatch(/^HTTP\/1.1 429 .*"code":"RATE_LIMITED","retryAfter":5/s)
  expect(await users.viewer.ask(Small)).toEqual({ viewer: { username: 'viewer' } })
  const other = startRequest(users.reporter.token)
  other.write(' ')
  expect(await readUntil(other, /\r\n/)).toMatch(/^HTTP\/1.1 200/)
  for (const socket of [...sockets, other]) socket.destroy()
})

test('a quota counts amounts per owner and in total until they are released', () => {
  const quota = createQuota({ maxPerOwner: 40, maxTotal: 100, ownerMessage: 'Owner.', totalMessage: 'Total.' })
  const rateLimited = expect.objectContaining({ extensions: expect.objectContaining({ code: 'RATE_LIMITED' }) })
  const unavailable = expect.objectContaining({ extensions: expect.objectContaining({ code: 'UNAVAILABLE' }) })
  const release = quota('ada', 30)
  expect(() => quota('ada', 11)).toThrow(rateLimited)
  quota('ada', 10)
  release()
  release()
  quota('ada', 30)
  expect(() => quota('ada')).toThrow(rateLimited)
  // Allowed alone, although it exceeds the limit by itself.
  const releaseLarge = quota('grace', 60)
  expect(() => quota('alan', 1)).toThrow(unavailable)
  releaseLarge()
  quota('alan', 1)
})
