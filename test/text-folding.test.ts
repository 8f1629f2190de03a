import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { importCsv } from './support/imports.ts'
import {
  createDefect,
  createIssue,
  createLabel,
  createProject,
  createTestUsers,
  type TestUsers,
} from './support/people.ts'

const server = useServer({ SNAGLIST_COST_LIMIT: '1000000' })
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const FoldingLabel = graphql(`
  mutation FoldingLabel($input: CreateLabelInput!) { createLabel(input: $input) { label { name } } }
`)
const FoldingTickets = graphql(`
  query FoldingTickets($filter: TicketFilter, $search: String!) {
    tickets(filter: $filter) { totalCount nodes { title excerpt(search: $search) { text hits { start end } } } }
  }
`)
const FoldingLabels = graphql(`
  query FoldingLabels($id: ID!) {
    project(id: $id) { labels { name } }
    tickets(filter: { project: { eq: $id } }) { nodes { labels { name } } }
  }
`)
const FoldingPareto = graphql(`
  query FoldingPareto($project: ID!) {
    reports(filter: { project: { eq: $project } }) { pareto(by: CATEGORY) { value count filter } }
  }
`)

const tickets = async (project: string, filter: object, search = '') =>
  (await users.maintainer.ask(FoldingTickets, { filter: { project: { eq: project }, ...filter }, search })).tickets

async function areEqualInSql(one: string, other: string): Promise<boolean> {
  const { rows } = await server.database.pool.query<{ equal: boolean }>(
    'SELECT fold_case(normalize($1, NFC)) = fold_case(normalize($2, NFC)) AS equal',
    [one, other],
  )
  return rows[0]?.equal ?? false
}

let count = 0
const newProject = async () => (await createProject(users.maintainer, `FOLD${++count}`)).key

describe('texts without case', () => {
  const letters = [
    'i',
    'I',
    'İ',
    'ı',
    'ς',
    'Σ',
    'σ',
    'ß',
    'ẞ',
    'ss',
    'µ',
    'Μ',
    'K',
    '\u212a',
    'ſ',
    'S',
    'ǅ',
    'ǆ',
    'Ж',
    'ж',
  ]
  const forms = ['é', 'E\u0301', '한', '\u1112\u1161\u11ab', 'ᾳ', '\u03b1\u0345', '\u0958', '\u0915\u093c']
  const name = fc
    .array(fc.constantFrom(...letters, ...forms), { minLength: 1, maxLength: 2 })
    .map((parts) => parts.join(''))

  test('are equal for unique names, filters and imports if they are equal in SQL', async () => {
    await fc.assert(
      fc.asyncProperty(name, name, async (first, second) => {
        const project = await newProject()
        const isEqual = await areEqualInSql(first, second)
        const labelIds = [await createLabel(users.maintainer, project, first)]
        const { errors } = await users.maintainer.send(FoldingLabel, {
          input: { projectId: project, name: second, color: '#336699' },
        })
        expect(errors?.[0]?.message).toBe(isEqual ? 'The project already has a label with this name.' : undefined)
        await createIssue(users.maintainer, project, first, { labelIds })
        for (const filter of [{ title: { eq: second } }, { title: { in: [second] } }, { label: { some: [second] } }])
          expect((await tickets(project, filter)).totalCount).toBe(isEqual ? 1 : 0)

        const imported = await newProject()
        const file = `title,labels\nOne,${first};${second}\nTwo,${second}\n`
        await importCsv(users.maintainer, file, { projectId: imported, kind: 'ISSUE', createLabels: true })
        const result = await users.maintainer.ask(FoldingLabels, { id: imported })
        expect(result.project?.labels).toHaveLength(isEqual ? 1 : 2)
        expect(result.tickets.nodes.map(({ labels }) => labels.length).toSorted()).toEqual([1, isEqual ? 1 : 2])
      }),
      { numRuns: 12 },
    )
  })

  test('keep their length in UTF-16 when SQL folds them, for every code point', async () => {
    const { rows } = await server.database.pool.query(`
      SELECT code FROM generate_series(1, 1114111) AS code, LATERAL (SELECT fold_case(chr(code)) AS folded) letter
      WHERE code NOT BETWEEN 55296 AND 57343
        AND (length(folded) <> 1 OR (ascii(folded) > 65535) <> (code > 65535) OR fold_case(folded) <> folded)`)
    expect(rows).toEqual([])
  })

  test.each([
    ['İZMİR hattı', 'izmi', '[İZMİ]R hattı'],
    ['KAYIT yok', 'kayıt', '[KAYIT] yok'],
    ['ΛΑΘΟΣ στο', 'λαθος', '[ΛΑΘΟΣ] στο'],
    ['ΛΑΘΟΣ στο', 'Λαθοσ', '[ΛΑΘΟΣ] στο'],
    ['μέγας: ένας', '"ΜΈΓΑΣ ΈΝΑΣ"', '[μέγας]: [ένας]'],
    ['Prüfling', 'PRU\u0308F', '[Prüf]ling'],
    ['Pru\u0308fstand', 'prüfSTAND', '[Prüfstand]'],
    ['𐐀𐐁 deseret', '𐐩', '𐐀[𐐁] deseret'],
    ['5 µm gap', '5 μM', '[5] [µm] gap'],
    ['GROẞ', 'groß', '[GROẞ]'],
    ['ＦＵＬＬ width', 'ｆｕｌｌ', '[ＦＵＬＬ] width'],
  ])('have excerpts with the hits of a search: %s', async (title, search, marked) => {
    const project = await newProject()
    await createIssue(users.maintainer, project, title)
    const found = await tickets(project, { search }, search)
    expect(found.totalCount).toBe(1)
    const excerpt = found.nodes[0]?.excerpt
    const text = excerpt?.hits.reduceRight(
      (rest, { start, end }) => `${rest.slice(0, start)}[${rest.slice(start, end)}]${rest.slice(end)}`,
      excerpt.text,
    )
    expect(text).toBe(marked)
  })

  test('have an excerpt for every search that finds them', async () => {
    const letter = fc.constantFrom(...letters, 'e\u0301', ' ', '\u00a0', '\n', '-', ':', 'x')
    const text = fc.array(letter, { minLength: 2, maxLength: 8 }).map((parts) => parts.join(''))
    const cases = text
      .filter((value) => /\p{L}/u.test(value))
      .chain((title) =>
        fc.tuple(fc.constant(title), fc.nat(title.length - 1), fc.integer({ min: 1, max: 4 }), fc.boolean()),
      )
    await fc.assert(
      fc.asyncProperty(cases, async ([title, from, length, isUpper]) => {
        const project = await newProject()
        await createIssue(users.maintainer, project, title)
        const part = title.normalize('NFC').slice(from, from + length)
        const search = `"${isUpper ? part.toUpperCase() : part}"`
        const { nodes } = await tickets(project, { search }, search)
        if (part.trim() !== '') for (const { excerpt } of nodes) expect(excerpt?.hits.length).toBeGreaterThan(0)
        if (!isUpper && /[\p{L}\p{N}]{3}/u.test(part)) expect(nodes).toHaveLength(1)
      }),
      { numRuns: 30 },
    )
  })

  test.each([
    ['startsWith', 'Λαθος'],
    ['contains', 'αθος'],
    ['contains', 'ος'],
    ['eq', 'λάθοΣ'.replace('ά', 'α')],
  ])('match the operator %s of a filter: %s', async (operator, value) => {
    const project = await newProject()
    await createIssue(users.maintainer, project, 'ΛΑΘΟΣ')
    expect((await tickets(project, { title: { [operator]: value } })).totalCount).toBe(1)
  })

  test('are one category, in the first spelling, and one row of a report', async () => {
    const project = await newProject()
    await createDefect(users.maintainer, project, 'Λάθος')
    expect(await createDefect(users.maintainer, project, 'ΛΆΘΟΣ')).toMatchObject({ category: 'Λάθος' })
    expect(await createDefect(users.maintainer, project, 'λα\u0301θοσ')).toMatchObject({ category: 'Λάθος' })
    const { reports } = await users.maintainer.ask(FoldingPareto, { project })
    expect(reports.pareto).toMatchObject([{ value: 'Λάθος', count: 3 }])
  })
})
