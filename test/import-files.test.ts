import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { useServer } from './support/app.ts'
import { useImports } from './support/import-files.ts'
import { countsOf, importCsv } from './support/imports.ts'
import { createLabel } from './support/people.ts'

const server = useServer()
const imports = useImports(server)
const { newProject, importFile, errorsOf } = imports

describe('CSV files', () => {
  test('imports the same tickets with any mix of line ends, blank rows and trailing separators', async () => {
    const cell = fc.constantFrom('Pump', 'Fan, left', 'Says "stop"', 'two\nlines', '7')
    const end = fc.constantFrom('\n', '\r\n', '\r')
    const row = fc.record({
      title: cell,
      end,
      isQuoted: fc.boolean(),
      separators: fc.nat(2),
      blank: fc.constantFrom('', '\n', ' , \r\n', '\r,,\n'),
    })
    const toCell = (text: string, isQuoted: boolean) =>
      isQuoted || /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
    await fc.assert(
      fc.asyncProperty(end, fc.array(row, { minLength: 1, maxLength: 6 }), async (headerEnd, rows) => {
        const csv = rows.map(
          (row, index) =>
            `${toCell(row.title, row.isQuoted)},K${index}${','.repeat(row.separators)}${row.end}${row.blank}`,
        )
        const { tickets, result } = await importFile(`title,externalKey${headerEnd}${csv.join('')}`)
        expect(tickets.map(({ title, externalKey }) => [title, externalKey])).toEqual(
          rows.map(({ title }, index) => [title, `K${index}`]),
        )
        expect(result.rowCount).toBe(rows.length)
      }),
      { numRuns: 10 },
    )
  })

  test.each([
    ['a line that names the separator', 'sep=;\ntitle;status\nA, B;closed\n'],
    ['such a line after a byte order mark', '\ufeff"sep=|"\r\ntitle|status\r\nA, B|closed\r\n'],
    ['blank lines before the header', '\n \r\n\ntitle;status\nA, B;closed\n'],
    ['vertical bars', 'title|status\nA, B|closed\n'],
    ['empty columns at the end', 'title;status;;\nA, B;closed;;\n'],
    ['an empty column without a name', 'title;;status\nA, B;;closed\n'],
  ])('imports a file with %s', async (_description, csv) => {
    expect((await importFile(csv)).tickets).toMatchObject([{ title: 'A, B', status: 'CLOSED' }])
  })

  test('numbers the rows of a file with its blank rows', async () => {
    expect(await errorsOf('title,status\nA,open\n,\n\nB,half\n')).toEqual([
      expect.stringMatching(/^4 status is not a valid/),
    ])
  })

  test('imports rows without their last cells', async () => {
    expect((await importFile('title,status,description\nA\nB,closed\n')).tickets).toMatchObject([
      { title: 'A', status: 'OPEN' },
      { title: 'B', status: 'CLOSED', description: null },
    ])
  })

  test('reports a value in a column without a name', async () => {
    expect(await errorsOf('title,,status\nA,x,open\n')).toEqual([
      '1 column 2 is in a column without a name: name the column, or map it to a field or to IGNORE',
    ])
    const columns = [{ from: 'column 2', to: 'DESCRIPTION' as const }]
    expect((await importFile('title,,status\nA,x,open\n', { columns })).tickets).toMatchObject([{ description: 'x' }])
  })

  test('imports a file of 2,000 columns and ignores those that are not mapped', async () => {
    const names = Array.from({ length: 1999 }, (_, index) => `Custom field ${index}`)
    const { result, tickets } = await importFile(`title,${names.join()}\nA,${names.join()}\n`, { ignoreUnmapped: true })
    expect(tickets).toMatchObject([{ title: 'A' }])
    expect(result.columns.filter(({ fields }) => fields.length === 0).map(({ name }) => name)).toEqual(names)
  })

  test.each([
    ['#', '%'],
    ['काम', 'कमी'],
    ['ที่', 'ทำ'],
    ['Prio\u0308', 'Prio'],
  ])('keeps the columns %s and %s apart', async (title, description) => {
    const columns = [
      { from: title.normalize('NFC'), to: 'TITLE' as const },
      { from: description, to: 'DESCRIPTION' as const },
    ]
    expect((await importFile(`${description},${title}\nd,t\n`, { columns })).tickets).toMatchObject([
      { title: 't', description: 'd' },
    ])
  })

  test.each([
    ['C', 'C++', 'C#'],
    ['Done', '% Done', 'done?'],
    ['Priority', 'Priority #', 'PRIORITY'],
  ])('maps the columns %s, %s and %s by their exact names', async (...names) => {
    const columns = names.map((from, index) => ({
      from,
      to: (['TITLE', 'DESCRIPTION', 'IGNORE'] as const)[index] ?? 'IGNORE',
    }))
    const { tickets } = await importFile(`${names.toReversed().join()}\nignored,description,title\n`, { columns })
    expect(tickets).toMatchObject([{ title: 'title', description: 'description' }])
  })

  test.each([
    ['title,status\nA,open\nB,open\nPr\xfcf,open\n', [3, 'title']],
    ['title,status\nPr\xfcf,open\n', [1, 'title']],
    ['title,status\r\nA,open\r\nB,\xfc\r\n', [2, 'status']],
    [`title,status\n${'A,open\n'.repeat(30_000)}B,\xfc\n`, [30_001, 'status']],
  ])('reports the position of a byte that is not UTF-8', async (csv, [row, column]) => {
    const projectId = await newProject()
    const { faults } = await importCsv(imports.users.maintainer, Buffer.from(csv, 'latin1'), {
      projectId,
      kind: 'ISSUE',
    })
    expect(faults.nodes).toMatchObject([{ row, column, message: 'contains bytes that are not UTF-8' }])
  })

  test('warns about numbers that a spreadsheet has rounded', async () => {
    const csv = 'title,category,absn,externalKey\nA,Paint,1.23457E+11,1\nB,Paint,"1,23457e+11",2\nC,Paint,00123,3\n'
    const { result, tickets } = await importFile(csv, { kind: 'DEFECT' })
    const message = 'looks like a number that a spreadsheet has rounded: compare it with the source'
    expect(result.warnings.nodes).toEqual([
      { row: 1, column: 'absn', value: '1.23457E+11', message },
      { row: 2, column: 'absn', value: '1,23457e+11', message },
    ])
    expect(result.warningCount).toBe(2)
    expect(tickets[2]).toMatchObject({ absn: '00123' })
  })

  test.each([
    [
      'a NUL',
      `title\n${'x'.repeat(300)}\0\n`,
      {},
      'title contains an invalid character (NUL or an unpaired surrogate)',
    ],
    ['many marks', `title\n${'x'.repeat(300)}${'\u0301'.repeat(101)}\n`, {}, 'title contains more than 100 combining'],
    ['70,000 letters', `title\n${'x'.repeat(70_000)}\n`, {}, 'title must be at most 65536 bytes'],
    [
      'a long description',
      `title,description\n${'x'.repeat(3000)},${'y'.repeat(64_000)}\n`,
      {},
      'description is longer than 65,536 bytes with the whole title and the names of people',
    ],
    ['a NUL in a name', 'Title,Assignee(s)\nA,"viewer,\0"\n', { preset: 'GITLAB' as const }, 'Assignee(s) contains an'],
  ])('checks the whole text that a description is made of: %s', async (_description, csv, input, error) => {
    expect(await errorsOf(csv, { truncate: true, ...input })).toEqual([expect.stringContaining(error)])
  })

  test('maps 2,000 columns of the same long name in linear time', async () => {
    const name = 'x'.repeat(400)
    const columns = Array.from({ length: 1000 }, () => ({ from: name, to: 'LABELS' as const }))
    const missing = Array.from({ length: 1000 }, (_, index) => ({ from: `${name}${index}`, to: 'LABELS' as const }))
    const csv = `title${`,${name}`.repeat(1999)}\nA\n`
    expect((await importFile(csv, { columns })).tickets).toMatchObject([{ title: 'A', labels: [] }])
    expect(await errorsOf(csv, { columns: [...columns, ...missing] })).toHaveLength(200)
  })

  test('imports rows of almost a million characters before and after the separator of labels is detected', async () => {
    const rows = Array.from({ length: 7 }, (_, index) => `T${index};"a${index},b";${'x'.repeat(900_000)}\n`)
    const { tickets } = await importFile(`title;labels;note\n${rows.join('')}`, {
      ignoreUnmapped: true,
      createLabels: true,
    })
    expect(tickets.map(({ title, labels }) => [title, labels.map(({ name }) => name)])).toEqual(
      rows.map((_, index) => [`T${index}`, [`a${index}`, 'b']]),
    )
  })

  test('parses cells of a million characters in linear time', async () => {
    const long = 900_000
    expect(
      await errorsOf(
        `title,assignee,createdAt\nA,a${' '.repeat(long)}b,\nB,,${' ('.repeat(long / 2)}\n,"a${' <'.repeat(long / 2)}",\n`,
      ),
    ).toHaveLength(4)
  })

  test('cuts titles and descriptions that are too long with truncate', async () => {
    const title = `${'ä'.repeat(254)} end of the title`
    const csv = `title,description\n${title},${'x'.repeat(70_000)}\n${'y'.repeat(255)},\n`
    expect(await errorsOf(csv)).toHaveLength(2)
    const { result, tickets } = await importFile(csv, { truncate: true })
    expect(tickets[0]?.title).toBe(`${'ä'.repeat(254)}…`)
    expect(tickets[0]?.description).toMatch(new RegExp(`^${title}\n\nx+…$`))
    expect(tickets[1]?.title).toBe('y'.repeat(255))
    expect(result.warnings.nodes).toMatchObject([
      { row: 1, column: 'description', message: 'was cut to 63,488 bytes' },
      { row: 1, column: 'title', message: 'was cut to 255 characters: the description begins with the whole text' },
    ])
  })
})

test('a dry run shows the effect of each row', async () => {
  const projectId = await newProject()
  await createLabel(imports.users.maintainer, projectId, 'ui')
  const input = { projectId, kind: 'ISSUE' as const, onError: 'SKIP' as const }
  await importCsv(imports.users.maintainer, 'externalKey,title\n1,A\n2,B\n', input)
  const csv = 'externalKey,title,status,note\n1,A,,\n2,B2,closed,\n3,C,,\n4,D,half,\n'
  const columns = [{ from: 'note', to: 'IGNORE' as const }]
  const result = await importCsv(imports.users.maintainer, csv, { ...input, columns, dryRun: true })
  expect(countsOf(result)).toEqual([1, 1, 1, 1])
  expect(result.preview).toMatchObject([
    { row: 1, action: 'KEEP', externalKey: '1', title: 'A', status: 'OPEN', changes: [] },
    {
      row: 2,
      action: 'UPDATE',
      changes: [
        { field: 'title', from: 'B', to: 'B2' },
        { field: 'status', from: 'OPEN', to: 'CLOSED' },
        { field: 'resolution', from: null, to: 'FIXED' },
      ],
    },
    { row: 3, action: 'CREATE', title: 'C', changes: [] },
    { row: 4, action: 'REJECT' },
  ])
  expect(result.columns).toEqual([
    { name: 'externalKey', fields: ['EXTERNAL_KEY'] },
    { name: 'title', fields: ['TITLE'] },
    { name: 'status', fields: ['STATUS'] },
    { name: 'note', fields: [] },
  ])
  const rejected = await importCsv(imports.users.maintainer, csv, {
    ...input,
    columns,
    dryRun: true,
    onError: 'REJECT_ALL',
  })
  expect(countsOf(rejected)).toEqual([0, 0, 0, 1])
  expect(rejected.preview).toEqual(result.preview)
  expect((await importCsv(imports.users.maintainer, csv, { ...input, columns })).preview).toEqual([])
})
