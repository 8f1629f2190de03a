import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../src/app.ts'
import { readConfig } from '../src/config.ts'
import { readDocumentManifest } from '../src/graphql/document-manifest.ts'
import { importDocument } from '../src/graphql/import-document.ts'
import { schema } from '../src/schema.ts'
import { temporaryDirectory } from './drill/server-process.ts'
import { useServer } from './support/app.ts'
import { Client } from './support/client.ts'
import { signUp, type TestUser } from './support/people.ts'

const server = useServer()
let ada: TestUser
let yuki: TestUser
beforeAll(async () => {
  ada = await signUp(server, 'ada')
  yuki = await signUp(server, 'yuki')
})

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const persistedQuery = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: hashOf(text) } })
const viewerQuery = (name: string) => `query ${name} { viewer { username } }`
const codesOf = ({ errors }: { errors?: readonly { extensions?: { code?: string } }[] }) =>
  errors?.map(({ extensions }) => extensions?.code)

describe('automatic persisted queries', () => {
  test('a query is found by its hash after a signed-in client has sent it', async () => {
    const query = viewerQuery('Registered')
    const extensions = persistedQuery(query)
    const unknown = await ada.post({ extensions })
    expect(unknown).toMatchObject({
      status: 200,
      errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
    })
    expect(await ada.post({ query, extensions })).toMatchObject({ data: { viewer: { username: 'ada' } } })
    expect(await ada.post({ extensions })).toMatchObject({ data: { viewer: { username: 'ada' } } })
    expect(await yuki.post({ extensions })).toMatchObject({ data: { viewer: { username: 'yuki' } } })
    const byGet = await ada.fetch(`/graphql?extensions=${encodeURIComponent(JSON.stringify(extensions))}`)
    expect(await byGet.json()).toMatchObject({ data: { viewer: { username: 'ada' } } })
    expect(await ada.post({ documentId: `sha256:${hashOf(query)}` })).toMatchObject({
      data: { viewer: { username: 'ada' } },
    })
  })

  test('a query of a client without a token runs, but is not registered', async () => {
    const query = viewerQuery('Anonymous')
    const extensions = persistedQuery(query)
    expect(await server.anonymous.post({ query, extensions })).toMatchObject({ data: { viewer: null } })
    expect(codesOf(await server.anonymous.post({ extensions }))).toEqual(['PERSISTED_QUERY_NOT_FOUND'])
  })

  test('a hash of another query registers nothing', async () => {
    const extensions = persistedQuery(viewerQuery('Intended'))
    const response = await ada.post({ query: viewerQuery('Other'), extensions })
    expect([response.status, codesOf(response)]).toEqual([400, ['BAD_REQUEST']])
    expect(codesOf(await ada.post({ extensions }))).toEqual(['PERSISTED_QUERY_NOT_FOUND'])
  })

  test('queries by hash have the limits and the validation of all documents', async () => {
    const expensive = '{ projects(first: 200) { nodes { issues(first: 200) { nodes { id } } } } }'
    const deep = `{ ${'projects { nodes { issues { nodes { project { '.repeat(4)}id${' } } } } } '.repeat(4)} }`
    for (const [query, code] of [
      [deep, 'QUERY_TOO_COMPLEX'],
      ['{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
      ['{', 'GRAPHQL_PARSE_FAILED'],
      ['', 'GRAPHQL_PARSE_FAILED'],
      [expensive, 'QUERY_TOO_COMPLEX'],
    ] as const) {
      const extensions = persistedQuery(query)
      expect(codesOf(await ada.post({ query, extensions }))).toEqual([code])
      // Invalid documents are not registered.
      const repeated = code === 'QUERY_TOO_COMPLEX' && query === expensive ? code : 'PERSISTED_QUERY_NOT_FOUND'
      expect(codesOf(await ada.post({ extensions }))).toEqual([repeated])
    }
  })

  test('reports other versions as not supported, so that clients send whole queries', async () => {
    const { sha256Hash } = persistedQuery('{ __typename }').persistedQuery
    expect(await ada.post({ extensions: { persistedQuery: { version: 2, sha256Hash } } })).toMatchObject({
      errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }],
    })
  })

  test.each([
    ['no hash', { extensions: { persistedQuery: { version: 1 } } }],
    ['a malformed hash', { extensions: { persistedQuery: { version: 1, sha256Hash: 'abc' } } }],
    ['an extension that is no object', { extensions: { persistedQuery: 'abc' } }],
    ['a query and a document id', { query: '{ __typename }', documentId: 'sha256:abc' }],
    ['a document id that is no text', { documentId: 1 }],
    ['nothing', { extensions: {} }],
  ])('rejects a request with %s', async (_description, body) => {
    const response = await ada.post(body)
    expect([response.status, codesOf(response)]).toEqual([400, ['BAD_REQUEST']])
  })
})

test('a batch is rejected with an error for each of its operations', async () => {
  const operation = { query: '{ __typename }' }
  const response = await ada.fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([operation, operation, operation]),
  })
  const error = {
    errors: [{ message: expect.stringMatching(/^Batching/), extensions: { code: 'BATCHING_NOT_SUPPORTED' } }],
  }
  expect([response.status, await response.json()]).toEqual([200, [error, error, error]])
})

describe('document manifests', () => {
  const boardQuery = 'query Board { projects(first: 5) { totalCount } }'
  const write = (directory: string, name: string, content: unknown) =>
    writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content))
  const read = async (files: Readonly<Record<string, unknown>>) => {
    using directory = temporaryDirectory()
    for (const [name, content] of Object.entries(files)) write(directory.path, name, content)
    mkdirSync(join(directory.path, 'nested'))
    return await readDocumentManifest(directory.path, schema)
  }

  test('contain the documents of GraphQL Code Generator and of Apollo', async () => {
    const [codegenQuery, apolloQuery] = [viewerQuery('Codegen'), viewerQuery('Apollo')]
    // The hash of the document in another format
    const codegenId = `sha256:${hashOf(`${codegenQuery}\n`)}`
    const manifest = await read({
      'persisted-documents.json': { [codegenId]: codegenQuery },
      'apollo.json': {
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [{ id: hashOf(apolloQuery), name: 'Apollo', type: 'query', body: apolloQuery }],
      },
      'README.md': 'ignored',
    })
    expect(new Map(manifest)).toEqual(
      new Map([
        [hashOf(apolloQuery), apolloQuery],
        [hashOf(`${codegenQuery}\n`), codegenQuery],
      ]),
    )
  })

  test('are rejected with all their errors', async () => {
    const invalid = '{ nothing }'
    const files = {
      'a.json': '{',
      'b.json': { abc: '{ __typename }', def: '{ viewer { id } }' },
      'c.json': { [hashOf(invalid)]: invalid },
      'd.json': [1],
      'e.json': { abc: '{ viewer { id } }' },
    }
    await expect(read(files)).rejects.toThrow(
      /a\.json: .*JSON.*\n.*c\.json: .*nothing.*\n.*d\.json: the file is not an object.*\n.*e\.json: abc: another file/,
    )
  })

  test.each([
    ['an empty directory', async () => read({}), /contains no documents/],
    ['a missing directory', async () => readDocumentManifest('/nonexistent', schema), /cannot be read/],
  ])('reject %s', async (_description, action, message) => {
    await expect(action()).rejects.toThrow(message)
  })

  test('require a directory for SNAGLIST_DOCUMENTS_ONLY', () => {
    expect(() => readConfig({ SNAGLIST_DOCUMENTS_ONLY: '1' })).toThrow('requires SNAGLIST_DOCUMENTS')
  })

  const appWith = (texts: readonly string[], env: Readonly<Record<string, string>>) => {
    const { database, viewerCache } = server
    const config = readConfig({ NODE_ENV: 'test', SNAGLIST_BCRYPT_COST: '4', ...env })
    const manifest = new Map(texts.map((text) => [hashOf(text), text]))
    return createApp({ config, database, viewerCache, log: pino({ level: 'silent' }), manifest })
  }

  test('run documents by id, in addition to others', async () => {
    const client = new Client(appWith([boardQuery], {}), ada.token)
    expect(await client.post({ documentId: `sha256:${hashOf(boardQuery)}` })).toMatchObject({
      data: { projects: { totalCount: 0 } },
    })
    expect(await client.post({ query: viewerQuery('Free') })).toMatchObject({ data: { viewer: { username: 'ada' } } })
    const unknown = await client.post({ documentId: `sha256:${hashOf('{ other }')}` })
    expect(codesOf(unknown)).toEqual(['PERSISTED_QUERY_NOT_FOUND'])
  })

  describe('with SNAGLIST_DOCUMENTS_ONLY', () => {
    const exclusive = { SNAGLIST_DOCUMENTS: 'directory', SNAGLIST_DOCUMENTS_ONLY: '1' }
    const signIn = 'mutation { signIn(input: { username: "yuki", password: "wrong password" }) { token } }'
    const listQuery = '{ projects { nodes { name } } }'
    const refusal = ['DOCUMENT_NOT_ALLOWED']
    test.each([
      ['a document of the manifest', boardQuery, [undefined, undefined]],
      ['another document', listQuery, [refusal, undefined]],
      ['a malformed document', '{', [['GRAPHQL_PARSE_FAILED'], ['GRAPHQL_PARSE_FAILED']]],
      ['a sign-in', signIn, [['UNAUTHENTICATED'], ['UNAUTHENTICATED']]],
      ['the viewer', viewerQuery('Everyone'), [undefined, undefined]],
      ['the mutation of the command import', importDocument, [['BAD_USER_INPUT'], ['BAD_USER_INPUT']]],
      [
        'a document that begins with a sign-in',
        `query A ${listQuery} ${signIn}`,
        [refusal, ['GRAPHQL_VALIDATION_FAILED']],
      ],
    ])('%s runs, or is refused unless the client is an ADMIN', async (_description, query, [member, admin]) => {
      const app = appWith([boardQuery], exclusive)
      expect(codesOf(await new Client(app, yuki.token).post({ query }))).toEqual(member)
      expect(codesOf(await new Client(app, ada.token).post({ query }))).toEqual(admin)
    })

    test('a client cannot register other documents', async () => {
      const app = appWith([boardQuery], exclusive)
      const extensions = persistedQuery(listQuery)
      const member = new Client(app, yuki.token)
      expect(codesOf(await member.post({ query: listQuery, extensions }))).toEqual(refusal)
      expect(codesOf(await new Client(app, ada.token).post({ query: listQuery, extensions }))).toBeUndefined()
      expect(codesOf(await member.post({ extensions }))).toEqual(refusal)
      expect(await member.post({ extensions: persistedQuery(boardQuery) })).toHaveProperty('data.projects')
    })

    test('a client without a token can sign in, and send documents of the manifest', async () => {
      const anonymous = new Client(appWith([boardQuery], exclusive), null)
      expect(codesOf(await anonymous.post({ query: signIn }))).toEqual(['UNAUTHENTICATED'])
      expect(codesOf(await anonymous.post({ query: listQuery }))).toEqual(refusal)
      expect(codesOf(await anonymous.post({ query: boardQuery }))).toEqual(['UNAUTHENTICATED'])
    })
  })
})
