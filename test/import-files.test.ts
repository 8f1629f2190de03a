import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { countsOf, type ImportOptions, importCsv, sendFile } from './support/imports.ts'
import { createLabel, createProject, createTestUsers, signUp, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

const Tickets = graphql(`
  query TicketsOfFiles($project: ID!) {
    tickets(filter: { project: { eq: $project }, archived: null }, orderBy: [{ field: NUMBER }], first: 200) {
      nodes {
        __typename externalKey title description status createdAt resolvedAt
        assignee { username } reporter { username } labels { name }
        ... on Defect { absn category }
      }
    }
  }
`)
const CloseAccount = graphql(
  `mutation CloseFormerAccount($id: ID!) { updateUser(input: { id: $id, active: false }) { user { active } } }`,
)
const SetEmail = graphql(
  `mutation SetEmailOfPerson($id: ID!, $email: EmailAddress!) { updateUser(input: { id: $id, email: $email }) { user { email } } }`,
)

let projects = 0
const newProject = async () => (await createProject(users.maintainer, `FIL${++projects}`, 'CONTRIBUTOR')).key
const ticketsOf = async (project: string) => (await users.maintainer.ask(Tickets, { project })).tickets.nodes

/** Imports issues into a new project as its MAINTAINER, expects no row errors, and returns the result and the tickets. */
async function importFile(csv: string, input: Partial<ImportOptions> = {}) {
  const projectId = await newProject()
  const result = await importCsv(users.maintainer, csv, { projectId, kind: 'ISSUE', ...input })
  expect(result.faults.nodes).toEqual([])
  return { result, tickets: await ticketsOf(projectId) }
}

const errorsOf = async (csv: string, input: Partial<ImportOptions> = {}) => {
  const { faults } = await importCsv(users.maintainer, csv, { projectId: await newProject(), kind: 'ISSUE', ...input })
  return faults.nodes.map(({ row, column, message }) => `${row} ${column} ${message}`)
}

beforeAll(async () => {
  users = await createTestUsers(server)
})

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
      { numRuns: 20 },
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
    const { faults } = await importCsv(users.maintainer, Buffer.from(csv, 'latin1'), { projectId, kind: 'ISSUE' })
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
    ).toHaveLength(3)
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

describe('labels in files', () => {
  test.each<[string, string, Partial<ImportOptions>, string[]]>([
    ['semicolons', 'title,labels\nA,"ui;""b,c"""\n', {}, ['b,c', 'ui']],
    ['commas', 'title,labels\nA,"ui, db"\nB,ui\n', {}, ['db', 'ui']],
    ['commas, with semicolons in other rows', 'title,labels\nA,"ui, db"\nB,x;y\n', {}, ['ui, db']],
    ['a given separator', 'title,labels\nA,"ui, db|x"\n', { listSeparator: '|' }, ['ui, db', 'x']],
    ['spaces', 'title,labels\nA,ui  db\n', { listSeparator: ' ' }, ['db', 'ui']],
    ['several columns', 'title,labels,Labels,LABELS\nA,ui,,db\n', {}, ['db', 'ui']],
    [
      'several mapped columns',
      'title,tag,area\nA,ui,db\n',
      {
        columns: [
          { from: 'tag', to: 'LABELS' },
          { from: 'area', to: 'LABELS' },
        ],
      },
      ['db', 'ui'],
    ],
    ['quotes around commas', 'title,labels\nA,"""ui, db"""\n', {}, ['ui, db']],
    ['different case', 'title,labels\nA,Straße;STRASSE;straße;İzmir;izmir\n', {}, ['İzmir', 'STRASSE', 'Straße']],
  ])('separates labels by %s', async (_description, csv, input, names) => {
    const { tickets } = await importFile(csv, { createLabels: true, ...input })
    expect(new Set(tickets[0]?.labels.map(({ name }) => name))).toEqual(new Set(names))
  })

  test('warns if it separates labels by commas', async () => {
    const { result } = await importFile('title,labels\nA,"ui, db"\n', { createLabels: true })
    expect(result.warnings.nodes).toEqual([
      {
        row: 0,
        column: 'labels',
        value: null,
        message: 'was split at commas: set `listSeparator` if its names contain commas',
      },
    ])
  })

  test('rejects a list separator that is a letter', async () => {
    const { errors } = await sendFile(users.maintainer, 'title\nA\n', {
      projectId: 'CORE',
      kind: 'ISSUE',
      listSeparator: 'x',
    })
    expect(errors?.[0]?.extensions).toMatchObject({ fieldErrors: [{ path: 'input.listSeparator' }] })
  })
})

describe('dates in files', () => {
  test.each<[string, string, Partial<ImportOptions>, string]>([
    [
      'years of two digits and names of months',
      '21/Jul/25 3:04 PM',
      { dateFormat: 'D/MMM/YY h:mm A' },
      '2025-07-21T15:04:00.000Z',
    ],
    [
      'a narrow no-break space before PM',
      '7/21/2025 3:04:05\u202fPM',
      { dateFormat: 'M/D/YYYY h:mm:ss A' },
      '2025-07-21T15:04:05.000Z',
    ],
    ['p.m.', '7/21/2025 3:04 p.m.', { dateFormat: 'M/D/YYYY h:mmA' }, '2025-07-21T15:04:00.000Z'],
    [
      'months of another language',
      '3. März 2025',
      { dateFormat: 'D. MMMM YYYY', dateLocale: 'de' },
      '2025-03-03T00:00:00.000Z',
    ],
    [
      'English months in spite of another language',
      '3. March 2025',
      { dateFormat: 'D. MMMM YYYY', dateLocale: 'de' },
      '2025-03-03T00:00:00.000Z',
    ],
    [
      'an offset in the format',
      '2025-07-21 03:04 +0530',
      { dateFormat: 'YYYY-MM-DD HH:mm ZZ' },
      '2025-07-20T21:34:00.000Z',
    ],
    ['ISO 8601 in spite of a format', '2025-07-21', { dateFormat: 'M/D/YYYY' }, '2025-07-21T00:00:00.000Z'],
    ['local times in summer', '2025-07-21 12:00', { timeZone: 'Europe/Berlin' }, '2025-07-21T10:00:00.000Z'],
    ['local times in winter', '2025-01-21 12:00', { timeZone: 'Europe/Berlin' }, '2025-01-21T11:00:00.000Z'],
    [
      'local times in a format',
      '1/21/2025',
      { timeZone: 'Pacific/Auckland', dateFormat: 'M/D/YYYY' },
      '2025-01-20T11:00:00.000Z',
    ],
    [
      'offsets in spite of a time zone',
      '2025-07-21T12:00+02:00',
      { timeZone: 'Asia/Kolkata' },
      '2025-07-21T10:00:00.000Z',
    ],
    ['a text in the format', 'on 1.2.2025', { dateFormat: '[on] D.M.YYYY' }, '2025-02-01T00:00:00.000Z'],
    ['the first day of the first year', '0001-01-01', {}, '0001-01-01T00:00:00.000Z'],
  ])('parses %s', async (_description, date, input, time) => {
    expect((await importFile(`title;createdAt\nA;${date}\n`, input)).tickets).toMatchObject([{ createdAt: time }])
  })

  test.each([
    ['dateFormat', { dateFormat: 'M/D' }],
    ['dateFormat', { dateFormat: 'M/D/YYYY Q' }],
    ['dateLocale', { dateLocale: 'not a language' }],
    ['timeZone', { timeZone: 'Europe/Atlantis' }],
    ['timeZone', { timeZone: '+02:00' }],
  ])('rejects an unknown %s (%j)', async (field, input) => {
    const { errors } = await sendFile(users.maintainer, 'title\nA\n', { projectId: 'CORE', kind: 'ISSUE', ...input })
    expect(errors?.[0]?.extensions).toMatchObject({ fieldErrors: [{ path: `input.${field}` }] })
  })

  test.each(['2024-02-30', '31/Feb/25', '2024-02-28T24:00', '13/1/2025'])('reports %s as a row error', async (date) => {
    expect(await errorsOf(`title,createdAt\nA,${date}\n`, { dateFormat: 'D/MMM/YY' })).toEqual([
      '1 createdAt is not a date in ISO 8601 or in `dateFormat`',
    ])
  })
})

describe('kinds in files', () => {
  test('imports the kind of each ticket from a column', async () => {
    const csv = 'kind,title,category\nissue,A,\nDefect,B,Paint\nbug,C,\n'
    expect((await importFile(csv, { kind: null })).tickets).toMatchObject([
      { __typename: 'Issue', title: 'A' },
      { __typename: 'Defect', title: 'B', category: 'Paint' },
      { __typename: 'Issue', title: 'C' },
    ])
  })

  test('rejects a file whose kind is unknown', async () => {
    const projectId = await newProject()
    const { errors } = await sendFile(users.maintainer, 'title\nA\n', { projectId })
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fieldErrors: [{ path: 'input.kind' }] })
    expect(await errorsOf('kind,title,category\n,A,\nissue,B,Paint\n', { kind: null })).toEqual([
      '1 kind is required for a new ticket, unless the import has a kind',
      '2 category sets category, which only defects have',
    ])
  })
})

describe('people in files', () => {
  test('imports users by username, by name and by mapping', async () => {
    const csv = 'title,assignee,reporter\nA,VIEWER,Bo Ss\nB,Bo Ss <boss@example.com>,viewer\nC,x@example.com,\n'
    const mapping = [
      { from: 'bo ss', to: 'contributor' },
      { from: 'x@example.com', to: '' },
    ]
    expect((await importFile(csv, { users: mapping })).tickets).toMatchObject([
      { assignee: { username: 'viewer' }, reporter: { username: 'contributor' } },
      { assignee: { username: 'contributor' }, reporter: { username: 'viewer' } },
      { assignee: null, reporter: { username: 'maintainer' } },
    ])
  })

  test('finds people by email for ADMINs only', async () => {
    await users.admin.ask(SetEmail, { id: 'viewer', email: 'Vi@example.com' })
    const projectId = await newProject()
    const csv = 'title,reporter\nA,vi@EXAMPLE.com\nB,Vi Ewer <vi@example.com>\n'
    const input = { projectId, kind: 'ISSUE' as const }
    const { faults } = await importCsv(users.maintainer, csv, input)
    expect(faults.totalCount).toBe(2)
    await importCsv(users.admin, csv, input)
    expect((await ticketsOf(projectId)).map(({ reporter }) => reporter.username)).toEqual(['viewer', 'viewer'])
  })

  test('rejects a blank or long name in a mapping', async () => {
    const { errors } = await sendFile(users.maintainer, 'title\nA\n', {
      projectId: 'CORE',
      kind: 'ISSUE',
      users: [{ from: ' ', to: 'viewer' }],
      values: [{ column: 'TITLE', from: 'x'.repeat(1001), to: 'y' }],
    })
    expect(errors?.[0]?.extensions).toMatchObject({
      fieldErrors: [{ path: 'input.values.0.from' }, { path: 'input.users.0.from' }],
    })
  })

  test('adds people who are not users to new descriptions with one warning each', async () => {
    const csv = 'externalKey,title,description,assignee\n1,A,Text,Bo Ss\n2,B,,Bo Ss\n'
    const { result, tickets } = await importFile(csv, { unknownUsers: 'DESCRIBE' })
    expect(tickets).toMatchObject([
      { description: 'Text\n\nAssignee: Bo Ss', assignee: null },
      { description: 'Assignee: Bo Ss', assignee: null },
    ])
    expect(result.warnings.nodes).toEqual([
      {
        row: 1,
        column: 'assignee',
        value: 'Bo Ss',
        message: 'is not a user: imported descriptions contain the name (in 2 rows)',
      },
    ])
  })

  test('maps the first of several people in a cell', async () => {
    const csv = 'Title,Assignee(s)\nA,"Bo Ss, viewer"\nB,", viewer"\nC,"Gone, viewer"\n'
    const users = [
      { from: 'bo ss', to: 'contributor' },
      { from: 'gone', to: '' },
    ]
    expect((await importFile(csv, { preset: 'GITLAB', users })).tickets).toMatchObject([
      { assignee: { username: 'contributor' }, description: 'Assignee(s): Bo Ss, viewer' },
      { assignee: { username: 'viewer' }, description: null },
      { assignee: null, description: 'Assignee(s): Gone, viewer' },
    ])
  })

  test('keeps closed accounts as assignees of resolved tickets, and of open ones for a MAINTAINER', async () => {
    await signUp(server, 'former')
    await users.admin.ask(CloseAccount, { id: 'former' })
    const rows = 'title,status,assignee\nA,closed,former\nB,open,former\n'
    const { result, tickets } = await importFile(rows)
    expect(tickets.map(({ assignee }) => assignee?.username)).toEqual(['former', 'former'])
    expect(result.warnings.nodes).toEqual([
      { row: 2, column: 'assignee', value: 'former', message: 'is not active, or cannot see the project' },
    ])
    const projectId = await newProject()
    const { faults } = await importCsv(users.contributor, rows, { projectId, kind: 'ISSUE' })
    expect(faults.nodes).toMatchObject([{ row: 2, column: 'assignee' }])
  })
})

test('a dry run shows the effect of each row', async () => {
  const projectId = await newProject()
  await createLabel(users.maintainer, projectId, 'ui')
  const input = { projectId, kind: 'ISSUE' as const, onError: 'SKIP' as const }
  await importCsv(users.maintainer, 'externalKey,title\n1,A\n2,B\n', input)
  const csv = 'externalKey,title,status,note\n1,A,,\n2,B2,closed,\n3,C,,\n4,D,half,\n'
  const columns = [{ from: 'note', to: 'IGNORE' as const }]
  const result = await importCsv(users.maintainer, csv, { ...input, columns, dryRun: true })
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
  const rejected = await importCsv(users.maintainer, csv, { ...input, columns, dryRun: true, onError: 'REJECT_ALL' })
  expect(countsOf(rejected)).toEqual([0, 0, 0, 1])
  expect(rejected.preview).toEqual(result.preview)
  expect((await importCsv(users.maintainer, csv, { ...input, columns })).preview).toEqual([])
})
