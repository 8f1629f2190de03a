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
  type Person,
  setMember,
  signUp,
} from './support/people.ts'

// What is asked here may cost more than it is worth.
const server = useServer({ SNAGLIST_COST_LIMIT: '100000000' })
let ada: Person
let ben: Person

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

const keys = async (filter: TicketFilter) => {
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
  ['{} is everything that is not archived', {}, [1, 2, 3, 4, 5]],
  ['a null field says nothing', { status: null, and: null }, [1, 2, 3, 4, 5]],
  ['an empty comparator says nothing', { title: {}, assignee: {} }, [1, 2, 3, 4, 5]],
  ['an empty or is nothing', { or: [] }, []],
  ['an empty and is everything', { and: [] }, [1, 2, 3, 4, 5]],
  ['an empty in is nothing', { id: { in: [] } }, []],
  ['an empty notIn is everything', { resolution: { notIn: [] } }, [1, 2, 3, 4, 5]],
  ['archived ones alone', { archived: true }, [6]],
  ['archived ones and others', { archived: null }, [1, 2, 3, 4, 5, 6]],
  ['archived inside of or', { archived: null, or: [{ archived: true }, { kind: 'DEFECT' }] }, [4, 5, 6]],
  ['archived inside of not', { archived: null, not: { archived: false } }, [6]],
  ['kind', { kind: 'DEFECT' }, [4, 5]],
  ['keys in any case', { id: { in: ['CORE-1', 'core-4', 'CORE-99', 'NONE-1'] } }, [1, 4]],
  ['not these keys', { id: { notIn: ['CORE-1', 'CORE-2'] } }, [3, 4, 5]],
  ['project by key', { project: { eq: 'core' } }, [1, 2, 3, 4, 5]],
  ['another project', { project: { notIn: ['CORE'] } }, []],
  ['text without case', { title: { eq: 'LOGIN FAILS' } }, [1]],
  ['text beyond ASCII without case', { title: { startsWith: 'äRGER' } }, [3]],
  ['one of texts', { title: { in: ['bridge', 'Cold Joint'] } }, [4, 5]],
  ['% stands for itself', { description: { contains: '0% of' } }, [1]],
  ['_ stands for itself', { title: { contains: 'n_p' } }, [2]],
  ['_ is no wildcard', { title: { startsWith: 'login_f' } }, []],
  ['a backslash stands for itself', { description: { contains: '\\' } }, [2]],
  ...['\r\n\r\n\tsec', '\n\tSecond', 'st\r\n', '\n'].map(
    (text) =>
      [
        `white space stands for itself: ${JSON.stringify(text)}`,
        { archived: true, description: { contains: text } },
        [6],
      ] as const,
  ),
  ['one white space for another', { archived: true, description: { contains: 'first second' } }, []],
  ['a part of a word', { title: { contains: 'GIN' } }, [1, 2]],
  ['two letters', { title: { contains: 'mm' } }, []],
  ['no text', { description: { isNull: true } }, [3, 4, 5]],
  ['some text', { description: { isNull: false } }, [1, 2]],
  ['not a text counts rows without any', { not: { description: { contains: 'time' } } }, [2, 3, 4, 5]],
  ['status', { status: { in: ['RESOLVED', 'CLOSED'] } }, [2, 5]],
  ['resolution', { resolution: { eq: 'DUPLICATE' } }, [2]],
  ['notIn counts rows without a value', { resolution: { notIn: ['DUPLICATE'] } }, [1, 3, 4, 5]],
  ['priority by rank', { priority: { gte: 'MEDIUM', lte: 'HIGH' } }, [1, 3, 4, 5]],
  ['assignee by username', { assignee: { eq: 'BEN' } }, [1]],
  ['one of assignees', { assignee: { in: ['ada', 'ben', 'nobody'] } }, [1, 3]],
  ['the viewer', { assignee: { isViewer: true } }, [3]],
  ['not the viewer, or nobody', { assignee: { isViewer: false } }, [1, 2, 4, 5]],
  ['nobody', { assignee: { isNull: true } }, [2, 4, 5]],
  ['not an assignee counts the unassigned', { not: { assignee: { eq: 'ben' } } }, [2, 3, 4, 5]],
  ['reporter', { reporter: { eq: 'ben' } }, [2, 3, 5]],
  ['some label, without case', { label: { some: ['bug', 'none such'] } }, [1]],
  ['every label', { label: { every: ['UI', 'Bug'] } }, [1]],
  ['every of no label is everything', { label: { every: [] } }, [1, 2, 3, 4, 5]],
  ['no such label', { label: { none: ['bug'] } }, [2, 3, 4, 5]],
  ['no label at all', { label: { isEmpty: true } }, [3, 4, 5]],
  ['a label', { label: { isEmpty: false } }, [1, 2]],
  ['since a duration ago', { createdAt: { gte: '-P3DT1H' } }, [1, 2, 3]],
  ['before a duration ago', { createdAt: { lt: '-PT60H' } }, [3, 4, 5]],
  ['before a time to come', { createdAt: { lt: 'P1D' } }, [1, 2, 3, 4, 5]],
  ['a fixed time', { createdAt: { gt: '2001-01-01T00:00:00+02:00', lte: '2001-01-02T00:00:00Z' } }, []],
  ['updated', { updatedAt: { gte: '-PT150M' } }, [1, 2]],
  ['never resolved', { resolvedAt: { isNull: true } }, [1, 3, 4]],
  ['resolved', { resolvedAt: { gte: '-PT4M' } }, [2]],
  ['all fields together', { kind: 'ISSUE', priority: { eq: 'LOW' }, label: { some: ['ui'] } }, [2]],
  [
    'nested',
    { or: [{ and: [{ kind: 'DEFECT' }, { not: { status: { eq: 'CLOSED' } } }] }, { title: { eq: 'login fails' } }] },
    [1, 4],
  ],
]

test.each(cases)('%s', async (_name, filter, expected) => {
  expect(await keys(filter)).toEqual(expected)
})

const defectCases: readonly (readonly [string, DefectFilter, readonly string[]])[] = [
  ['category without case', { category: { eq: 'SOLDERING' } }, ['CORE-4', 'CORE-5']],
  ['subcategory', { subcategory: { isNull: true } }, ['CORE-5']],
  ['serial number without case', { absn: { eq: 'AB-1' } }, ['CORE-4']],
  ['who found it', { reportedBy: { startsWith: 'station' } }, ['CORE-4']],
  ['severity by rank', { severity: { gte: 'MAJOR' } }, ['CORE-4']],
  ['disposition', { disposition: { notIn: ['SCRAP'] } }, ['CORE-4']],
  [
    'nested',
    { or: [{ absn: { eq: 'ab-2' } }, { severity: { eq: 'CRITICAL' } }], not: { status: { eq: 'CLOSED' } } },
    ['CORE-4'],
  ],
]

test.each(defectCases)('defects: %s', async (_name, filter, expected) => {
  expect((await ada.ask(FilteredDefects, { filter })).defects.nodes.map(({ key }) => key)).toEqual(expected)
})

describe('a filter that cannot be', () => {
  test('is refused with every fault and its path', async () => {
    const { extensions } = await ada.refusal(Filtered, {
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

  test('by its size is refused: over 1,000 comparisons, or variables nested over 50 deep', async () => {
    const many = {
      or: Array.from({ length: 100 }, () => ({ and: Array.from({ length: 10 }, () => ({ title: { eq: 'x' } })) })),
    }
    const { extensions } = await ada.refusal(Filtered, { filter: many })
    expect(extensions?.fieldErrors).toEqual([
      { path: 'filter', message: 'must contain at most 1000 comparisons (got 2101)' },
    ])
    // Too deep for JSON.stringify, too.
    const deep = `${'{"not":'.repeat(20_000)}{}${'}'.repeat(20_000)}`
    const answer = await ada.post(`{"query":${JSON.stringify(Filtered.toString())},"variables":{"filter":${deep}}}`)
    expect([answer.status, answer.errors?.[0]?.extensions?.code]).toEqual([400, 'QUERY_TOO_COMPLEX'])
  })

  test('by its duration or time is refused', async () => {
    for (const gte of ['P', 'PT', '-P9999999D', 'P1001Y', '7 days', '2026-02-30T00:00:00Z', '']) {
      const { extensions } = await ada.refusal(Filtered, { filter: { createdAt: { gte } } })
      expect(extensions?.code).toBe('BAD_USER_INPUT')
      expect(extensions?.fieldErrors?.[0]?.path).toBe('filter.createdAt.gte')
    }
  })
})

test('a filter, its opposite and the two together part the tickets, whatever the filter', async () => {
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
    fc.asyncProperty(filter, async (given) => {
      const [matching, opposite, both, either] = await Promise.all([
        keys(given),
        keys({ not: given }),
        keys({ and: [given, { not: given }] }),
        keys({ or: [given, { not: given }] }),
      ])
      expect([...matching, ...opposite].toSorted()).toEqual([1, 2, 3, 4, 5])
      expect(both).toEqual([])
      expect(either).toEqual([1, 2, 3, 4, 5])
    }),
    { numRuns: 25 },
  )
})
