import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useServer } from './support/app.ts'
import { createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const fromPage = { origin: 'http://localhost' }
const viewer = '{ viewer { username } }'

describe('HTTP connection', () => {
  let http: Server
  let port: number

  beforeAll(async () => {
    http = createServer(server.app.handle).listen(0, '127.0.0.1')
    await once(http, 'listening')
    port = (http.address() as AddressInfo).port
  })
  afterAll(async () => {
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })

  /** Without a Content-Length header, sends a chunked body. */
  async function post(pieces: readonly Buffer[], headers: Readonly<Record<string, string | number>>) {
    const clientRequest = request({
      port,
      host: '127.0.0.1',
      path: '/graphql',
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${users.viewer.token}`, ...headers },
    })
    const responsePromise = once(clientRequest, 'response')
    for (const piece of pieces) clientRequest.write(piece)
    clientRequest.end()
    const [response] = await responsePromise
    let text = ''
    for await (const chunk of response) text += chunk
    const { statusCode, headers: responseHeaders } = response
    expect(responseHeaders['x-request-id']).toBeTruthy()
    return { status: statusCode, type: responseHeaders['content-type'], response: JSON.parse(text) }
  }

  const limit = 1_000_000
  const query = { query: '{ viewer { username } tickets(filter: { title: { eq: "ünïcode ☂" } }) { totalCount } }' }
  const bodies: [string, Buffer][] = [
    ['a valid query', Buffer.from(JSON.stringify(query))],
    ['an invalid query', Buffer.from(JSON.stringify({ query: '{ nothing }' }))],
    ['invalid JSON', Buffer.from('words')],
    ['a body of maximum size', Buffer.from(JSON.stringify({ query: viewer }).padEnd(limit))],
    ['a body above the maximum size', Buffer.from(JSON.stringify({ query: viewer }).padEnd(limit + 1))],
  ]

  test.each(bodies)(
    'returns the same response to a body with a length, in chunks and from a page: %s',
    async (_name, body) => {
      const middle = body.indexOf('ï') + 1 || body.length / 2
      const pieces = [body.subarray(0, middle), body.subarray(middle)]
      const sized = { 'content-length': body.length }
      const expected = await post(pieces, { ...fromPage, ...sized })
      expect(await post(pieces, sized)).toEqual(expected)
      expect(await post(pieces, { 'transfer-encoding': 'chunked' })).toEqual(expected)
      expect(await post(pieces, { ...fromPage, 'transfer-encoding': 'chunked' })).toEqual(expected)
    },
  )

  test('responds to other clients after a client disconnects within its body', async () => {
    for (const more of ['', 'origin: http://localhost\r\n']) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      const requestEvent = once(http, 'request')
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: x\r\n${more}content-type: application/json\r\ncontent-length: 500\r\n\r\n{"query":`,
      )
      const [aborted] = await requestEvent
      const closed = once(aborted, 'close')
      socket.destroy()
      await closed.catch(() => {})
      const body = Buffer.from(JSON.stringify({ query: viewer }))
      const { response } = await post([body], { 'content-length': body.length })
      expect(response).toMatchObject({ data: { viewer: { username: 'viewer' } } })
    }
  })

  test.each([
    ['/graphql', 200],
    ['/graphql/', 200],
    ['/./graphql', 200],
    ['/x/../graphql', 200],
    ['/graphql#x', 200],
    ['http://other.example/graphql', 200],
    ['//graphql', 404],
    ['/x/graphql', 404],
    ['/GRAPHQL', 404],
    ['/graphql/x', 404],
    ['*', 400],
  ])('responds to the request target %s with %i, and applies the document limits', async (path, status) => {
    const send = async (method: string, body: string, headers = {}) => {
      const sent = request({
        port,
        host: '127.0.0.1',
        path,
        method,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${users.viewer.token}`, ...headers },
      }).end(body)
      const [response] = await once(sent, 'response')
      let text = ''
      for await (const chunk of response) text += chunk
      return { status: response.statusCode, text }
    }
    const response = await send('POST', JSON.stringify({ query: viewer }))
    expect(response.status).toBe(status)
    if (status === 200) expect(response.text).toContain('"username":"viewer"')
    else if (status === 400) expect(response.text).toContain('BAD_REQUEST')
    else expect(response.text).toBe('Not found\n')
    const long = await send('POST', JSON.stringify({ query: `{ ${'a '.repeat(8000)} }` }))
    expect([400, 404]).toContain(long.status)
    if (status === 200) expect(long.text).toContain('QUERY_TOO_COMPLEX')
    const page = await send('GET', '', { accept: 'text/html' })
    expect(page.text.includes('<title>GraphiQL – Snaglist')).toBe(status === 200)
  })

  test('logs a request whose client disconnects before its body is read', async () => {
    const { pool } = server.database
    const slow = server.withSettings({ SNAGLIST_RATE_STORE: 'database', SNAGLIST_RATE_REQUESTS: '100' })
    const other = createServer(slow.app.handle).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const queryStarted = Promise.withResolvers<void>()
    const queryAllowed = Promise.withResolvers<void>()
    const send = pool.query
    pool.query = ((...args: unknown[]) => {
      queryStarted.resolve()
      return queryAllowed.promise.then(() => Reflect.apply(send, pool, args))
    }) as typeof send
    const socket = connect((other.address() as AddressInfo).port, '127.0.0.1')
    const requestEvent = once(other, 'request')
    const body = JSON.stringify({ query: viewer })
    socket.write(
      `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    )
    const [incoming] = await requestEvent
    await queryStarted.promise
    const closed = once(incoming, 'close')
    socket.resetAndDestroy()
    await closed.catch(() => {})
    pool.query = send
    queryAllowed.resolve()
    const completed = () => slow.lines.map((line) => JSON.parse(line)).find(({ path }) => path === '/graphql')
    while (!completed()) await turn()
    expect(completed()).toMatchObject({ status: 499, codes: ['CLIENT_CLOSED_REQUEST'] })
    await slow.app.dispose()
    await new Promise((resolve) => other.close(resolve))
  })

  test('responds to two requests on one connection in order', async () => {
    const one = JSON.stringify({ query: '{ a: __typename }' })
    const other = JSON.stringify({ query: '{ b: __typename }' })
    const head = (body: string, more = '') =>
      `POST /graphql HTTP/1.1\r\nhost: x\r\n${more}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    const socket = connect(port, '127.0.0.1')
    socket.write(head(one) + head(other, 'connection: close\r\n'))
    let text = ''
    for await (const chunk of socket) text += chunk
    expect([...text.matchAll(/^\{"data":(.*?\})/gm)].map(([, data]) => data)).toEqual([
      '{"a":"Query"}',
      '{"b":"Query"}',
    ])
  })
})
