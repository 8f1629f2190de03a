import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { limitDuration } from '../src/http/slow-clients.ts'
import { type Server, startServer } from '../src/server.ts'
import { temporaryDirectory } from './drill/server-process.ts'
import { useServer } from './support/app.ts'
import { copyEmbedded } from './support/databases.ts'
import { createProject, signUp, type TestUser } from './support/people.ts'
import { headOf, readUntil, send } from './support/sockets.ts'

const server = useServer()
let ada: TestUser
beforeAll(async () => {
  ada = await signUp(server, 'ada')
  await createProject(ada, 'CORE')
})

const change = 'mutation { createProject(input: { key: "FORGED", name: "Forged" }) { project { id } } }'
const isProjectForged = async () => (await server.database.prisma.project.count({ where: { key: 'FORGED' } })) > 0

describe('cross-origin requests without preflight', () => {
  test.each<[string, string, string]>([
    ['a form', 'application/x-www-form-urlencoded', `query=${encodeURIComponent(change)}`],
    ['plain text', 'text/plain', JSON.stringify({ query: change })],
    ['plain text with "json" in its type', 'text/plain; application/json', JSON.stringify({ query: change })],
    ['no content type', '', JSON.stringify({ query: change })],
    [
      'a form with files',
      'multipart/form-data; boundary=x',
      `--x\r\ncontent-disposition: form-data; name="query"\r\n\r\n${change}\r\n--x--\r\n`,
    ],
    ['application/graphql', 'application/graphql', change],
  ])('rejects a cross-origin body: %s', async (_description, type, body) => {
    const response = await ada.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': type },
      body: Buffer.from(body),
    })
    expect([400, 415]).toContain(response.status)
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
    expect(await isProjectForged()).toBe(false)
  })

  test('rejects a form with files from an anonymous client', async () => {
    const body = new FormData()
    body.set('operations', JSON.stringify({ query: change }))
    body.set('map', '{}')
    const response = await server.anonymous.fetch('/graphql', { method: 'POST', body })
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
    expect(await isProjectForged()).toBe(false)
  })

  test('rejects a mutation by GET', async () => {
    const response = await ada.fetch(`/graphql?query=${encodeURIComponent(change)}`)
    expect(response.status).toBe(405)
    expect(await isProjectForged()).toBe(false)
  })

  test('exposes responses only to pages of allowed origins', async () => {
    const origin = 'https://app.example'
    const strict = server.withSettings({ SNAGLIST_CORS_ORIGINS: origin })
    for (const [requestOrigin, allowed] of [
      [origin, origin],
      ['https://app.example.evil', null],
      ['http://app.example', null],
      ['null', null],
    ] as const) {
      const headers = { origin: requestOrigin, 'access-control-request-method': 'POST' }
      const preflight = await strict.app.fetch('http://localhost/graphql', { method: 'OPTIONS', headers })
      expect(preflight.headers.get('access-control-allow-origin')).toBe(allowed)
      expect(preflight.headers.get('access-control-allow-credentials')).not.toBe('true')
    }
    await strict.app.dispose()
  })
})

test('rejects compressed bodies', async () => {
  const body = gzipSync(Buffer.alloc(50_000_000, ' '))
  for (const encoding of ['gzip', 'br', 'deflate']) {
    const headers = { 'content-type': 'application/json', 'content-encoding': encoding }
    const response = await ada.fetch('/graphql', { method: 'POST', headers, body })
    expect(response.status).toBe(415)
  }
})

describe('response security headers', () => {
  test.each(['/', '/graphql'])('restricts scripts and framing of a page: %s', async (path) => {
    const response = await server.anonymous.fetch(path, { headers: { accept: 'text/html' } })
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    expect(await response.text()).not.toMatch(/<script(?![^>]* src=)|<style|javascript:| (on\w+|style)=/i)
  })

  test('disables content sniffing of results', async () => {
    for (const headers of [{}, { origin: 'http://localhost' }])
      expect((await ada.post({ query: '{ __typename }' }, headers)).headers.get('x-content-type-options')).toBe(
        'nosniff',
      )
  })
})

describe('slow clients', () => {
  const timeouts = {
    requestHead: 200,
    requestBody: 200,
    upload: 400,
    response: 200,
    download: { milliseconds: 60_000, bytesPerMillisecond: 100 },
    unreadBody: 300,
    checkInterval: 50,
  }
  const lines: string[] = []
  let directory: ReturnType<typeof temporaryDirectory>
  let startedServer: Server
  beforeAll(async () => {
    directory = temporaryDirectory()
    copyEmbedded(directory.path, inject('template'))
    const config = readConfig({ NODE_ENV: 'test', PORT: '0', SNAGLIST_DATA: directory.path })
    const log = pino({}, { write: (line: string) => lines.push(line) })
    startedServer = await startServer(config, log, { timeouts })
  })
  afterAll(async () => {
    await startedServer[Symbol.asyncDispose]()
    directory[Symbol.dispose]()
  })
  // Kept alive, its connection would end during another test, which counts them.
  const health = async () => (await fetch(`${startedServer.url}/health`, { headers: { connection: 'close' } })).status
  /** Sends the start of a request, and waits until the server closes the connection. */
  async function expectClosed({ url }: Server, text: string) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(text)
    socket.resume()
    await once(socket, 'close')
  }

  test('closes the connection of a client that sends a request slowly', async () => {
    const head = 'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n'
    await expectClosed(startedServer, 'POST /graphql HTTP/1.1\r\nhost:')
    await expectClosed(startedServer, `${head}content-length: 100\r\n\r\n{"query":`)
    await expectClosed(startedServer, `${head}transfer-encoding: chunked\r\n\r\n5\r\n{"que\r\n`)
    expect(await health()).toBe(200)
    expectOnlyClosedRequests()
  })

  test('logs a client that disconnects within a body as CLIENT_CLOSED_REQUEST', async () => {
    const socket = connect(Number(new URL(startedServer.url).port), '127.0.0.1')
    const lineCount = lines.length
    socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n')
    socket.write('transfer-encoding: chunked\r\n\r\n5\r\n{"que\r\n')
    await once(socket, 'readable')
    socket.resetAndDestroy()
    while (lines.length === lineCount) await turn()
    expectOnlyClosedRequests()
  })

  function expectOnlyClosedRequests() {
    const details = lines.map((line) => JSON.parse(line)).filter(({ path }) => path === '/graphql')
    expect(details.map(({ level, codes }) => [level, codes])).toEqual(
      details.map(() => [30, ['CLIENT_CLOSED_REQUEST']]),
    )
    expect(details.length).toBeGreaterThan(0)
  }

  const portOf = ({ url }: Server) => Number(new URL(url).port)

  const multipart = 'content-type: multipart/form-data; boundary=x'
  const json = 'content-type: application/json'
  test.each([
    ['an anonymous upload', headOf('POST /graphql', null, multipart, 'content-length: 1000000'), 200],
    [
      'an anonymous upload in chunks',
      `${headOf('POST /graphql', null, multipart, 'transfer-encoding: chunked')}1\r\n`,
      200,
    ],
    ['an upload with an invalid token', headOf('POST /graphql', 'snag_none', multipart, 'content-length: 1000'), 401],
    ['a JSON body that is too large', headOf('POST /graphql', null, json, 'content-length: 2000000'), 413],
    ['a body of an unsupported type', headOf('POST /graphql', null, 'content-length: 1000'), 415],
    ['a request of another method', headOf('POST /health', null, 'content-length: 1000'), 405],
    ['a query with a body', headOf('GET /graphql', null, 'content-length: 1000'), 400],
    ['a page with a body', headOf('GET /health', null, 'transfer-encoding: chunked'), 200],
    ['an unknown path', headOf('POST /nowhere', null, multipart, 'content-length: 1000'), 404],
    ['a malformed request', headOf('POST /%ff', null, 'content-length: 1000'), 400],
  ] as const)('responds without the body, then closes the connection: %s', async (_name, head, status) => {
    const socket = send(portOf(startedServer), head)
    const response = await readUntil(socket, /\r\n\r\n/)
    expect(response).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(response).toMatch(/^connection: close\r$/im)
    // The rest of a body prolongs nothing.
    const trickle = setInterval(() => socket.write('0'), 10)
    socket.resume()
    // `once` would reject for the error of a write to the closed connection.
    await new Promise((resolve) => socket.once('close', resolve))
    clearInterval(trickle)
  })

  test.each([
    ['JSON', json, 200_000],
    ['an upload', multipart, 3_000_000],
  ])('a client that sends everything before it reads receives the response: %s', async (_name, type, bytes) => {
    const socket = send(portOf(startedServer), headOf('POST /graphql', null, type, `content-length: ${bytes}`))
    await new Promise((resolve) => socket.write(Buffer.alloc(bytes, ' '), resolve))
    expect(await readUntil(socket, /\}$/)).toMatch(/"code":"(PAYLOAD_TOO_LARGE|UNAUTHENTICATED)"/)
    socket.destroy()
  })

  test('keeps the connection of a request whose body was received', async () => {
    const body = '{"query":"{ __typename }"}'
    const request = `${headOf('POST /graphql', null, json, `content-length: ${body.length}`)}${body}`
    const socket = send(portOf(startedServer), request)
    expect(await readUntil(socket, /\}$/)).toMatch(/^connection: keep-alive\r$/im)
    socket.write(request)
    expect(await readUntil(socket, /\}$/)).toMatch(/^HTTP\/1.1 200 /)
    socket.destroy()
  })

  test('asks for a body only if it reads it', async () => {
    const expectation = 'expect: 100-continue'
    const first = async (...headers: string[]) => {
      const socket = send(portOf(startedServer), headOf('POST /graphql', null, expectation, ...headers))
      const [line] = (await readUntil(socket, /\r\n/)).split('\r\n')
      socket.destroy()
      return line
    }
    expect(await first(json, 'content-length: 1000')).toBe('HTTP/1.1 100 Continue')
    expect(await first(json, 'content-length: 2000000')).toBe('HTTP/1.1 413 Payload Too Large')
    expect(await first(multipart, 'content-length: 1000')).toBe('HTTP/1.1 200 OK')
    expect(await first('content-type: text/plain', 'content-length: 1000')).toBe('HTTP/1.1 415 Unsupported Media Type')
  })

  test('limits the duration of a response by its size', async () => {
    const respond = async (bytesPerMillisecond: number) => {
      const http = createServer((request, response) => {
        limitDuration(request, response, { milliseconds: 50, bytesPerMillisecond })
        // As much progress as the client makes.
        let chunks = 0
        const add = () => void (++chunks > 1000 ? response.end() : response.write('x', () => setTimeout(add, 1)))
        add()
      })
      await once(http.listen(0, '127.0.0.1'), 'listening')
      const { port } = http.address() as AddressInfo
      return fetch(`http://127.0.0.1:${port}`)
        .then((response) => response.text())
        .finally(() => http.close())
    }
    await expect(respond(1000)).rejects.toThrow()
    expect(await respond(0.001)).toHaveLength(1000)
  })

  test('closes the connection of a client that receives a response slowly', async () => {
    const client = connect(portOf(startedServer), '127.0.0.1')
    client.on('error', () => {})
    const requestStart = channel('http.server.request.start')
    const { promise, resolve } = Promise.withResolvers<Socket>()
    const onRequest = (message: unknown) => {
      const { socket } = message as { readonly socket: Socket }
      if (socket.remotePort === client.localPort) resolve(socket)
    }
    requestStart.subscribe(onRequest)
    // Requests GraphiQL's script repeatedly, to exceed all buffers.
    client.write(headOf(`GET ${await findScript()}`, null).repeat(20))
    const connection = await promise
    requestStart.unsubscribe(onRequest)
    // `once` would reject for an error of the connection.
    await new Promise((resolveClose) => connection.once('close', resolveClose))
    expect(connection.bytesRead).toBeGreaterThan(0)
    expect(connection.bytesWritten).toBeLessThan(20 * minScriptBytes)
    client.destroy()
    expect(await health()).toBe(200)
  })

  const minScriptBytes = 1_000_000
  async function findScript(): Promise<string> {
    const page = await server.anonymous.fetch('/graphql', { headers: { accept: 'text/html' } })
    const [path = ''] = /\/assets\/\S+\/graphiql-bundle\.js/.exec(await page.text()) ?? []
    expect((await (await server.anonymous.fetch(path)).arrayBuffer()).byteLength).toBeGreaterThan(minScriptBytes)
    return path
  }
})
