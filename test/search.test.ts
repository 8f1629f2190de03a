import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { FindQuery, TicketFilter, TicketOrder } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { statementsOf, useServer } from './support/app.ts'
import type { Client } from './support/client.ts'
import { importCsv } from './support/imports.ts'
import {
  createDefect,
  createIssue,
  createLabel,
  createProject,
  createTestUsers,
  type TestUsers,
} from './support/people.ts'

const server = useServer({ SNAGLIST_COST_LIMIT: '1000000' }, { fillsTables: true })
let users: TestUsers

const Find = graphql(`
  query Find($filter: TicketFilter, $orderBy: [TicketOrder!], $first: Int, $after: String, $last: Int, $before: String) {
    tickets(filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
      totalCount nodes { title } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
`)
const Comment = graphql(
  `mutation SearchComment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }`,
)
const Edit = graphql(`mutation SearchEdit($input: EditCommentInput!) { editComment(input: $input) { comment { id } } }`)
const Delete = graphql(
  `mutation SearchDelete($input: DeleteCommentInput!) { deleteComment(input: $input) { deletedCommentId } }`,
)
const Patch = graphql(`mutation SearchPatch($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { id } } }`)
const PatchDefect = graphql(
  `mutation SearchPatchDefect($input: UpdateDefectInput!) { updateDefect(input: $input) { defect { id } } }`,
)

const project = 'CORE'
const oldest: TicketOrder[] = [{ field: 'NUMBER' }]

/** The titles that a search finds in the project, ordered by number. */
async function findTitles(search: string, client: Client = users.viewer, more: TicketFilter = {}): Promise<string[]> {
  const filter = { project: { eq: project }, search, ...more }
  const { tickets } = await client.ask(Find, { filter, orderBy: oldest })
  expect(tickets.totalCount).toBe(tickets.nodes.length)
  return tickets.nodes.map(({ title }) => title)
}

const texts = [
  ['Workflows stall', 'The scheduler is running; it fails in src/slave/main.cpp:120 with TASK_FAILED'],
  ['Executor terminated', 'Uses log4j 2.17. The executors were failing: Slave::launch("x") 100% of the time'],
  ['Balloon framework', 'naïve café \u{1f41b} under_score back\\slash'],
  ['Docs', null],
] as const

beforeAll(async () => {
  users = await createTestUsers(server)
  for (const [title, description] of texts) await createIssue(users.maintainer, project, title, { description })
  await createDefect(users.maintainer, project, 'Solder', { title: 'Bridge', absn: 'SN-100/A' })
  await createDefect(users.maintainer, project, 'Solder', { title: 'Gap', absn: 'SN-1000' })
  await importCsv(users.maintainer, 'title,description,externalKey\nImported,\u306e\u65e5\u672c\u8a9e,JIRA-7\n', {
    projectId: project,
    kind: 'ISSUE',
  })
})

const [workflows, executor, balloon, docs] = texts.map(([title]) => title) as [string, string, string, string]

describe('search', () => {
  test.each<[description: string, search: string, titles: string[]]>([
    ['inflected words', 'fail run', [workflows]],
    ['words in title and description', 'executor failed', [executor]],
    ['words case-insensitively', 'BALLOON FRAMEWORKS', [balloon]],
    ['phrases', '"scheduler is running"', [workflows]],
    ['no phrases in another order', '"running scheduler"', []],
    ['no phrases over the end of a title', '"stall the scheduler"', []],
    ['phrases with an unclosed quote', '"the executors were', [executor]],
    ['tickets without a word', 'fail -executor', [workflows]],
    ['tickets without a phrase', 'fail -"executors were"', [workflows]],
    ['tickets by negated words only', '-fail -balloon -solder -imported', [docs, 'Bridge', 'Gap']],
    ['either of two words', 'balloon or log4j', [executor, balloon]],
    ['either of two alternatives', 'balloon OR executor failing', [executor, balloon]],
    ['parts of words', 'flow', [workflows]],
    ['parts of identifiers', 'task_fail', [workflows]],
    ['parts of words with digits', 'og4', [executor]],
    ['paths', 'slave/main.cpp:12', [workflows]],
    ['code', 'Slave::launch("x")', [executor]],
    ['a literal per cent sign', '100%', [executor]],
    ['a literal underscore', 'under_s', [balloon]],
    ['no other character for an underscore', 'runn_ng', []],
    ['a literal backslash', 'back\\s', [balloon]],
    ['accented letters case-insensitively', 'CAFÉ', [balloon]],
    ['emoji', '\u{1f41b}', [balloon]],
    ['stop words', 'the', [workflows, executor]],
    ['a key', 'core-4', [docs]],
    ['only the ticket with a key', 'CORE-1', [workflows]],
    ['a serial number', 'sn-100/a', ['Bridge']],
    ['only whole serial numbers', 'SN-100', []],
    ['an external key', 'jira-7', ['Imported']],
    ['all tickets for an empty search', ' "" ', [...texts.map(([title]) => title), 'Bridge', 'Gap', 'Imported']],
    ['the word `or` at the end', 'executor or', [executor]],
    ['beginnings of words of two letters', 'st', [workflows]],
    ['no other parts of words of two letters', 'lk', []],
    ['words without short stop words', 'scheduler is in', [workflows]],
    ['words among punctuation', 'balloon & | ! ( )', [balloon]],
    ['nothing for punctuation alone', '& | ! ( )', []],
    ['two letters of a script without spaces', '\u65e5\u672c', ['Imported']],
    ['one letter of a script without spaces', '\u8a9e', ['Imported']],
  ])('search finds %s', async (_description, search, titles) => {
    expect(await findTitles(search)).toEqual(titles)
  })

  test('finds the current texts of comments only', async () => {
    const { id } = await createIssue(users.maintainer, project, 'Talked about')
    const { addComment } = await users.reporter.ask(Comment, { input: { ticketId: id, body: 'A zookeeper quorum' } })
    expect(await findTitles('zookeepers talk')).toEqual(['Talked about'])
    expect(await findTitles('ookeep')).toEqual(['Talked about'])
    await users.reporter.ask(Edit, { input: { id: addComment.comment.id, body: 'An elephant' } })
    expect(await findTitles('zookeeper')).toEqual([])
    expect(await findTitles('elephants')).toEqual(['Talked about'])
    await users.reporter.ask(Comment, { input: { ticketId: id, parentId: addComment.comment.id, body: 'Large' } })
    await users.reporter.ask(Delete, { input: { id: addComment.comment.id } })
    expect(await findTitles('elephant')).toEqual([])
    expect(await findTitles('large')).toEqual(['Talked about'])
  })

  test('finds the current texts of tickets only', async () => {
    const issue = await createIssue(users.maintainer, project, 'Giraffe')
    const defect = await createDefect(users.maintainer, project, 'Solder', { title: 'Numbered', absn: 'Z-1' })
    await users.maintainer.ask(Patch, { input: { id: issue.id, title: 'Camel', description: 'in the desert' } })
    await users.maintainer.ask(PatchDefect, { input: { id: defect.id, absn: 'Z-2' } })
    expect(
      await Promise.all(['giraffe', 'camels', 'deserts', 'z-1', 'z-2'].map((search) => findTitles(search))),
    ).toEqual([[], ['Camel'], ['Camel'], [], ['Numbered']])
  })

  test('finds nothing in projects that the viewer cannot see', async () => {
    const hidden = (await createProject(users.maintainer, 'SECRET')).key
    await createIssue(users.maintainer, hidden, 'Unicorn workflow')
    const filter: TicketFilter = { search: 'unicorn' }
    expect((await users.maintainer.ask(Find, { filter })).tickets.totalCount).toBe(1)
    for (const client of [users.viewer, users.outsider])
      for (const search of ['unicorn', 'nicor', 'SECRET-1', '-executor'])
        expect((await client.ask(Find, { filter: { search } })).tickets.nodes.map(({ title }) => title)).not.toContain(
          'Unicorn workflow',
        )
  })
})

describe('search in filters', () => {
  test('combines a search with other conditions of a filter', async () => {
    await createLabel(users.maintainer, project, 'unused')
    expect(await findTitles('fail', users.viewer, { title: { startsWith: 'Work' } })).toEqual([workflows])
    expect(await findTitles('fail', users.viewer, { not: { search: 'log4j' } })).toEqual([workflows])
    expect(await findTitles('', users.viewer, { or: [{ search: 'balloon' }, { search: 'flow' }] })).toEqual([
      workflows,
      balloon,
    ])
    expect(await findTitles('fail', users.viewer, { and: [{ search: 'executor' }, { kind: 'ISSUE' }] })).toEqual([
      executor,
    ])
    expect(await findTitles('solder', users.viewer, { kind: 'DEFECT', label: { some: ['unused'] } })).toEqual([])
  })
})

describe('RELEVANCE', () => {
  const zebras = { project: { eq: 'RANK' }, search: 'zebra' }
  beforeAll(async () => {
    await createProject(users.maintainer, 'RANK', 'VIEWER')
    const { id } = await createIssue(users.maintainer, 'RANK', 'In a comment')
    await users.maintainer.ask(Comment, { input: { ticketId: id, body: 'A zebra' } })
    await createIssue(users.maintainer, 'RANK', 'A part of a word', { description: 'megazebras' })
    await createIssue(users.maintainer, 'RANK', 'In the description', { description: 'Many zebras' })
    await createIssue(users.maintainer, 'RANK', 'A zebra in the title')
  })

  const best: TicketOrder[] = [{ field: 'RELEVANCE', direction: 'DESC' }]
  const ranked = ['A zebra in the title', 'In the description', 'In a comment', 'A part of a word']

  test('orders by relevance: title, description, comment, part of a word', async () => {
    const titles = async (orderBy: TicketOrder[]) =>
      (await users.viewer.ask(Find, { filter: zebras, orderBy })).tickets.nodes.map(({ title }) => title)
    expect(await titles(best)).toEqual(ranked)
    expect(await titles([{ field: 'RELEVANCE' }])).toEqual(ranked.toReversed())
  })

  test('returns pages ordered by relevance in both directions', async () => {
    for (const [forward, size] of [
      [true, 1],
      [true, 3],
      [false, 1],
      [false, 3],
    ] as const) {
      const titles: string[] = []
      for (let cursor: string | null | undefined = null; ; ) {
        const page: object = forward ? { first: size, after: cursor } : { last: size, before: cursor }
        const response: FindQuery = await users.viewer.ask(Find, { filter: zebras, orderBy: best, ...page })
        const { nodes, pageInfo } = response.tickets
        const part = nodes.map(({ title }) => title)
        titles.splice(forward ? titles.length : 0, 0, ...part)
        cursor = forward ? pageInfo.endCursor : pageInfo.startCursor
        if (!(forward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage)) break
      }
      expect(titles).toEqual(ranked)
    }
  })

  test('orders by the relevance of all searches of a filter', async () => {
    const filter: TicketFilter = {
      or: [{ search: 'zebra' }, { title: { eq: 'x' }, search: 'part word' }],
      project: { eq: 'RANK' },
    }
    expect((await users.viewer.ask(Find, { filter, orderBy: best })).tickets.nodes[0]?.title).toBe('A part of a word')
  })

  test('requires a search in the filter to order by RELEVANCE', async () => {
    const orderBy: TicketOrder[] = [{ field: 'TITLE' }, { field: 'RELEVANCE' }]
    for (const filter of [{}, { not: { search: 'zebra' } }])
      expect((await users.viewer.expectError(Find, { filter, orderBy })).extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fieldErrors: [{ path: 'orderBy.1.field', message: 'must not be RELEVANCE without `search` in the filter' }],
      })
  })
})

describe('random searches', () => {
  test('accepts any text as a search', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        '"',
        '-',
        'or',
        ' OR ',
        '-"',
        "'",
        ':',
        '&',
        '|',
        '!',
        '(',
        '<->',
        '*',
        '\\',
        '%',
        '_',
        '\u{1f41b}',
        'the',
        'of',
        '\t',
        '-or',
        "':*'",
      ),
    )
    const search = fc
      .array(piece, { maxLength: 40 })
      .map((pieces) => pieces.join('').toWellFormed().replaceAll('\0', '').slice(0, 1000).toWellFormed())
    await fc.assert(
      fc.asyncProperty(search, async (text) => {
        await users.viewer.ask(Find, { filter: { search: text }, orderBy: text.trim() ? [{ field: 'RELEVANCE' }] : [] })
      }),
      { numRuns: 15 },
    )
    for (const text of [
      'x'.repeat(1000),
      'ä'.repeat(1000),
      'a '.repeat(500),
      '"'.repeat(1000),
      '\u{1f41b}'.repeat(500),
      'or '.repeat(300),
    ])
      await users.viewer.ask(Find, { filter: { search: text }, orderBy: [{ field: 'RELEVANCE' }] })
  })

  test('finds a ticket by any part of its title with three consecutive letters or digits', async () => {
    const title = 'The qu1ck_brown-fox:: jumps (over) %the% lazy dog.cpp \u{1f98a} Ünïcode'
    await createIssue(users.maintainer, project, title)
    const letters = [...title]
    await fc.assert(
      fc.asyncProperty(fc.nat(letters.length - 1), fc.integer({ min: 1, max: 30 }), async (start, length) => {
        const part = letters
          .slice(start, start + length)
          .join('')
          .trim()
        if (/[\p{L}\p{N}]{3}/u.test(part)) expect(await findTitles(`"${part}"`)).toContain(title)
      }),
      { numRuns: 30 },
    )
  })

  test.each([
    ['a long search', 'x'.repeat(1001), 'must be at most 1000 characters (got 1001)'],
    ['a search with NUL', 'a\0b', 'contains an invalid character (NUL or an unpaired surrogate)'],
    ['a search with an unpaired surrogate', 'a\ud800', 'contains an invalid character (NUL or an unpaired surrogate)'],
  ])('rejects %s', async (_description, search, message) => {
    const nested = { and: [{ search }] }
    expect((await users.viewer.expectError(Find, { filter: nested })).extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fieldErrors: [{ path: 'filter.and.0.search', message }],
    })
  })
})

describe('many search results', () => {
  beforeAll(async () => {
    await createProject(users.maintainer, 'MANY')
    await server.database.pool.query(
      `INSERT INTO tickets (project_id, number, kind, title, reporter_id)
     SELECT p.id, n, 'ISSUE', CASE WHEN n % 2 = 0 THEN 'A frequent word ' ELSE 'A frequent and rare word ' END || n, $1
     FROM projects p, generate_series(1, 700) n WHERE p.key = 'MANY'`,
      [users.maintainer.id],
    )
  })

  test('returns all pages of frequent and rare search results by cursor and by offset', async () => {
    const document = graphql(`
    query FoundPages($search: String!, $after: String, $offset: Int) {
      tickets(filter: { search: $search }, orderBy: [{ field: NUMBER }], first: 150, after: $after, offset: $offset) {
        totalCount nodes { number } pageInfo { hasNextPage endCursor }
      }
    }
  `)
    for (const [search, step] of [
      ['frequent', 1],
      ['rare', 2],
    ] as const) {
      const expected = Array.from({ length: 700 / step }, (_, n) => 1 + n * step)
      const byCursor: number[] = []
      for (let after: string | null = null; ; ) {
        const { tickets }: Awaited<ReturnType<typeof page>> = await page({ search, after, offset: null })
        byCursor.push(...tickets.nodes.map(({ number }) => number))
        expect(tickets.totalCount).toBe(expected.length)
        after = tickets.pageInfo.endCursor
        if (!tickets.pageInfo.hasNextPage) break
      }
      expect(byCursor).toEqual(expected)
      const { tickets } = await page({ search, after: null, offset: 300 })
      expect(tickets.nodes.map(({ number }) => number)).toEqual(expected.slice(300, 450))
    }
    function page(variables: { search: string; after: string | null; offset: number | null }) {
      return users.maintainer.ask(document, variables)
    }
  })

  test('runs one statement for a list by relevance with excerpts', async () => {
    const document = graphql(`
    query FindWithExcerpts($search: String!) {
      tickets(filter: { search: $search }, orderBy: [{ field: RELEVANCE, direction: DESC }]) {
        totalCount nodes { title excerpt(search: $search) { text hits { start end } } }
      }
    }
  `)
    await users.viewer.ask(document, { search: 'fail' })
    const { result, sent } = await statementsOf(server, () => users.viewer.ask(document, { search: 'fail' }))
    expect(result.tickets.nodes.length).toBeGreaterThan(1)
    expect(sent).toHaveLength(1)
  })

  test('counts a list up to a limit, with and without a search', async () => {
    const counts = async (filter: TicketFilter, orderBy: TicketOrder[] = []) =>
      await users.maintainer.ask(
        graphql(`
          query BoundedCounts($filter: TicketFilter, $orderBy: [TicketOrder!]) {
            rows: tickets(filter: $filter, orderBy: $orderBy, first: 1) {
              nodes { id } few: totalCountUpTo(limit: 3) most: totalCountUpTo(limit: 650) default: totalCountUpTo
            }
            count: tickets(filter: $filter, orderBy: $orderBy) { few: totalCountUpTo(limit: 3) default: totalCountUpTo }
            all: tickets(filter: $filter, first: 1) { nodes { id } few: totalCountUpTo(limit: 3) totalCount }
          }
        `),
        { filter, orderBy },
      )
    const relevant: TicketOrder[] = [{ field: 'RELEVANCE', direction: 'DESC' }]
    const project = { eq: 'MANY' }
    for (const [filter, orderBy, total] of [
      [{ project }, [], 700],
      [{ project, search: 'frequent' }, [], 700],
      [{ project, search: 'frequent' }, relevant, 700],
      [{ project, search: 'rare' }, relevant, 350],
      [{ project, search: 'nothing' }, relevant, 0],
    ] as const) {
      const few = Math.min(3, total)
      expect(await counts(filter, [...orderBy])).toMatchObject({
        rows: { few, most: Math.min(650, total), default: total },
        count: { few, default: total },
        all: { few, totalCount: total },
      })
    }
    for (const size of [0, -1, 10_001]) {
      const { errors } = await users.maintainer.post({ query: `{ tickets { totalCountUpTo(limit: ${size}) } }` })
      expect(errors?.[0]?.extensions).toMatchObject({
        fieldErrors: [{ path: 'limit', message: expect.stringContaining('between 1 and 10,000') }],
      })
    }
  })
})
