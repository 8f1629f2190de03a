import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { useServer } from './support/app.ts'
import { createProject, signUp, type TestUser } from './support/people.ts'

const server = useServer({ NODE_ENV: 'production', SNAGLIST_METRICS_TOKEN: 'token-of-prometheus' })
const http = createServer((request, response) => void server.app.handle(request, response))
let ada: TestUser
beforeAll(async () => {
  await once(http.listen(0, '127.0.0.1'), 'listening')
  ada = await signUp(server, 'ada')
  await createProject(ada, 'CORE')
})
afterAll(() => {
  http.closeAllConnections()
  http.close()
})

interface RawResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends the bytes of a request, each argument in a packet of its own. */
async function send(...packets: readonly (string | Buffer)[]): Promise<RawResponse> {
  const socket = connect({ port: (http.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true })
  for (const packet of packets) await new Promise((resolve) => socket.write(packet, resolve))
  const [head = '', ...body] = (await text(socket)).split('\r\n\r\n')
  const [statusLine = '', ...fields] = head.split('\r\n')
  const headers = Object.fromEntries(
    fields.map((field) => [field.split(': ')[0]?.toLowerCase(), field.replace(/^.*?: /, '')]),
  )
  return { status: Number(statusLine.split(' ')[1]), headers, body: body.join('\r\n\r\n') }
}

const head = (line: string, ...fields: readonly string[]) =>
  `${[`${line} HTTP/1.1`, 'Connection: close', ...fields].join('\r\n')}\r\n\r\n`
const get = (target: string, ...fields: readonly string[]) => send(head(`GET ${target}`, 'Host: x', ...fields))
const authorization = () => `Authorization: Bearer ${ada.token}`
const expectBadRequest = ({ status, body }: RawResponse, message: RegExp) => {
  expect([status, JSON.parse(body)]).toEqual([
    400,
    { errors: [{ message: expect.stringMatching(message), extensions: { code: 'BAD_REQUEST' } }] },
  ])
}

describe('request targets', () => {
  test('accepts a target in absolute form, which overrides the Host header', async () => {
    const query = encodeURIComponent('{ viewer { username } }')
    for (const origin of ['http://other.example', 'HTTPS://OTHER:8443', 'http://[::1]:80']) {
      expect((await get(`${origin}/health`)).status).toBe(200)
      expect((await get(`${origin}/nothing`)).status).toBe(404)
      const { status, body } = await get(`${origin}/graphql?query=${query}`, authorization())
      expect([status, JSON.parse(body).data]).toEqual([200, { viewer: { username: 'ada' } }])
    }
    expect((await get('http://other.example')).body).toContain('<title>Snaglist</title>')
  })

  test('accepts OPTIONS for the whole server', async () => {
    expect((await send(head('OPTIONS *', 'Host: x'))).status).toBe(204)
  })

  test.each([
    'ftp://other/health',
    'http:///health',
    'http://user:password@other/health',
    'http://other:99999/health',
    '*',
    '/%zz',
    '/health?50%',
    '/graphql?query=%ff',
    '/export/tickets.csv?project=%c3%28',
  ])('rejects a malformed target: %s', async (target) => {
    expectBadRequest(await get(target, authorization()), /^The request target is malformed/)
  })

  test('logs a malformed request without its query string', async () => {
    const { headers } = await get('/graphql?query=secret%ff', authorization(), 'X-Request-Id: malformed')
    expect(headers['x-request-id']).toBe('malformed')
    const lines = server.lines.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === 'malformed')
    expect(lines).toMatchObject([
      { level: 30, msg: 'request', method: 'GET', path: '/graphql', status: 400, codes: ['BAD_REQUEST'] },
    ])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  test.each([
    'query={__typename}&query={viewer{id}}',
    'query={__typename}&variables={}&variables={}',
    'operationName=A&query={__typename}&operationName=',
  ])('rejects a repeated parameter of a query string: %s', async (search) => {
    expectBadRequest(await get(`/graphql?${search}`, authorization()), /^The parameter "\w+" must not be repeated/)
  })

  test('serves health checks only at their own paths', async () => {
    for (const path of ['/health', '/ready', '/health?x=/y', '/ready?'])
      expect((await get(path)).status, path).toBe(200)
    for (const path of ['/x/health', '/x/ready', '/health/', '/ready/', '/x?/health', '/Health'])
      expect((await get(path)).status, path).toBe(404)
    expect((await get('/schema.graphql?/health')).status).toBe(401)
  })
})

describe('ambiguous headers', () => {
  test.each(['', 'a/b', 'x/metrics?', 'user@x', 'x#y', 'x:1:2', 'x:99999', '[::1', '"<>'])(
    'rejects a malformed Host header: %j',
    async (host) => expectBadRequest(await send(head('GET /health', `Host: ${host}`)), /^The Host header is malformed/),
  )

  test.each([
    ['Authorization', 'Bearer snag_first', 'Bearer snag_second'],
    ['authorization', 'Basic YTpi', 'Bearer snag_second'],
    ['Host', 'x', 'y'],
    ['Content-Type', 'application/json', 'text/plain'],
    ['Idempotency-Key', 'a', 'b'],
  ])('rejects a repeated header: %s', async (name, first, second) => {
    for (const target of ['/graphql', '/export/tickets.csv', '/schema.graphql', '/metrics', '/health']) {
      const host = name === 'Host' ? [] : ['Host: x']
      const response = await send(head(`GET ${target}`, ...host, `${name}: ${first}`, `${name}: ${second}`))
      expectBadRequest(response, /has several headers/)
    }
  })
})

describe('methods', () => {
  test('serves HEAD like GET, without a body', async () => {
    for (const path of ['/', '/health', '/ready', '/schema.graphql', '/export/tickets.csv', '/export/tickets.jsonl']) {
      const { status, body, headers } = await send(head(`HEAD ${path}`, 'Host: x', authorization()))
      const expected = await get(path, authorization())
      expect([path, status, body]).toEqual([path, expected.status, ''])
      expect(headers['content-type']).toBe(expected.headers['content-type'])
    }
    expect((await send(head('HEAD /export/tickets.csv', 'Host: x'))).status).toBe(401)
    expect((await send(head('HEAD /metrics', 'Host: x'))).status).toBe(401)
    expect((await send(head('HEAD /nothing', 'Host: x'))).status).toBe(404)
  })

  test('rejects other methods with the allowed ones', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'TRACE'])
      for (const path of ['/', '/health', '/ready', '/metrics', '/schema.graphql', '/export/tickets.csv']) {
        const { status, headers } = await send(head(`${method} ${path}`, 'Host: x', authorization()))
        expect([method, path, status, headers['allow']]).toEqual([method, path, 405, 'GET, HEAD'])
      }
  })
})

describe('WWW-Authenticate', () => {
  test.each(['/graphql?query={__typename}', '/schema.graphql', '/export/tickets.csv', '/metrics'])(
    'names the scheme of a missing or invalid token: %s',
    async (path) => {
      const missing = await get(path)
      if (!path.startsWith('/graphql'))
        expect([missing.status, missing.headers['www-authenticate']]).toEqual([401, 'Bearer realm="Snaglist"'])
      for (const invalid of ['Bearer snag_unknown', 'Bearer', 'Basic YTpi', 'Bearer a b'])
        expect((await get(path, `Authorization: ${invalid}`)).headers['www-authenticate'], invalid).toBe(
          'Bearer realm="Snaglist", error="invalid_token"',
        )
    },
  )

  test('names the scheme for POST only with an invalid token', async () => {
    const { status, headers } = await ada.post({ query: '{ viewer { id } }' }, { accept: '*/*' })
    expect([status, headers.get('www-authenticate')]).toEqual([200, null])
    const rejected = await server.anonymous.post({ query: '{ viewer { id } }' }, { authorization: 'Bearer snag_x' })
    expect([rejected.status, rejected.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="Snaglist", error="invalid_token"',
    ])
  })
})

describe('encoding of bodies', () => {
  const create = (title: Buffer) =>
    Buffer.concat([
      Buffer.from('{"query":"mutation($i:CreateIssueInput!){createIssue(input:$i){issue{title}}}",'),
      Buffer.from('"variables":{"i":{"projectId":"CORE","title":"'),
      title,
      Buffer.from('"}}}'),
    ])
  const post = (body: Buffer, packets: readonly Buffer[] = [body], type = 'application/json') =>
    send(
      head('POST /graphql', 'Host: x', authorization(), `Content-Type: ${type}`, `Content-Length: ${body.length}`),
      ...packets,
    )
  const issueCount = () => server.database.prisma.ticket.count()

  test.each([
    ['a byte that never occurs', [0x78, 0xff]],
    ['a truncated character', [0xc3, 0x28]],
    ['a character of five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an encoded surrogate', [0xed, 0xa0, 0x80]],
    ['Latin-1', [...Buffer.from('Gerät', 'latin1')]],
  ])('rejects a body that is not UTF-8: %s', async (_name, bytes) => {
    const before = await issueCount()
    expectBadRequest(await post(create(Buffer.from(bytes))), /not valid UTF-8/)
    expect(await issueCount()).toBe(before)
  })

  test('accepts a byte order mark before a body, and only one', async () => {
    const before = await issueCount()
    const withMark = (body: Buffer) => Buffer.concat([Buffer.from('\ufeff'), body])
    const body = create(Buffer.from('Gerät'))
    expect(await post(withMark(body))).toMatchObject({ status: 200 })
    expect(await issueCount()).toBe(before + 1)
    const response = await post(withMark(withMark(body)))
    expectBadRequest(response, /invalid JSON/)
    expect(response.body).not.toContain('Ger')
  })

  test('accepts a character that is split between packets', async () => {
    const body = create(Buffer.from('Gerät 🐛'))
    const packets = [...body].map((_byte, index) => body.subarray(index, index + 1))
    const { status, body: result } = await post(body, packets)
    expect([status, JSON.parse(result).data]).toEqual([200, { createIssue: { issue: { title: 'Gerät 🐛' } } }])
  })

  test.each([
    ['in a field', Buffer.from('M\xe4ngel', 'latin1'), Buffer.from('a.csv')],
    ['in a file name', Buffer.from('x'), Buffer.from('M\xe4ngel.csv', 'latin1')],
  ])('rejects invalid UTF-8 of a multipart request: %s', async (_part, value, fileName) => {
    const body = Buffer.concat([
      Buffer.from('--B\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{"query":"{ __typename }","x":"'),
      value,
      Buffer.from(
        '","variables":{"f":null}}\r\n--B\r\ncontent-disposition: form-data; name="map"\r\n\r\n{"0":["variables.f"]}\r\n',
      ),
      Buffer.from('--B\r\ncontent-disposition: form-data; name="0"; filename="'),
      fileName,
      Buffer.from('"\r\ncontent-type: text/csv\r\n\r\ntitle\n\r\n--B--\r\n'),
    ])
    expectBadRequest(await post(body, [body], 'Multipart/Form-Data ; boundary=B'), /not valid UTF-8/)
  })
})
