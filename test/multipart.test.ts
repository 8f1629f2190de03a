import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { ApiResponse, Client } from './support/client.ts'
import { importCsv, importForm, sendFile } from './support/imports.ts'
import { createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

const Count = graphql(`query MultipartCount { project(id: "CORE") { issues { totalCount } imports { totalCount } } }`)
const counts = async () => {
  const { project } = await users.admin.ask(Count)
  return [project?.issues.totalCount, project?.imports.totalCount]
}

const input = { projectId: 'CORE', kind: 'ISSUE' } as const
const operations = JSON.stringify({
  query: 'mutation ($input: ImportTicketsInput!) { importTickets(input: $input) { import { rowCount } } }',
  variables: { input: { ...input, file: null } },
})
const map = '{"0":["variables.input.file"]}'
const part = (name: string, body: string, rest = '') =>
  `--B\r\ncontent-disposition: form-data; name="${name}"${rest}\r\n\r\n${body}\r\n`
const file = (name = '0', charset = '') =>
  part(name, 'title\na\n', `; filename="a.csv"\r\ncontent-type: text/csv${charset}`)
const end = '--B--\r\n'

async function post(
  body: string,
  headers: Record<string, string> = {},
  client: Client = users.maintainer,
): Promise<ApiResponse<unknown>> {
  const response = await client.fetch('/graphql', {
    method: 'POST',
    body,
    headers: { 'content-type': 'multipart/form-data; boundary=B', ...headers },
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, ...(text.startsWith('{') ? JSON.parse(text) : {}) }
}

beforeAll(async () => {
  users = await createTestUsers(server)
})

describe('multipart requests', () => {
  test('imports the file of a multipart request', async () => {
    const response = await post(part('operations', operations) + part('map', map) + file() + end, {
      'x-request-id': 'mine',
    })
    expect(response).toMatchObject({ status: 200, data: { importTickets: { import: { rowCount: 1 } } } })
    expect(response.headers.get('x-request-id')).toBe('mine')
  })

  test.each<[string, string, string, RegExp]>([
    [
      'an incomplete body',
      part('operations', operations) + part('map', map) + file(),
      'BAD_REQUEST',
      /terminated early|Unexpected end/,
    ],
    ['no map', part('operations', operations) + file() + end, 'BAD_REQUEST', /no field `map`/],
    [
      'a map that is an array',
      part('operations', operations) + part('map', '[1]') + file() + end,
      'BAD_REQUEST',
      /no field `map`/,
    ],
    ['no operations', part('map', map) + file() + end, 'BAD_REQUEST', /no field `operations`/],
    ['operations that are not JSON', part('operations', '{') + part('map', map) + file() + end, 'BAD_REQUEST', /JSON/],
    [
      'two files with one name',
      part('operations', operations) + part('map', map) + file() + file() + end,
      'BAD_REQUEST',
      /two files `0`/,
    ],
    [
      'too many files',
      part('operations', operations) +
        part('map', map) +
        [0, 1, 2, 3, 4, 5, 6].map((name) => file(`${name}`)).join('') +
        end,
      'BAD_REQUEST',
      /too many parts/,
    ],
    ['no file', part('operations', operations) + part('map', map) + end, 'BAD_REQUEST', /has no files/],
    [
      'a missing file',
      part('operations', operations.replace('"input":', '"other":null,"input":')) +
        part('map', '{"0":["variables.input.file"],"1":["variables.other"]}') +
        file() +
        end,
      'BAD_REQUEST',
      /no file `1`/,
    ],
    [
      'a file that is not in the map',
      part('operations', operations) + part('map', '{}') + file() + end,
      'BAD_REQUEST',
      /not referenced in `map`/,
    ],
    [
      'a path to __proto__',
      part('operations', operations) + part('map', '{"0":["variables.__proto__.file"]}') + file() + end,
      'BAD_REQUEST',
      /no null at/,
    ],
    [
      'a path to a value that is not null',
      part('operations', operations) + part('map', '{"0":["variables.input.kind"]}') + file() + end,
      'BAD_REQUEST',
      /no null at/,
    ],
    ['a body that is not multipart', 'anything', 'BAD_REQUEST', /cannot be read/],
    [
      'an invalid document',
      part('operations', '{"query":"{ nope }","variables":{"x":null}}') +
        part('map', '{"0":["variables.x"]}') +
        file() +
        end,
      'GRAPHQL_VALIDATION_FAILED',
      /nope/,
    ],
    [
      'operations above the size limit',
      part('operations', `{"query":"${'x'.repeat(1_100_000)}"}`) + part('map', '{}') + end,
      'PAYLOAD_TOO_LARGE',
      /exceeds the limit of 1,000,000 bytes/,
    ],
    [
      'a document above the size limit',
      part('operations', JSON.stringify({ query: `{ viewer { id ${' '.repeat(20_000)} } }`, variables: { x: null } })) +
        part('map', '{"0":["variables.x"]}') +
        file() +
        end,
      'QUERY_TOO_COMPLEX',
      /the limit is 15,000/,
    ],
  ])('rejects a multipart request with %s without executing it', async (_description, body, code, message) => {
    const before = await counts()
    const { errors } = await post(body)
    expect(errors?.[0]?.extensions?.code).toBe(code)
    expect(errors?.[0]?.message).toMatch(message)
    expect(await counts()).toEqual(before)
  })

  const latin1 = 'content-type: text/plain; Charset="ISO-8859-1"'
  test.each([
    ['of the form', 'multipart/form-data; charset=utf-16; boundary=B', '', ''],
    ['of a field', 'multipart/form-data; boundary=B', `\r\n${latin1}`, ''],
    ['of the file', 'multipart/form-data; boundary=B', '', '; charset=windows-1252'],
  ])('rejects another charset than UTF-8 %s with HTTP 415', async (_part, contentType, fieldHeader, fileCharset) => {
    const before = await counts()
    const body = part('operations', operations, fieldHeader) + part('map', map) + file('0', fileCharset) + end
    const response = await post(body, { 'content-type': contentType })
    expect(response).toMatchObject({ status: 415, errors: [{ extensions: { code: 'BAD_REQUEST' } }] })
    expect(await counts()).toEqual(before)
  })

  test('accepts the charset UTF-8 of a form and its parts, and the character U+FFFD', async () => {
    const withText = operations.replace('"kind"', '"\ufffd Prüfstand":"x","kind"')
    const response = await post(
      part('operations', withText, '\r\ncontent-type: text/plain; charset=UTF-8') +
        part('map', map) +
        file('0', '; charset=utf-8') +
        end,
      { 'content-type': 'multipart/form-data; charset=utf-8; boundary=B' },
    )
    expect(response.status).toBe(200)
    expect(response.errors?.[0]?.message).toContain('"\ufffd Prüfstand" is not defined')
  })

  test('does not execute a request that accepts no media type of a result', async () => {
    const before = await counts()
    const { status } = await post(part('operations', operations) + part('map', map) + file() + end, {
      accept: 'text/html',
    })
    expect(status).toBe(406)
    expect(await counts()).toEqual(before)
  })

  test('rejects anonymous clients and invalid tokens before reading the file', async () => {
    expect((await sendFile(server.anonymous, 'title\n', input)).errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED')
    const outsider = await post(part('operations', operations), { authorization: 'Bearer snag_none' }, server.anonymous)
    expect(outsider).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] })
  })

  test('rolls back an import if the client disconnects', async () => {
    const before = await counts()
    const rows = Array.from({ length: 20_000 }, (_, index) => `Ticket ${index}`).join('\n')
    for (const when of ['before', 'while'] as const) {
      const controller = new AbortController()
      if (when === 'before') controller.abort()
      else server.database.pool.once('acquire', () => controller.abort())
      const request = new Request('http://localhost/graphql', {
        method: 'POST',
        body: importForm(`title\n${rows}\n`, input),
      })
      const response = await users.maintainer
        .fetch('/graphql', {
          method: 'POST',
          body: await request.arrayBuffer(),
          headers: { 'content-type': request.headers.get('content-type') ?? '' },
          signal: controller.signal,
        })
        .catch((error: unknown) => error)
      if (response instanceof Response) expect(JSON.stringify(await response.json())).toContain('errors')
    }
    expect(await counts()).toEqual(before)
  })
})

test('rejects a string for a variable of type Upload', async () => {
  const response = await users.maintainer.post({
    ...JSON.parse(operations),
    variables: { input: { ...input, file: 'title\na\n' } },
  })
  expect(response.errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fieldErrors: [{ path: 'input.file' }],
  })
})

test('removes directories and control characters from file names, and limits their length', async () => {
  const storedNameOf = async (fileName: string) => {
    const renamedFile = file().replace('a.csv', fileName)
    const query = 'mutation ($input: ImportTicketsInput!) { importTickets(input: $input) { import { fileName } } }'
    const namingOperations = JSON.stringify({ query, variables: { input: { ...input, file: null } } })
    const { data } = await post(part('operations', namingOperations) + part('map', map) + renamedFile + end)
    return (data as { importTickets: { import: { fileName: string } } } | undefined)?.importTickets.import.fileName
  }
  expect(await storedNameOf('C:\\files\\a\0b\x07c.csv')).toBe('abc.csv')
  expect(await storedNameOf('\0')).toBe('file')
  expect(await storedNameOf(`${'x'.repeat(254)}\u{1f41b}.csv`)).toBe('x'.repeat(254))
  expect((await importCsv(users.maintainer, 'title\na\n', input, 'Mängel.csv')).fileName).toBe('Mängel.csv')
})

test('returns UNAVAILABLE and logs the error if files cannot be stored', async () => {
  const before = await counts()
  const { TMPDIR } = process.env
  process.env['TMPDIR'] = join(tmpdir(), 'snaglist-is-not-here')
  const large = `title\n${'a\n'.repeat(1_000_000)}`
  const { status, errors } = await sendFile(users.maintainer, large, input).finally(() => {
    if (TMPDIR === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = TMPDIR
  })
  expect([status, errors?.[0]?.extensions?.code]).toEqual([503, 'UNAVAILABLE'])
  expect(JSON.stringify(errors)).not.toContain('ENOENT')
  expect(server.lines.filter((line) => line.includes('ENOENT'))).toHaveLength(1)
  expect(await counts()).toEqual(before)
  expect((await importCsv(users.maintainer, 'title\na\n', input)).createdCount).toBe(1)
})
