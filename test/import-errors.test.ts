import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { synonymsOf } from '../src/import-file/enum-value.parser.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { countsOf, type ImportOptions, importCsv, sendFile } from './support/imports.ts'
import { createDefect, createLabel, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

const Count = graphql(`
  query CountOfProject($id: ID!) {
    project(id: $id) { labels { name } issues(filter: { archived: null }) { totalCount } imports { totalCount nodes { id fileName } } }
  }
`)

beforeAll(async () => {
  users = await createTestUsers(server)
  await createLabel(users.maintainer, 'CORE', 'network')
})

const Texts = graphql(
  `query TextsOfIssues($ids: [ID!]!) { tickets(first: 200, filter: { id: { in: $ids } }, orderBy: [{ field: NUMBER }]) { nodes { title description } } }`,
)
const textsOf = async (tickets: readonly { readonly id: string }[]) =>
  (await users.admin.ask(Texts, { ids: tickets.map(({ id }) => id) })).tickets.nodes

const issues = { projectId: 'CORE', kind: 'ISSUE' } as const
const count = async () => (await users.admin.ask(Count, { id: 'CORE' })).project?.issues.totalCount

/** Imports a file, expects that nothing changes, and returns its errors as "row column value: message". */
async function rowErrorsOf(
  csv: string | Uint8Array<ArrayBuffer>,
  input: Partial<ImportOptions> = {},
): Promise<string[]> {
  const before = await count()
  const importResult = await importCsv(users.maintainer, csv, { ...issues, ...input })
  expect([importResult.createdCount, importResult.updatedCount, importResult.unchangedCount]).toEqual([0, 0, 0])
  expect(await count()).toBe(before)
  expect(importResult.faultCount).toBe(importResult.faults.totalCount)
  return importResult.faults.nodes.map(({ row, column, value, message }) => `${row} ${column} ${value}: ${message}`)
}

describe('row errors', () => {
  test('reports all row errors of an import with suggestions, and imports nothing', async () => {
    const csv = [
      'title;priority;status;assignee;labels;createdAt;resolution',
      'good;high;open;viewer;network;2024-01-01;',
      'bad;bloker;wipp;vewer;netwrk;1/2/2024;fixed',
      ';high;;;;;',
      `${'x'.repeat(256)};;;unknown;;2999-01-01;perhaps`,
    ].join('\n')
    expect(await rowErrorsOf(csv)).toEqual([
      '2 priority bloker: is not a valid priority; did you mean blocker (URGENT)?',
      '2 status wipp: is not a valid status; did you mean wip (IN_PROGRESS)?',
      '2 createdAt 1/2/2024: is not a date in ISO 8601 or in `dateFormat`',
      '2 assignee vewer: is not an assignable user: must be active and able to see the project; did you mean viewer?',
      '2 labels netwrk: is not a label of the project; did you mean network?',
      '2 resolution FIXED: requires the status RESOLVED or CLOSED',
      '3 title null: is required for a new ticket',
      `4 title ${'x'.repeat(200)}: must be at most 255 characters (got 256)`,
      '4 resolution perhaps: is not a valid resolution; valid values are FIXED, DUPLICATE, WONT_FIX, CANNOT_REPRODUCE, NOT_A_DEFECT',
      expect.stringMatching(/^4 assignee unknown: is not an assignable user/),
      expect.stringMatching(/^4 createdAt 2999-01-01 00:00:00\+00: is in the future$/),
    ])
  })

  test.each<[string, string, string[]]>([
    [
      'more cells than columns',
      'title,description\na,b,c\nd\n',
      ['1 null null: has 3 cells, but the header has 2 columns'],
    ],
    [
      'a missing title and an invalid priority',
      'title,priority\n,bad\n',
      [
        '1 priority bad: is not a valid priority; valid values are LOW, MEDIUM, HIGH, URGENT',
        '1 title null: is required for a new ticket',
      ],
    ],
    ['a repeated external key', 'title,externalKey\na,1\nb,1\n', ['2 externalKey 1: is already the key of row 1']],
    [
      'a NUL',
      'title,description\na\0c,fine\n',
      ['1 title a\u{fffd}c: contains an invalid character (NUL or an unpaired surrogate)'],
    ],
    [
      'a resolution before the creation',
      'title,status,createdAt,resolvedAt\na,closed,2024-02-01,2024-01-01\n',
      ['1 resolvedAt 2024-01-01 00:00:00+00: is before the time of creation'],
    ],
    [
      'a time of resolution of an open ticket',
      'title,resolvedAt\na,2024-01-01\n',
      ['1 resolvedAt 2024-01-01 00:00:00+00: requires the status RESOLVED or CLOSED'],
    ],
    [
      'a defect field of an issue',
      'title,category\na,Dent\n',
      ['1 category Dent: sets category, which only defects have'],
    ],
    ['a row of another kind', 'title,kind\na,defect\n', ['1 kind defect: is DEFECT, but the import is of kind ISSUE']],
    [
      'an unknown reporter',
      'title,reporter\na,missing\n',
      ['1 reporter missing: is not a user; known names are admin, maintainer, contributor, reporter, viewer'],
    ],
    [
      'labels with unbalanced quotes',
      'title,labels\na,"""x;y"\n',
      ['1 labels "x;y: has unbalanced quotes: double each quote within a quoted label'],
    ],
    [
      'a name that is no username',
      'title,assignee\na,two words\n',
      [
        '1 assignee two words: is not an assignable user: must be active and able to see the project; known names are admin, maintainer, contributor, reporter, viewer',
      ],
    ],
  ])('reports a row error for %s', async (_description, csv, rowErrors) => {
    expect(await rowErrorsOf(csv)).toEqual(rowErrors)
  })

  test('reports a row error for the external key of a ticket of another kind', async () => {
    const project = await createProject(users.maintainer, 'KINDS')
    await importCsv(users.maintainer, 'title,category,externalKey\na,Dent,1\n', {
      projectId: project.key,
      kind: 'DEFECT',
    })
    const importResult = await importCsv(users.maintainer, 'title,externalKey\na,1\n', {
      projectId: project.key,
      kind: 'ISSUE',
    })
    expect(importResult.faults.nodes).toMatchObject([
      { row: 1, column: 'externalKey', value: '1', message: 'is already the key of a ticket of kind DEFECT' },
    ])
  })

  test('reports row errors for new defects without a category or a title', async () => {
    const importResult = await importCsv(users.maintainer, 'description,absn\nFirst line,1\n,2\n', {
      projectId: 'CORE',
      kind: 'DEFECT',
    })
    expect(importResult.faults.nodes.map(({ row, column, message }) => [row, column, message])).toEqual([
      [1, 'category', 'is required for a new defect'],
      [2, 'title', 'is required for a new ticket'],
      [2, 'category', 'is required for a new defect'],
    ])
  })

  test('returns rejected rows as CSV that can be fixed and imported with SKIP', async () => {
    const csv = 'title,priority,Note\nOne,high,"a,b"\nTwo,=worst,"c\nd"\nThree,,\nFour,x,\n'
    const input: ImportOptions = { ...issues, onError: 'SKIP', columns: [{ from: 'Note', to: 'DESCRIPTION' }] }
    const before = (await count()) as number
    const importResult = await importCsv(users.contributor, csv, input)
    expect(countsOf(importResult)).toEqual([2, 0, 0, 2])
    expect(await count()).toBe(before + 2)
    const reason = 'priority is not a valid priority; valid values are LOW, MEDIUM, HIGH, URGENT'
    expect(importResult.rejectedRows).toBe(
      `title,priority,Note,reason\r\nTwo,'=worst,"c\nd","${reason}"\r\nFour,x,,"${reason}"\r\n`,
    )
    const fixed = importResult.rejectedRows?.replace("'=worst", 'urgent').replace(',x,', ',low,') ?? ''
    expect(countsOf(await importCsv(users.contributor, fixed, input))).toEqual([2, 0, 0, 0])
  })

  test('escapes formulas in rejected rows, so that importing them again restores the cells', async () => {
    const starts = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']
    const cell = fc.oneof(
      fc
        .tuple(fc.constantFrom('', "'", "''"), fc.constantFrom(...starts))
        .map(([quotes, start]) => `${quotes}${start}1+1`),
      fc.constantFrom("'quoted", 'plain', '"=1"', '=1,2', '\'=HYPERLINK("x")'),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }), async (rows) => {
        const quote = (value: string) => `"${value.replaceAll('"', '""')}"`
        const lines = rows.map((row) => `${row.map(quote).join()},x`)
        const options: ImportOptions = { ...issues, onError: 'SKIP', columns: [{ from: '=Note', to: 'DESCRIPTION' }] }
        const { rejectedRows } = await importCsv(
          users.maintainer,
          `title,=Note,priority\n${lines.join('\n')}\n`,
          options,
        )
        const cells = (parse(rejectedRows ?? '') as string[][]).flat()
        expect(cells.filter((text) => /^[=+\-@\t\r\n＝＋－＠]/.test(text))).toEqual([])
        const fixed = rejectedRows?.replaceAll(',x,', ',low,') ?? ''
        const { tickets } = await importCsv(users.maintainer, fixed, options)
        const expected = await importCsv(
          users.maintainer,
          `title,=Note,priority\n${lines.join('\n').replaceAll(/,x$/gm, ',low')}\n`,
          options,
        )
        expect(await textsOf(tickets.nodes)).toEqual(await textsOf(expected.tickets.nodes))
      }),
      { numRuns: 10 },
    )
  })

  test('escapes formulas in the names of columns and reasons of rejected rows', async () => {
    const csv = "title,priority,=cmd,'@note\n=1,x,,\n"
    const { rejectedRows } = await importCsv(users.maintainer, csv, {
      ...issues,
      onError: 'SKIP',
      columns: [
        { from: '=cmd', to: 'DESCRIPTION' },
        { from: '@note', to: 'IGNORE' },
      ],
    })
    expect(rejectedRows?.split('\r\n')[0]).toBe("title,priority,'=cmd,'@note,reason")
  })

  test('keeps surplus cells in rejected rows', async () => {
    const { rejectedRows } = await importCsv(users.maintainer, 'title,status\nA,open,stray\nB\n', {
      ...issues,
      onError: 'SKIP',
    })
    expect(rejectedRows).toBe('title,status,reason\r\nA,open,"has 3 cells, but the header has 2 columns",stray\r\n')
  })

  test('replaces characters that the database cannot store in headers and in their errors', async () => {
    const { columns, rejectedRows } = await importCsv(users.maintainer, 'title,a\0b\nA,x,y\n', {
      ...issues,
      onError: 'SKIP',
      ignoreUnmapped: true,
    })
    expect(columns.map(({ name }) => name)).toEqual(['title', 'a\ufffdb'])
    expect(rejectedRows).toMatch(/^title,a\ufffdb,reason/)
    const mappings = [
      { from: 'a\0', to: 'LABELS' as const },
      { from: 'b\ud800', to: 'LABELS' as const },
    ]
    const { faults } = await importCsv(users.maintainer, 'title\nA\n', { ...issues, columns: mappings })
    expect(faults.nodes.map(({ column }) => column)).toEqual(['a\ufffd', 'b\ufffd'])
  })

  test('counts all row errors and stores the first 1,000', async () => {
    const rows = Array.from({ length: 1500 }, (_, index) => `t${index},x`)
    const importResult = await importCsv(users.maintainer, `title,priority\n${rows.join('\n')}\n`, {
      ...issues,
      onError: 'SKIP',
    })
    expect(importResult).toMatchObject({
      rowCount: 1500,
      rejectedCount: 1500,
      faultCount: 1500,
      faults: { totalCount: 1000 },
    })
    expect(importResult.rejectedRows?.split('\r\n')).toHaveLength(1502)
  })
})

describe('header errors', () => {
  test.each<[string, string, Partial<ImportOptions>, string[]]>([
    [
      'an unknown field',
      'title,__proto__,priorty\na,b,low\n',
      {},
      [
        expect.stringMatching(/^0 __proto__ null: is not the name of a field: map the column to a field or to IGNORE/),
        '0 priorty null: is not the name of a field: map the column to a field or to IGNORE; did you mean priority?',
      ] as string[],
    ],
    [
      'two columns for one field',
      'title,Title\na,b\n',
      {},
      ['0 Title null: is mapped to title, as is the column title'],
    ],
    [
      'a mapping of a missing column',
      'title\na\n',
      { columns: [{ from: 'titel', to: 'DESCRIPTION' }] },
      ['0 titel null: is not a column of the file; did you mean title?'],
    ],
    ['too many columns', `title${',x'.repeat(2000)}\n`, {}, ['0 null null: has more than 2000 columns']],
  ])('imports nothing from a file with %s in its header', async (_description, csv, input, rowErrors) => {
    expect(await rowErrorsOf(csv, input)).toEqual(rowErrors)
    expect(await rowErrorsOf(csv, { ...input, onError: 'SKIP' })).toEqual(rowErrors)
  })
})

describe('invalid files', () => {
  const start = 'title,description\nfine,fine\nbloker,fine\n'
  test.each<[string, string | Uint8Array<ArrayBuffer>, string[]]>([
    [
      'an unclosed quote',
      `${start}x,"open\n`,
      ['3 description null: has an opening quote that is not closed before the end of the file'],
    ],
    [
      'an unclosed quote in a long file',
      `${start}x,"${'open\n'.repeat(2e6)}`,
      [
        '3 description null: makes the row exceed the limit of 1,000,000 characters; an earlier quote may not be closed',
      ],
    ],
    [
      'a cell of ten megabytes',
      `${start}x,${'y'.repeat(1e7)}\n`,
      [
        '3 description null: makes the row exceed the limit of 1,000,000 characters; an earlier quote may not be closed',
      ],
    ],
    ['a row of a million columns', `${start}x${','.repeat(1e6)}\n`, ['3 null null: has more than 2000 columns']],
    [
      'bytes that are not UTF-8 after some rows',
      new Uint8Array([...Buffer.from(`${start}caf`), 0xe9, ...Buffer.from('\nx,y\n')]),
      ['3 title null: contains bytes that are not UTF-8'],
    ],
    [
      'an incomplete character at the end',
      new Uint8Array([...Buffer.from(`${start}caf`), 0xc3]),
      ['3 title null: contains bytes that are not UTF-8'],
    ],
  ])('reports the position in an imported file of %s', async (_description, file, rowErrors) => {
    expect(await rowErrorsOf(file)).toEqual(rowErrors)
    expect(await rowErrorsOf(file, { onError: 'SKIP' })).toEqual(rowErrors)
  })

  const bytes = (...numbers: number[]) => new Uint8Array(numbers)
  test.each<[string, string | Uint8Array<ArrayBuffer>, RegExp]>([
    ['an empty file', '', /is empty/],
    ['a ZIP archive', bytes(0x50, 0x4b, 3, 4, 20, 0), /is a ZIP archive/],
    ['a gzip file', bytes(0x1f, 0x8b, 8, 0), /is compressed with gzip/],
    ['a UTF-16 file', new Uint8Array(Buffer.from('\ufefftitle,description\n', 'utf16le')), /is in UTF-16/],
    [
      'a UTF-16 file without a byte order mark',
      new Uint8Array(Buffer.from('title,description\na,b\n', 'utf16le')),
      /is in UTF-16/,
    ],
    [
      'binary data',
      new Uint8Array(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256)),
      /is not UTF-8 text/,
    ],
  ])('rejects the import of %s', async (_description, file, message) => {
    const before = (await users.admin.ask(Count, { id: 'CORE' })).project?.imports.totalCount
    const { errors } = await sendFile(users.maintainer, file, issues)
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fieldErrors: [{ path: 'input.file', message: expect.stringMatching(message) }],
    })
    expect((await users.admin.ask(Count, { id: 'CORE' })).project?.imports.totalCount).toBe(before)
  })
})

test('reports all field errors of an import together', async () => {
  const { errors } = await sendFile(users.maintainer, 'title\na\n', {
    projectId: 'no project!',
    kind: 'ISSUE',
    dateFormat: 'whenever',
    values: [{ column: 'IGNORE', from: 'a', to: 'b' }],
  })
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' })
  expect(errors?.[0]?.extensions?.fieldErrors?.map(({ path }) => path)).toEqual([
    'input.projectId',
    'input.dateFormat',
    'input.values.0.column',
  ])
})

test('docs/importing.md lists all synonyms', () => {
  const page = readFileSync(join(import.meta.dirname, '../docs/importing.md'), 'utf8')
  for (const field of ['status', 'resolution', 'priority', 'severity', 'disposition', 'kind'] as const)
    for (const [value, synonyms] of Object.entries(synonymsOf(field)))
      expect(page).toContain(`| ${value} | ${synonyms.join(', ')} |`)
})

test('keeps the value of an existing defect for an empty cell', async () => {
  const project = await createProject(users.maintainer, 'KEEP')
  await createDefect(users.maintainer, project.key, 'Solder')
  const input: ImportOptions = { projectId: project.key, kind: 'DEFECT' }
  await importCsv(users.maintainer, 'title,category,absn,externalKey\nA,Dent,S-1,1\n', input)
  expect(countsOf(await importCsv(users.maintainer, 'title,category,absn,externalKey\n,,,1\n', input))).toEqual([
    0, 0, 1, 0,
  ])
})
