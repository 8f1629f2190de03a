import { once } from 'node:events'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openForm } from '../src/http/multipart.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { canMount, disk, mount, unmount } from './support/disk.ts'
import { type ImportOptions, importCsv, sendFile } from './support/imports.ts'
import { createTestUsers, type TestUser, type TestUsers } from './support/people.ts'
import { headOf, listen, readUntil, send } from './support/sockets.ts'

const server = useServer()
let users: TestUsers
let readToken: string
let port: number
let listener: Awaited<ReturnType<typeof listen>>
beforeAll(async () => {
  users = await createTestUsers(server)
  readToken = (await users.maintainer.ask(CreateReadToken)).createAccessToken.secret
  listener = await listen(server.app)
  port = listener.port
})
afterAll(() => listener[Symbol.asyncDispose]())

const CreateReadToken = graphql(`
  mutation UploadsToken { createAccessToken(input: { name: "reader", scope: READ }) { secret } }
`)

const importTickets = 'importTickets(input: $input) { import { id } }'
const importMutation = `mutation ($input: ImportTicketsInput!) { ${importTickets} }`
const input = { projectId: 'CORE', kind: 'ISSUE', file: null }
const part = (name: string, body: string) => `--B\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${body}\r\n`
const filePart = '--B\r\ncontent-disposition: form-data; name="0"; filename="a.csv"\r\n\r\ntitle\n'
/** A form that ends within its file. */
const formOf = (query = importMutation, variables: object = { input }, path = 'variables.input.file') =>
  part('operations', JSON.stringify({ query, variables })) + part('map', JSON.stringify({ 0: [path] })) + filePart

const multipart = 'content-type: multipart/form-data; boundary=B'
const large = 'content-length: 900000000'
/** Sends a part of an upload, and waits for the response. */
async function upload(token: string | null, body: string, ...headers: string[]): Promise<Response> {
  const socket = send(port, headOf('POST /graphql', token, multipart, large, ...headers) + body)
  const text = await readUntil(socket, /\r\n\r\n.*\}$/s)
  socket.destroy()
  const [head = '', json = ''] = text.split('\r\n\r\n')
  const status = Number(head.split(' ')[1])
  const retryAfter = /^retry-after: (\d+)/im.exec(head)?.[1]
  return { status, retryAfter: retryAfter ? Number(retryAfter) : null, ...JSON.parse(json) }
}

interface Response {
  readonly status: number
  readonly retryAfter: number | null
  readonly data?: null
  readonly errors: readonly [
    { readonly message: string; readonly path?: readonly string[]; readonly extensions: { readonly code: string } },
  ]
}

describe('an upload is rejected before its file is received', () => {
  test('rejects an upload with a token of scope READ before any part, with the words of a mutation', async () => {
    const response = await upload(readToken, '')
    const { errors } = await Object.assign(Object.create(users.maintainer), { token: readToken }).post({
      query: 'mutation { createProject(input: { key: "NO", name: "No" }) { project { id } } }',
    })
    expect(response.errors[0]).toMatchObject({ message: errors[0].message, extensions: { code: 'FORBIDDEN' } })
    const query = await upload(readToken, formOf('{ viewer { id } }', { file: null }, 'variables.file'))
    expect(query.errors[0]?.extensions.code).toBe('FORBIDDEN')
  })

  test('rejects an upload without a token before any part', async () => {
    expect((await upload(null, '')).errors[0].extensions.code).toBe('UNAUTHENTICATED')
  })

  test.each<[string, keyof TestUsers & ('viewer' | 'reporter' | 'outsider'), string, string]>([
    ['a VIEWER', 'viewer', 'FORBIDDEN', 'Importing tickets requires CONTRIBUTOR in CORE; your role is VIEWER.'],
    ['a REPORTER', 'reporter', 'FORBIDDEN', 'Importing tickets requires CONTRIBUTOR in CORE; your role is REPORTER.'],
    ['an outsider', 'outsider', 'NOT_FOUND', 'Project "CORE" was not found, or you cannot see it.'],
  ])('rejects an upload before its file is received: for %s', async (_name, user, code, message) => {
    const { token } = users[user]
    const expected = { data: null, errors: [{ message, path: ['importTickets'], extensions: { code } }] }
    expect(await upload(token, formOf())).toMatchObject({ status: 200, ...expected })
    expect(await upload(token, formOf(), 'idempotency-key: a')).toMatchObject(expected)
  })

  test.each([
    ['an alias', `mutation ($input: ImportTicketsInput!) { other: ${importTickets} }`, 'other'],
    [
      'a fragment',
      `mutation ($input: ImportTicketsInput!) { ...F } fragment F on Mutation { ${importTickets} }`,
      'importTickets',
    ],
    [
      'a preceding mutation',
      `mutation ($input: ImportTicketsInput!) { createProject(input: { key: "NEW", name: "New" }) { project { id } } ${importTickets} }`,
      'importTickets',
    ],
    [
      'a variable for the file only',
      `mutation ($file: Upload!) { importTickets(input: { projectId: "CORE", kind: ISSUE, file: $file }) { import { id } } }`,
      'importTickets',
    ],
  ])('rejects an upload before its file is received, if the mutation is selected by %s', async (_name, query, path) => {
    const variables = query.includes('$file') ? { file: null } : { input }
    const filePath = query.includes('$file') ? 'variables.file' : 'variables.input.file'
    expect((await upload(users.viewer.token, formOf(query, variables, filePath))).errors).toMatchObject([
      { path: [path], extensions: { code: 'FORBIDDEN' } },
    ])
  })

  test('rejects an upload of a CONTRIBUTOR that creates labels before its file is received', async () => {
    const body = formOf(importMutation, { input: { ...input, createLabels: true } })
    expect((await upload(users.contributor.token, body)).errors[0].message).toMatch(
      /^Creating labels requires MAINTAINER/,
    )
  })

  test.each<[string, string, string]>([
    ['an invalid field', formOf(importMutation, { input: { ...input, dateFormat: 'x' } }), 'BAD_USER_INPUT'],
    ['a variable of another type', formOf(importMutation, { input: { ...input, kind: 'BUG' } }), 'BAD_USER_INPUT'],
    ['an unknown field', formOf('mutation { nope }', { file: null }, 'variables.file'), 'GRAPHQL_VALIDATION_FAILED'],
    ['a query that uses no file', formOf('{ viewer { id } }', { file: null }, 'variables.file'), 'BAD_REQUEST'],
    [
      'a mutation that is skipped',
      formOf(
        `mutation ($input: ImportTicketsInput!) { ${importTickets.replace('{', '@skip(if: true) {')} __typename }`,
      ),
      'BAD_REQUEST',
    ],
    ['a file before the fields', filePart, 'BAD_REQUEST'],
    ['a file before the map', part('operations', '{}') + filePart, 'BAD_REQUEST'],
    [
      'operations that are not JSON',
      part('operations', '{') + part('map', '{"0":["variables.x"]}') + filePart,
      'BAD_REQUEST',
    ],
  ])('rejects an upload before its file is received: for %s', async (_name, body, code) => {
    expect((await upload(users.maintainer.token, body)).errors[0].extensions.code).toBe(code)
  })

  test('rejects an upload that declares more than 1 GB before its file is received', async () => {
    const head = headOf('POST /graphql', users.maintainer.token, multipart, 'content-length: 1100000000')
    const socket = send(port, head)
    expect(await readUntil(socket, /\}$/)).toMatch(/^HTTP\/1.1 413 .*"PAYLOAD_TOO_LARGE"/s)
    socket.destroy()
  })
})

describe('concurrent uploads', () => {
  /** Opens an upload, and waits until the server asks for its body. */
  async function openUpload({ token }: TestUser): Promise<Socket> {
    const socket = send(port, headOf('POST /graphql', token, multipart, large, 'expect: 100-continue'))
    await readUntil(socket, /^HTTP\/1.1 100 Continue\r\n\r\n$/)
    return socket
  }
  function close(sockets: readonly Socket[]): void {
    for (const socket of sockets) socket.destroy()
  }
  /** Opens an upload as soon as the server has noticed that another one ended. */
  async function reopen(user: TestUser): Promise<Socket> {
    for (;;) {
      const socket = send(port, headOf('POST /graphql', user.token, multipart, large, 'expect: 100-continue'))
      if (!(await readUntil(socket, /\r\n\r\n/)).startsWith('HTTP/1.1 429')) return socket
      socket.destroy()
    }
  }

  test('a user can send two requests with files at a time', async () => {
    const sockets = [await openUpload(users.maintainer), await openUpload(users.maintainer)]
    expect(await upload(users.maintainer.token, '')).toMatchObject({
      status: 429,
      retryAfter: 5,
      errors: [{ extensions: { code: 'RATE_LIMITED', retryAfter: 5 } }],
    })
    sockets.push(await openUpload(users.contributor))
    sockets.shift()?.destroy()
    sockets.push(await reopen(users.maintainer))
    close(sockets)
    close([await reopen(users.maintainer)])
  })

  test('an upload no longer counts when it has completed or failed', async () => {
    const invalidForm = formOf('mutation { nope }', { file: null }, 'variables.file')
    for (let time = 0; time < 3; time++) {
      expect((await upload(users.viewer.token, formOf())).errors[0].extensions.code).toBe('FORBIDDEN')
      expect((await upload(users.viewer.token, invalidForm)).status).toBe(200)
      await importCsv(users.maintainer, 'title\na\n', { projectId: 'CORE', kind: 'ISSUE' })
    }
  })

  test('the server receives eight requests with files at a time', async () => {
    const clients = [users.maintainer, users.contributor, users.reporter, users.viewer]
    const sockets: Socket[] = []
    for (const user of [...clients, ...clients]) sockets.push(await reopen(user))
    const response = await upload(users.outsider.token, '')
    expect(response).toMatchObject({ status: 503, errors: [{ extensions: { code: 'UNAVAILABLE' } }] })
    const closed = sockets.map((socket) => once(socket, 'close'))
    close(sockets)
    await Promise.all(closed)
  })
})

test('limits the bytes of all files together, and of a form without an end', async () => {
  const file = (name: string, bytes: number) => `${filePart.replace('"0"', `"${name}"`) + 'x'.repeat(bytes)}\r\n`
  const fields = part('operations', '{}') + part('map', '{"0":["variables.a"],"1":["variables.b"]}')
  const receive = async (text: string) => {
    const request = {
      method: 'POST',
      search: '',
      address: '127.0.0.1',
      header: (name: string) => (name === 'content-type' ? 'multipart/form-data; boundary=B' : null),
      openBody: () => Readable.from(text.match(/.{1,65536}/gs) ?? []),
      disconnection: () => new AbortController().signal,
      onClose: () => {},
    }
    await using form = await openForm(request, { maxFieldBytes: 1000, maxFileBytes: 1_000_000 })
    await form.receiveFiles()
  }
  const end = '--B--\r\n'
  await receive(fields + file('0', 500_000) + file('1', 400_000) + end)
  const error = { extensions: { code: 'PAYLOAD_TOO_LARGE' } }
  await expect(receive(fields + file('0', 600_000) + file('1', 600_000) + end)).rejects.toMatchObject(error)
  await expect(receive(fields + file('0', 1_000_010) + file('1', 1) + end)).rejects.toMatchObject(error)
  await expect(receive(fields + file('0', 1) + file('1', 1) + end + 'x'.repeat(1_200_000))).rejects.toMatchObject(error)
  await expect(receive('x'.repeat(1_200_000))).rejects.toMatchObject(error)
})

describe.skipIf(!canMount())('on a small disk', () => {
  const { TMPDIR } = process.env
  beforeAll(() => {
    mount('150m')
    process.env['TMPDIR'] = disk
  })
  afterAll(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
    unmount()
  })
  const unavailable = { status: 503, errors: [{ extensions: { code: 'UNAVAILABLE' } }] }

  test('rejects an upload that does not fit, before its body', async () => {
    const socket = send(port, headOf('POST /graphql', users.maintainer.token, multipart, 'content-length: 100000000'))
    expect(await readUntil(socket, /\}$/)).toMatch(/^HTTP\/1.1 503 .*"UNAVAILABLE"/s)
    socket.destroy()
  })

  test('ends an upload that would leave less than 128 MB, and imports one that fits', async () => {
    const input: ImportOptions = { projectId: 'CORE', kind: 'ISSUE' }
    const file = Buffer.alloc(40_000_000, 'title\n')
    expect(await sendFile(users.maintainer, file, input)).toMatchObject(unavailable)
    expect((await importCsv(users.maintainer, 'title\na\n', input)).createdCount).toBe(1)
  })
})
