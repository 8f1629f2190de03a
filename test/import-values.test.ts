import { describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { useImports } from './support/import-files.ts'
import { type ImportOptions, importCsv, sendFile } from './support/imports.ts'
import { signUp } from './support/people.ts'

const server = useServer()
const imports = useImports(server)
const { newProject, ticketsOf, importFile, errorsOf } = imports

const CloseAccount = graphql(
  `mutation CloseFormerAccount($id: ID!) { updateUser(input: { id: $id, active: false }) { user { active } } }`,
)
const SetEmail = graphql(
  `mutation SetEmailOfPerson($id: ID!, $email: EmailAddress!) { updateUser(input: { id: $id, email: $email }) { user { email } } }`,
)

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

  test('warns about a comma in a label that another separator follows', async () => {
    const { result } = await importFile('title,labels\nA,"ui, db"\nB,x;y\nC,"""c,d"""\n', { createLabels: true })
    expect(result.warnings.nodes).toEqual([
      {
        row: 1,
        column: 'labels',
        value: 'ui, db',
        message: 'contains a comma: set `listSeparator` if it separates labels',
      },
    ])
  })

  test('rejects a list separator that is a letter', async () => {
    const { errors } = await sendFile(imports.users.maintainer, 'title\nA\n', {
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
    const { errors } = await sendFile(imports.users.maintainer, 'title\nA\n', {
      projectId: 'CORE',
      kind: 'ISSUE',
      ...input,
    })
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
    const { errors } = await sendFile(imports.users.maintainer, 'title\nA\n', { projectId })
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
    await imports.users.admin.ask(SetEmail, { id: 'viewer', email: 'Vi@example.com' })
    const projectId = await newProject()
    const csv = 'title,reporter\nA,vi@EXAMPLE.com\nB,Vi Ewer <vi@example.com>\n'
    const input = { projectId, kind: 'ISSUE' as const }
    const { faults } = await importCsv(imports.users.maintainer, csv, input)
    expect(faults.totalCount).toBe(2)
    await importCsv(imports.users.admin, csv, input)
    expect((await ticketsOf(projectId)).map(({ reporter }) => reporter.username)).toEqual(['viewer', 'viewer'])
  })

  test('rejects a blank or long name in a mapping', async () => {
    const { errors } = await sendFile(imports.users.maintainer, 'title\nA\n', {
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
    await imports.users.admin.ask(CloseAccount, { id: 'former' })
    const rows = 'title,status,assignee\nA,closed,former\nB,open,former\n'
    const { result, tickets } = await importFile(rows)
    expect(tickets.map(({ assignee }) => assignee?.username)).toEqual(['former', 'former'])
    expect(result.warnings.nodes).toEqual([
      { row: 2, column: 'assignee', value: 'former', message: 'is not active, or cannot see the project' },
    ])
    const projectId = await newProject()
    const { faults } = await importCsv(imports.users.contributor, rows, { projectId, kind: 'ISSUE' })
    expect(faults.nodes).toMatchObject([{ row: 2, column: 'assignee' }])
  })
})
