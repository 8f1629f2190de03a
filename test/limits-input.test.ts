import { beforeAll, describe, expect, test } from 'vitest'
import type { TicketFilter, TicketOrderField } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import type { ApiResponse } from './support/client.ts'
import { createIssue, createProject, signUp, type TestUser } from './support/people.ts'

const server = useServer({ SNAGLIST_COST_LIMIT: '1000000' })
let ada: TestUser

beforeAll(async () => {
  ada = await signUp(server, 'ada')
  await createProject(ada, 'CORE')
  for (const title of ['One', 'Two', 'Three']) await createIssue(ada, 'CORE', title)
})

/** Any response without field errors fails the test. */
function fieldErrorsOf({ status, data, errors }: ApiResponse<unknown>) {
  const details = JSON.stringify({ status, data, errors })
  expect(errors, details).toHaveLength(1)
  expect(errors?.[0]?.extensions?.code, details).toBe('BAD_USER_INPUT')
  return errors?.[0]?.extensions?.fieldErrors ?? []
}
const errorPaths = (response: ApiResponse<unknown>) => fieldErrorsOf(response).map(({ path }) => path)

const Page = graphql(`
  query LimitsPage($first: Int, $after: String, $last: Int, $before: String, $offset: Int, $orderBy: [TicketOrder!]) {
    tickets(first: $first, after: $after, last: $last, before: $before, offset: $offset, orderBy: $orderBy) {
      nodes { id }
      pageInfo { endCursor }
    }
  }
`)
const Search = graphql(`query LimitsSearch($filter: TicketFilter) { tickets(filter: $filter) { totalCount } }`)

describe('page arguments', () => {
  const cursorOf = async (field: TicketOrderField) =>
    (await ada.ask(Page, { first: 1, orderBy: [{ field }] })).tickets.pageInfo.endCursor ?? ''
  /** A cursor with a replaced value or id. */
  const forgeCursor = async (field: TicketOrderField, value: unknown, id: unknown = ada.id) => {
    const text = Buffer.from(await cursorOf(field), 'base64url').toString()
    return Buffer.from(text.slice(0, text.indexOf('[')) + JSON.stringify([value, id])).toString('base64url')
  }

  test.each([
    [{ first: 201 }, ['first must be between 0 and 200 (got 201)']],
    [{ first: -1 }, ['first must be between 0 and 200 (got -1)']],
    [{ last: 201 }, ['last must be between 0 and 200 (got 201)']],
    [{ last: -1 }, ['last must be between 0 and 200 (got -1)']],
    [{ first: 1, last: 1 }, ['last cannot be combined with `first`']],
    [
      { first: 201, last: -1 },
      [
        'first must be between 0 and 200 (got 201)',
        'last must be between 0 and 200 (got -1)',
        'last cannot be combined with `first`',
      ],
    ],
    [{ offset: -1 }, ['offset must not be negative (got -1)']],
    [{ last: 1, offset: 1 }, ['offset can only be combined with `first`']],
    [{ after: 'x' }, ['after is not a valid cursor for this list and sort order']],
    [{ before: '' }, ['before is not a valid cursor for this list and sort order']],
    [
      { after: 'WyJhIl0', before: '%%%' },
      [
        'after is not a valid cursor for this list and sort order',
        'before is not a valid cursor for this list and sort order',
      ],
    ],
  ])('rejects the page arguments %j', async (variables, messages) => {
    const errors = fieldErrorsOf(await ada.send(Page, variables))
    expect(errors.map(({ path, message }) => `${path} ${message}`)).toEqual(messages)
  })

  test('accepts page sizes of 0 and 200', async () => {
    for (const variables of [{ first: 200 }, { last: 200 }, { first: 200, offset: 0 }])
      expect((await ada.ask(Page, variables)).tickets.nodes).toHaveLength(3)
    expect((await ada.ask(Page, { first: 0 })).tickets.nodes).toEqual([])
  })

  test('rejects a cursor with an offset, and a cursor of another order', async () => {
    const after = await cursorOf('CREATED_AT')
    expect((await ada.ask(Page, { after, orderBy: [{ field: 'CREATED_AT' }] })).tickets.nodes).toHaveLength(2)
    expect(errorPaths(await ada.send(Page, { after, offset: 1, orderBy: [{ field: 'CREATED_AT' }] }))).toEqual([
      'offset',
    ])
    for (const orderBy of [
      [],
      [{ field: 'CREATED_AT', direction: 'DESC' }],
      [{ field: 'UPDATED_AT' }],
      [{ field: 'CREATED_AT' }, { field: 'NUMBER' }],
    ] as const) {
      expect(errorPaths(await ada.send(Page, { after, orderBy: [...orderBy] }))).toEqual(['after'])
      expect(errorPaths(await ada.send(Page, { before: after, orderBy: [...orderBy] }))).toEqual(['before'])
    }
  })

  test('rejects repeated sort keys, with one error per field', async () => {
    const repeated = async (fields: readonly TicketOrderField[]) =>
      fieldErrorsOf(await ada.send(Page, { orderBy: fields.map((field) => ({ field })) })).map(
        ({ path, message }) => `${path} ${message}`,
      )
    expect(await repeated(['TITLE', 'NUMBER', 'TITLE'])).toEqual(['orderBy.2.field repeats TITLE: remove it'])
    expect(await repeated(['RELEVANCE', 'STATUS', 'RELEVANCE', 'STATUS', 'STATUS'])).toEqual([
      'orderBy.0.field must not be RELEVANCE without `search` in the filter',
      'orderBy.2.field repeats RELEVANCE: remove it',
      'orderBy.3.field repeats STATUS: remove it',
    ])
    expect(await repeated(Array(6000).fill('TITLE'))).toEqual(['orderBy.1.field repeats TITLE: remove it'])
  })

  test.each([
    '{ issues(orderBy: $o) { totalCount } }',
    '{ defects(first: 0, orderBy: $o) { totalCount } }',
    '{ project(id: "CORE") { issues(orderBy: $o) { nodes { id } } } }',
    '{ project(id: "CORE") { defects(orderBy: $o) { edges { cursor } } } }',
  ])('rejects repeated sort keys of every list: %s', async (query) => {
    const o = [{ field: 'UPDATED_AT' }, { field: 'UPDATED_AT', direction: 'DESC' }]
    const response = await ada.post({ query: `query ($o: [TicketOrder!]) ${query}`, variables: { o } })
    expect(errorPaths(response)).toEqual(['orderBy.1.field'])
  })

  test.each<[TicketOrderField, readonly unknown[]]>([
    ['CREATED_AT', ['yesterday', 1, null, '2026-02-30T00:00:00Z', '0000-01-01T00:00:00Z', '2026-01-01T00:00:00+23:59']],
    ['RESOLVED_AT', ['yesterday', false, '0000-01-01T00:00:00Z', '2026-01-01T00:00:00-16:00']],
    ['NUMBER', ['1', 1.5, 2 ** 31, -(2 ** 31) - 1, null, [1]]],
    ['TITLE', ['a\0b', 5, null, {}]],
    ['PRIORITY', ['SUPER', 'toString', 3, null]],
    ['SEVERITY', ['SUPER', 3]],
  ])('rejects a forged cursor in the order of %s', async (field, values) => {
    const orderBy = [{ field }]
    for (const value of values)
      expect(errorPaths(await ada.send(Page, { after: await forgeCursor(field, value), orderBy })), `${value}`).toEqual(
        ['after'],
      )
    for (const id of ['x', 1, null, `${ada.id}'`])
      expect(errorPaths(await ada.send(Page, { after: await forgeCursor(field, null, id), orderBy })), `${id}`).toEqual(
        ['after'],
      )
  })
})

describe('filter limits', () => {
  const nest = (depth: number, within: TicketFilter, wrap: (filter: TicketFilter) => TicketFilter): TicketFilter =>
    depth === 1 ? within : wrap(nest(depth - 1, within, wrap))

  test('accepts filters nested at most 5 levels deep', async () => {
    const wraps = [
      [(filter: TicketFilter) => ({ not: filter }), 'filter.not.not.not.not.not'],
      [(filter: TicketFilter) => ({ and: [filter] }), 'filter.and.0.and.0.and.0.and.0.and.0'],
      [(filter: TicketFilter) => ({ or: [filter] }), 'filter.or.0.or.0.or.0.or.0.or.0'],
    ] as const
    for (const [wrap, path] of wraps) {
      await ada.ask(Search, { filter: nest(5, { kind: 'ISSUE' }, wrap) })
      expect(errorPaths(await ada.send(Search, { filter: nest(6, { kind: 'ISSUE' }, wrap) }))).toEqual([path])
    }
  })

  const list = <Item>(length: number, item: Item): Item[] => new Array<Item>(length).fill(item)
  test.each<[path: string, (length: number) => TicketFilter]>([
    ['and', (length) => ({ and: list(length, {}) })],
    ['or', (length) => ({ or: list(length, {}) })],
    ['id.in', (length) => ({ id: { in: list(length, 'CORE-1') } })],
    ['id.notIn', (length) => ({ id: { notIn: list(length, 'CORE-9') } })],
    ['project.in', (length) => ({ project: { in: list(length, 'CORE') } })],
    ['reporter.in', (length) => ({ reporter: { in: list(length, 'ada') } })],
    ['title.in', (length) => ({ title: { in: list(length, 'One') } })],
    ['status.in', (length) => ({ status: { in: list(length, 'OPEN') } })],
    ['priority.notIn', (length) => ({ priority: { notIn: list(length, 'LOW') } })],
    ['label.some', (length) => ({ label: { some: list(length, 'red') } })],
    ['label.every', (length) => ({ label: { every: list(length, 'red') } })],
    ['label.none', (length) => ({ label: { none: list(length, 'red') } })],
  ])('accepts at most 100 items in %s', async (path, filter) => {
    await ada.ask(Search, { filter: filter(100) })
    expect(errorPaths(await ada.send(Search, { filter: filter(101) }))).toEqual([`filter.${path}`])
  })

  test('rejects null operands of a filter and reports each of them', async () => {
    const filter = { status: { eq: null }, title: { in: null, isNull: null }, not: { label: { some: null } } }
    expect(errorPaths(await ada.send(Search, { filter })).sort()).toEqual([
      'filter.not.label.some',
      'filter.status.eq',
      'filter.title.in',
      'filter.title.isNull',
    ])
    for (const nothing of [{}, { status: null, title: null, and: null, or: null, not: null, kind: null }])
      expect((await ada.ask(Search, { filter: nothing })).tickets.totalCount).toBe(3)
  })

  test.each(['0000-01-01T00:00:00Z', '0000-01-01T00:00:00+14:00', '9999-12-31T23:59:59-12:00'])(
    'returns a result or BAD_USER_INPUT for the time %s',
    async (time) => {
      const response = await ada.send(Search, { filter: { createdAt: { lt: time } } })
      if (response.errors) expect(errorPaths(response)).toEqual(['filter.createdAt.lt'])
    },
  )
})
