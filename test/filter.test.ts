import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { DefectFilter, TicketFilter } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import {
  createDefect,
  createIssue,
  createLabel,
  createProject,
  setMember,
  signUp,
  type TestUser,
} from './support/people.ts'

const server = useServer({ SNAGLIST_COST_LIMIT: '100000000' })
let ada: TestUser
let ben: TestUser

const Filtered = graphql(`
  query Filtered($filter: TicketFilter) { tickets(filter: $filter, orderBy: [{ field: NUMBER }]) { totalCount nodes { key } } }
`)
const FilteredDefects = graphql(`
  query FilteredDefects($filter: DefectFilter) { defects(filter: $filter, orderBy: [{ field: NUMBER }]) { nodes { key } } }
`)
const Patch = graphql(`mutation FilterPatch($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { id } } }`)
const PatchDefect = graphql(
  `mutation FilterPatchDefect($input: UpdateDefectInput!) { updateDefect(input: $input) { defect { id } } }`,
)
const Archive = graphql(`mutation FilterArchive($id: ID!) { archiveTicket(input: { id: $id }) { ticket { id } } }`)

const numbersOf = async (filter: TicketFilter) => {
  const { nodes, totalCount } = (await ada.ask(Filtered, { filter })).tickets
  expect(totalCount).toBe(nodes.length)
  return nodes.map(({ key }) => Number(key.split('-')[1]))
}

beforeAll(async () => {
  ada = await signUp(server, 'ada')
  ben = await signUp(server, 'ben')
  await createProject(ada, 'CORE')
  await setMember(ada, 'CORE', ben.id, 'CONTRIBUTOR')
  const bug = await createLabel(ada, 'CORE', 'Bug')
  const ui = await createLabel(ada, 'CORE', 'ui')
  await createIssue(ada, 'CORE', 'Login fails', {
    description: '100% of the time',
    labelIds: [bug, ui],
    assigneeId: 'ben',
    priority: 'HIGH',
  })
  await createIssue(ben, 'CORE', 'login_page is slow', { description: 'A\\B', labelIds: [ui], priority: 'LOW' })
  await createIssue(ben, 'CORE', 'Ärger mit Umlauten', { assigneeId: 'ada' })
  await createDefect(ada, 'CORE', 'Soldering', {
    title: 'Cold joint',
    absn: 'ab-1',
    subcategory: 'Joint',
    severity: 'CRITICAL',
    reportedBy: 'Station 3',
  })
  await createDefect(ben, 'CORE', 'soldering', { title: 'Bridge', absn: 'AB-2', severity: 'MINOR' })
  await createIssue(ada, 'CORE', 'Put away', { description: 'First\r\n\r\n\tsecond' })
  await ada.ask(Archive, { id: 'CORE-6' })
  await ada.ask(Patch, { input: { id: 'CORE-2', status: 'RESOLVED', resolution: 'DUPLICATE' } })
  await ada.ask(PatchDefect, { input: { id: 'CORE-5', status: 'CLOSED', disposition: 'SCRAP' } })
  await ada.ask(Patch, { input: { id: 'CORE-3', status: 'IN_PROGRESS' } })
  await server.database.pool.query(
    "UPDATE tickets SET created_at = now() - number * interval '1 day', updated_at = now() - number * interval '1 hour', resolved_at = CASE WHEN resolved_at IS NOT NULL THEN now() - number * interval '1 minute' END",
  )
})

const cases: readonly (readonly [string, TicketFilter, readonly number[]])[] = [
  ['matches all tickets that are not archived with {}', {}, [1, 2, 3, 4, 5]],
  ['ignores a null field', { status: null, and: null }, [1, 2, 3, 4, 5]],
  ['ignores an empty comparator', { title: {}, assignee: {} }, [1, 2, 3, 4, 5]],
  ['matches nothing with an empty or', { or: [] }, []],
  ['matches everything with an empty and', { and: [] }, [1, 2, 3, 4, 5]],
  ['matches nothing with an empty in', { id: { in: [] } }, []],
  ['matches everything with an empty notIn', { resolution: { notIn: [] } }, [1, 2, 3, 4, 5]],
  ['matches archived tickets only', { archived: true }, [6]],
  ['matches archived and other tickets', { archived: null }, [1, 2, 3, 4, 5, 6]],
  ['combines archived with or', { archived: null, or: [{ archived: true }, { kind: 'DEFECT' }] }, [4, 5, 6]],
  ['negates archived', { archived: null, not: { archived: false } }, [6]],
  ['matches a kind', { kind: 'DEFECT' }, [4, 5]],
  ['matches keys in any case', { id: { in: ['CORE-1', 'core-4', 'CORE-99', 'NONE-1'] } }, [1, 4]],
  ['excludes keys', { id: { notIn: ['CORE-1', 'CORE-2'] } }, [3, 4, 5]],
  ['matches a project by key', { project: { eq: 'core' } }, [1, 2, 3, 4, 5]],
  ['excludes a project', { project: { notIn: ['CORE'] } }, []],
  ['matches text case-insensitively', { title: { eq: 'LOGIN FAILS' } }, [1]],
  ['matches text beyond ASCII case-insensitively', { title: { startsWith: 'äRGER' } }, [3]],
  ['matches one of several texts', { title: { in: ['bridge', 'Cold Joint'] } }, [4, 5]],
  ['matches a literal %', { description: { contains: '0% of' } }, [1]],
  ['matches a literal _', { title: { contains: 'n_p' } }, [2]],
  ['does not match _ as a wildcard', { title: { startsWith: 'login_f' } }, []],
  ['matches a literal backslash', { description: { contains: '\\' } }, [2]],
  ...['\r\n\r\n\tsec', '\n\tSecond', 'st\r\n', '\n'].map(
    (text) =>
      [
        `matches literal white space: ${JSON.stringify(text)}`,
        { archived: true, description: { contains: text } },
        [6],
      ] as const,
  ),
  ['distinguishes white space', { archived: true, description: { contains: 'first second' } }, []],
  ['matches a part of a word', { title: { contains: 'GIN' } }, [1, 2]],
  ['matches two letters', { title: { contains: 'mm' } }, []],
  ['matches a missing text', { description: { isNull: true } }, [3, 4, 5]],
  ['matches an existing text', { description: { isNull: false } }, [1, 2]],
  ['includes missing texts in a negated comparison', { not: { description: { contains: 'time' } } }, [2, 3, 4, 5]],
  ['matches one of several statuses', { status: { in: ['RESOLVED', 'CLOSED'] } }, [2, 5]],
  ['matches a resolution', { resolution: { eq: 'DUPLICATE' } }, [2]],
  ['includes missing values in notIn', { resolution: { notIn: ['DUPLICATE'] } }, [1, 3, 4, 5]],
  ['compares priorities by rank', { priority: { gte: 'MEDIUM', lte: 'HIGH' } }, [1, 3, 4, 5]],
  ['matches an assignee by username', { assignee: { eq: 'BEN' } }, [1]],
  ['matches one of several assignees', { assignee: { in: ['ada', 'ben', 'nosuchuser'] } }, [1, 3]],
  ['matches the viewer', { assignee: { isViewer: true } }, [3]],
  ['matches other users and unassigned tickets', { assignee: { isViewer: false } }, [1, 2, 4, 5]],
  ['matches unassigned tickets', { assignee: { isNull: true } }, [2, 4, 5]],
  ['includes unassigned tickets in a negated comparison', { not: { assignee: { eq: 'ben' } } }, [2, 3, 4, 5]],
  ['matches a reporter', { reporter: { eq: 'ben' } }, [2, 3, 5]],
  ['matches some label case-insensitively', { label: { some: ['bug', 'none such'] } }, [1]],
  ['matches every label', { label: { every: ['UI', 'Bug'] } }, [1]],
  ['matches everything with an empty every', { label: { every: [] } }, [1, 2, 3, 4, 5]],
  ['excludes a label', { label: { none: ['bug'] } }, [2, 3, 4, 5]],
  ['matches tickets without labels', { label: { isEmpty: true } }, [3, 4, 5]],
  ['matches tickets with labels', { label: { isEmpty: false } }, [1, 2]],
  ['matches times since a duration ago', { createdAt: { gte: '-P3DT1H' } }, [1, 2, 3]],
  ['matches times before a duration ago', { createdAt: { lt: '-PT60H' } }, [3, 4, 5]],
  ['matches times before a future time', { createdAt: { lt: 'P1D' } }, [1, 2, 3, 4, 5]],
  [
    'matches a range of fixed times',
    { createdAt: { gt: '2001-01-01T00:00:00+02:00', lte: '2001-01-02T00:00:00Z' } },
    [],
  ],
  ['matches the time of the last change', { updatedAt: { gte: '-PT150M' } }, [1, 2]],
  ['matches unresolved tickets', { resolvedAt: { isNull: true } }, [1, 3, 4]],
  ['matches the time of resolution', { resolvedAt: { gte: '-PT4M' } }, [2]],
  ['matches all fields together', { kind: 'ISSUE', priority: { eq: 'LOW' }, label: { some: ['ui'] } }, [2]],
  [
    'matches nested filters',
    { or: [{ and: [{ kind: 'DEFECT' }, { not: { status: { eq: 'CLOSED' } } }] }, { title: { eq: 'login fails' } }] },
    [1, 4],
  ],
]

test.each(cases)('ticket filter %s', async (_name, filter, expected) => {
  expect(await numbersOf(filter)).toEqual(expected)
})

const defectCases: readonly (readonly [string, DefectFilter, readonly string[]])[] = [
  ['matches a category of a defect case-insensitively', { category: { eq: 'SOLDERING' } }, ['CORE-4', 'CORE-5']],
  ['matches a missing subcategory', { subcategory: { isNull: true } }, ['CORE-5']],
  ['matches a serial number case-insensitively', { absn: { eq: 'AB-1' } }, ['CORE-4']],
  ['matches the beginning of reportedBy', { reportedBy: { startsWith: 'station' } }, ['CORE-4']],
  ['compares severities by rank', { severity: { gte: 'MAJOR' } }, ['CORE-4']],
  ['includes missing dispositions in notIn', { disposition: { notIn: ['SCRAP'] } }, ['CORE-4']],
  [
    'matches nested filters of defects',
    { or: [{ absn: { eq: 'ab-2' } }, { severity: { eq: 'CRITICAL' } }], not: { status: { eq: 'CLOSED' } } },
    ['CORE-4'],
  ],
]

test.each(defectCases)('defect filter %s', async (_name, filter, expected) => {
  expect((await ada.ask(FilteredDefects, { filter })).defects.nodes.map(({ key }) => key)).toEqual(expected)
})

describe('invalid filters', () => {
  test('reports all errors of a filter with their paths', async () => {
    const { extensions } = await ada.expectError(Filtered, {
      filter: {
        id: { in: ['CORE-1', '?'] },
        and: [{ assignee: { eq: 'not a name!' } }],
        title: { eq: null },
        project: { notIn: ['1'] },
      },
    })
    expect(extensions?.code).toBe('BAD_USER_INPUT')
    expect(extensions?.fieldErrors?.map(({ path }) => path).toSorted()).toEqual([
      'filter.and.0.assignee.eq',
      'filter.id.in.1',
      'filter.project.notIn.0',
      'filter.title.eq',
    ])
    expect(extensions?.fieldErrors?.find(({ path }) => path === 'filter.and.0.assignee.eq')?.message).toBe(
      'is neither a user id nor a username',
    )
  })

  test('rejects a filter with over 1,000 fields and nested filters or variables nested over 50 levels deep', async () => {
    const many = {
      or: Array.from({ length: 100 }, () => ({ and: Array.from({ length: 10 }, () => ({ title: { eq: 'x' } })) })),
    }
    const { extensions } = await ada.expectError(Filtered, { filter: many })
    expect(extensions?.fieldErrors).toEqual([
      { path: 'filter', message: 'must contain at most 1000 fields and nested filters (got 2101)' },
    ])
    // Also too deep for JSON.stringify.
    const deep = `${'{"not":'.repeat(20_000)}{}${'}'.repeat(20_000)}`
    const response = await ada.post(`{"query":${JSON.stringify(Filtered.toString())},"variables":{"filter":${deep}}}`)
    expect([response.status, response.errors?.[0]?.extensions?.code]).toEqual([400, 'QUERY_TOO_COMPLEX'])
  })

  test('rejects a filter with an invalid duration or time', async () => {
    for (const gte of ['P', 'PT', '-P9999999D', 'P1001Y', '7 days', '2026-02-30T00:00:00Z', '']) {
      const { extensions } = await ada.expectError(Filtered, { filter: { createdAt: { gte } } })
      expect(extensions?.code).toBe('BAD_USER_INPUT')
      expect(extensions?.fieldErrors?.[0]?.path).toBe('filter.createdAt.gte')
    }
  })
})

test('partitions all tickets by a random filter and its negation', async () => {
  const leaf: fc.Arbitrary<TicketFilter> = fc.constantFrom(
    ...cases.map(([, filter]) => filter).filter((filter) => filter.archived === undefined && !filter.or?.length),
  )
  const { filter } = fc.letrec<{ filter: TicketFilter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 1, depthIdentifier: 'filter' },
      leaf,
      fc.record({ and: fc.array(tie('filter'), { maxLength: 2, depthIdentifier: 'filter' }) }),
      fc.record({ or: fc.array(tie('filter'), { maxLength: 2, depthIdentifier: 'filter' }) }),
      fc.record({ not: tie('filter') }),
    ),
  }))
  await fc.assert(
    fc.asyncProperty(filter, async (randomFilter) => {
      const [matching, opposite, both, either] = await Promise.all([
        numbersOf(randomFilter),
        numbersOf({ not: randomFilter }),
        numbersOf({ and: [randomFilter, { not: randomFilter }] }),
        numbersOf({ or: [randomFilter, { not: randomFilter }] }),
      ])
      expect([...matching, ...opposite].toSorted()).toEqual([1, 2, 3, 4, 5])
      expect(both).toEqual([])
      expect(either).toEqual([1, 2, 3, 4, 5])
    }),
    { numRuns: 25 },
  )
})
