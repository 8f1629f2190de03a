import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getIntrospectionQuery } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { createIssue, createProject, signUp, type TestUser } from './support/people.ts'

const server = useServer()
let ada: TestUser

beforeAll(async () => {
  ada = await signUp(server, 'ada')
  await createProject(ada, 'CORE')
  await createIssue(ada, 'CORE', 'An issue')
})

/** Posts a document with a media type for which the HTTP status depends on errors. */
const send = (query: string, variables: object = {}, client: Client = ada) =>
  client.post({ query, variables }, { accept: 'application/graphql-response+json' })
const tooComplex = (cost: unknown, limit: number) => ({
  status: 400,
  errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX', cost, limit } }],
})
const times = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => piece(i)).join(' ')

describe('body limits', () => {
  const limit = 1_000_000
  const bodyOf = (bytes: number) => JSON.stringify({ query: '{ viewer { username } }' }).padEnd(bytes)
  const tooLarge = { status: 413, errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] }
  const chunked = (body: string): RequestInit & { duplex: 'half' } => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ada.token}` },
    body: new Blob([body]).stream(),
    duplex: 'half',
  })

  test('accepts a body of at most 1,000,000 bytes', async () => {
    expect((await ada.post(bodyOf(limit))).data).toEqual({ viewer: { username: 'ada' } })
    expect(await ada.post(bodyOf(limit + 1))).toMatchObject(tooLarge)
    expect(await ada.post({ query: '{ viewer { id } }', variables: { text: 'é'.repeat(limit / 2) } })).toMatchObject(
      tooLarge,
    )
  })

  test('limits a chunked body to 1,000,000 bytes', async () => {
    const http = createServer(server.app.handle).listen(0, '127.0.0.1')
    await new Promise((resolve) => http.once('listening', resolve))
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`
    try {
      const fits = await fetch(url, chunked(bodyOf(limit)))
      expect(await fits.json()).toMatchObject({ data: { viewer: { username: 'ada' } } })
      const over = await fetch(url, chunked(bodyOf(limit + 1)))
      expect({ status: over.status, ...((await over.json()) as object) }).toMatchObject(tooLarge)
    } finally {
      await new Promise((resolve) => http.close(resolve))
    }
  })
})

describe('document limits', () => {
  test('accepts a document of at most 15,000 characters, including spaces and comments', async () => {
    const query = '{ viewer { username } } #'
    expect((await send(query.padEnd(15_000))).data).toEqual({ viewer: { username: 'ada' } })
    expect(await send(query.padEnd(15_001))).toMatchObject(tooComplex(15_001, 15_000))
    const byGet = await ada.fetch(`/graphql?query=${encodeURIComponent(query.padEnd(15_001))}`)
    expect({ status: byGet.status, ...((await byGet.json()) as object) }).toMatchObject(tooComplex(15_001, 15_000))
  })

  test('accepts a document of at most 2,000 tokens', async () => {
    // The first of 250 operations, of eight tokens each.
    const query = times(250, (index) => `query A${index} { viewer { id } }`)
    const first = (text: string) => ada.post({ query: text, operationName: 'A0' })
    expect((await first(query)).data).toEqual({ viewer: { id: ada.id } })
    const { errors } = await first(query.replace('id', 'id id'))
    expect(errors).toMatchObject(tooComplex(2001, 2000).errors)
  })

  // The levels of a ticket's comments and their tickets, each with a leaf.
  const levels = [
    { field: 'comments(first: 2)', type: 'Ticket', leaf: 'id' },
    { field: 'nodes', type: 'CommentConnection', leaf: 'totalCount' },
    { field: 'ticket', type: 'Comment', leaf: 'id' },
  ] as const
  const level = (index: number) => levels[index % 3] ?? levels[0]
  const nested = (depth: number, wrap: (fields: string, index: number) => string = (fields) => fields) => {
    const selection = (index: number): string => {
      const { field, leaf } = level(index)
      return wrap(index + 2 === depth ? leaf : `${field} { ${selection(index + 1)} }`, index)
    }
    return `{ ticket(id: "CORE-1") { ${selection(0)} } }`
  }
  const named = (depth: number) => {
    const fragments: string[] = []
    const query = nested(depth, (fields, index) => {
      fragments.push(`fragment F${index} on ${level(index).type} { ${fields} }`)
      return `...F${index}`
    })
    return [query, ...fragments].join('\n')
  }

  test.each([
    ['in fields', nested],
    ['in inline fragments', (depth: number) => nested(depth, (fields) => `... { ${fields} }`)],
    [
      'in inline fragments of a type',
      (depth: number) => nested(depth, (fields, i) => `... on ${level(i).type} { ${fields} }`),
    ],
    ['in nested fragments', named],
  ])('accepts a document of at most 12 levels %s', async (_description, query) => {
    const fits = await send(query(12))
    expect(fits.errors).toBeUndefined()
    expect(fits.data).toHaveProperty('ticket')
    expect(await send(query(13))).toMatchObject(tooComplex(13, 12))
  })

  test('accepts standard introspection, although it is nested deeper', async () => {
    const query = getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true, oneOf: true })
    for (const client of [ada, server.anonymous])
      expect((await send(query, {}, client)).data).toHaveProperty('__schema.queryType.name', 'Query')
  })

  const aliases = (from: number, to: number) => times(to - from, (index) => `a${from + index}: id`)
  test.each([
    ['on fields', (count: number) => `{ viewer { ${aliases(0, count)} } }`],
    [
      'in the whole document',
      (count: number) => `{ me: viewer { ${aliases(0, 9)} } viewer { ${aliases(9, count - 1)} } }`,
    ],
    ['in inline fragments', (count: number) => `{ viewer { ... { ... on User { ${aliases(0, count)} } } } }`],
    [
      'in fragments, per spread',
      (count: number) => `
        { me: viewer { ...A } user(id: "ada") { ...A b: id ${count % 2 ? 'c: id' : ''} } }
        fragment A on User { ...B } fragment B on User { ${aliases(0, Math.floor((count - 2) / 2))} }`,
    ],
  ])('accepts at most 30 aliases %s', async (_description, query) => {
    expect((await send(query(30))).errors).toBeUndefined()
    expect(await send(query(31))).toMatchObject(tooComplex(31, 30))
  })

  test('accepts at most 1,000 fields and fragment spreads, with fragments expanded', async () => {
    // Few fields, each repeated within its limit.
    const fields = (count: number) =>
      `fragment F on User { ${times(count, (index) => ['id', 'username', 'name', 'email', 'role'][index % 5] ?? '')} }`
    // A field, ten spreads of 98 fields each, and the rest.
    const query = (rest: number) =>
      `{ viewer { ${times(10, () => '...F')} ${times(rest, () => 'username')} } } ${fields(98)}`
    expect((await send(query(9))).data).toMatchObject({ viewer: { id: ada.id, username: 'ada' } })
    expect(await send(query(10))).toMatchObject(tooComplex(1001, 1000))
    const inline = `{ viewer { ${times(200, () => `... { ${times(5, () => 'id')} }`)} } }`
    expect(await send(inline)).toMatchObject(tooComplex(1201, 1000))
  })

  test('accepts at most 20 occurrences of a field in one selection set', async () => {
    const query = (count: number) => `{ viewer { ... { ${times(count, () => 'id')} } } }`
    expect((await send(query(20))).data).toEqual({ viewer: { id: ada.id } })
    expect(await send(query(21))).toMatchObject(tooComplex(21, 20))
  })

  test('accepts at most 50 directives, and five on one field', async () => {
    const field = (directives: number) => `id ${times(directives, () => '@include(if: true)')}`
    const directives = (count: number) => times(count, () => `... { ${field(1)} }`)
    expect((await send(`{ viewer { ${directives(50)} } }`)).errors).toBeUndefined()
    expect(await send(`{ viewer { ${directives(51)} } }`)).toMatchObject(tooComplex(51, 50))
    expect(await send(`{ viewer { ${field(6)} } }`)).toMatchObject(tooComplex(6, 5))
  })

  const mutations = (count: number) => times(count, (index) => `m${index}: createLabel(input: $input) { label { id } }`)
  const variables = { input: { projectId: 'NONE', name: 'any', color: '#336699' } }
  test.each([
    ['in the operation', (count: number) => `mutation ($input: CreateLabelInput!) { ${mutations(count)} }`],
    [
      'in fragments',
      (count: number) => `
        mutation ($input: CreateLabelInput!) { last: signOut { signedOut } ... { ... on Mutation { ...M } } }
        fragment M on Mutation { ${mutations(count - 1)} }`,
    ],
  ])('accepts at most 10 mutations %s', async (_description, query) => {
    const fits = await send(query(10), variables, server.anonymous)
    expect(fits.errors?.map(({ extensions }) => extensions?.code)).toContain('UNAUTHENTICATED')
    expect(await send(query(11), variables, server.anonymous)).toMatchObject(tooComplex(11, 10))
  })

  test.each([
    [
      'aliases',
      `{ viewer { ${aliases(0, 31)} } }`,
      'The document has 31 aliases; the limit is 30. Split it into several requests.',
    ],
    ['levels', nested(13), 'The document is nested 13 levels deep; the limit is 12. Split it into several requests.'],
    [
      'occurrences of a field',
      `{ viewer { ${times(21, () => 'id')} } }`,
      'The document uses a response key 21 times in one selection set; the limit is 20. Use it once.',
    ],
    [
      'characters',
      '{ viewer { id } }'.padEnd(15_001),
      'The document has 15,001 characters; the limit is 15,000. Pass values as variables, or split it into several requests.',
    ],
    [
      'mutations',
      `mutation ($input: CreateLabelInput!) { ${mutations(11)} }`,
      'The document has 11 mutations; the limit is 10. Split it into several requests. Bulk mutations change many tickets.',
    ],
  ])('names the value, the limit and a remedy for too many %s', async (_description, query, message) => {
    const { errors } = await send(query, variables)
    expect(errors?.map((error) => error.message)).toEqual([message])
  })

  test('rejects recursive fragments by validation', async () => {
    const response = await send(`{ viewer { ...A } } fragment A on User { ...B } fragment B on User { id ...A ...B }`)
    expect(response.status).toBe(400)
    expect(response.errors?.map(({ extensions }) => extensions?.code)).not.toContain('QUERY_TOO_COMPLEX')
    expect(response.errors?.[0]?.message).toContain('Cannot spread fragment')
  })

  const doubling = (type: string, last: string, spread: (fragment: string) => string) =>
    `${times(30, (i) => `fragment F${i} on ${type} { ${spread(`...F${i + 1}`)} }`)} fragment F30 on ${type} { ${last} }`

  test('rejects fragments that double thirty times', async () => {
    const same = doubling('Comment', 'id', (fragment) => `${fragment} ${fragment}`)
    const deeper = doubling('Comment', 'id', (fragment) => `parent { ${fragment} } parent { ${fragment} }`)
    const wider = doubling('Comment', 'b: id', (fragment) => `... { ${fragment} } ... { ${fragment} }`)
    const both = doubling('Comment', 'id', (fragment) => `a: parent { ${fragment} } b: parent { ${fragment} }`)
    const selections = [1_000_000, 1000] as const
    for (const [fragments, ...costs] of [
      [same, selections],
      [deeper, [32, 12], selections],
      [wider, [1_000_000, 30], selections],
      [both, [32, 12], [1_000_000, 30], selections],
    ] as const) {
      const { errors } = await send(`query ($id: ID!) { node(id: $id) { ...F0 } } ${fragments}`, { id: ada.id })
      expect(errors).toMatchObject(costs.flatMap(([cost, limit]) => tooComplex(cost, limit).errors))
    }
  })
})
