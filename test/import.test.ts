import { beforeAll, describe, expect, test } from 'vitest'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { countsOf, type ImportOptions, importCsv } from './support/imports.ts'
import { createLabel, createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

const Tickets = graphql(`
  query ImportedTickets($project: ID!) {
    tickets(filter: { project: { eq: $project }, archived: null }, orderBy: [{ field: NUMBER }]) {
      nodes {
        key externalKey title description status resolution priority version createdAt resolvedAt archivedAt
        assignee { username } reporter { username } updatedBy { username } labels { name }
        ... on Defect { category subcategory absn reportedBy severity disposition }
        history { nodes { source batch at actor { username } changes { field from to } } }
      }
    }
  }
`)

const ticketsOf = async (project: string) => (await users.admin.ask(Tickets, { project })).tickets.nodes

let projects = 0
/** A new project of the user `maintainer`. */
const newProject = async () => (await createProject(users.maintainer, `IMP${++projects}`, 'CONTRIBUTOR')).key

beforeAll(async () => {
  users = await createTestUsers(server)
})

describe('files', () => {
  test('creates issues in the order of the imported rows', async () => {
    const projectId = await newProject()
    const csv =
      'title,description,priority,status\nLogin fails,"It says ""no"",\nthen nothing",high,OPEN\nSlow page,,low,In Progress\n'
    const importResult = await importCsv(users.contributor, csv, { projectId, kind: 'ISSUE' })
    expect(importResult).toMatchObject({
      fileName: 'tickets.csv',
      dryRun: false,
      rowCount: 2,
      faultCount: 0,
      rejectedRows: null,
      project: { key: projectId },
      actor: { username: 'contributor' },
    })
    expect(countsOf(importResult)).toEqual([2, 0, 0, 0])
    expect(importResult.tickets.nodes.map(({ key }) => key)).toEqual([`${projectId}-1`, `${projectId}-2`])
    expect(await ticketsOf(projectId)).toMatchObject([
      {
        title: 'Login fails',
        description: 'It says "no",\nthen nothing',
        priority: 'HIGH',
        status: 'OPEN',
        version: 1,
      },
      {
        title: 'Slow page',
        description: null,
        priority: 'LOW',
        status: 'IN_PROGRESS',
        reporter: { username: 'contributor' },
      },
    ])
  })

  test('imports defects with the first spelling of each category in the project', async () => {
    const projectId = await newProject()
    const csv =
      'Title;Category;sub category;ABSN;reported_by;severity;disposition\nA;Solder;Bridge;S-1;Station 4;minor;rework\nB;SOLDER;bridge;;;moderate;\n'
    expect(countsOf(await importCsv(users.contributor, csv, { projectId, kind: 'DEFECT' }))).toEqual([2, 0, 0, 0])
    expect(await ticketsOf(projectId)).toMatchObject([
      {
        category: 'Solder',
        subcategory: 'Bridge',
        absn: 'S-1',
        reportedBy: 'Station 4',
        severity: 'MINOR',
        disposition: 'REWORK',
      },
      {
        category: 'Solder',
        subcategory: 'Bridge',
        absn: null,
        reportedBy: 'contributor',
        severity: 'MAJOR',
        disposition: null,
      },
    ])
  })

  test.each([
    ['semicolons', 'title;description\r\na;"b;c"\r\n'],
    ['tabs', 'title\tdescription\na\tb;c'],
    ['commas and a byte order mark', '\ufefftitle,description\na,b;c\n'],
    ['headers with other case and spaces', '" TITLE ",Des_crip tion\na,b;c\n\n'],
  ])('imports a file with %s', async (_description, csv) => {
    const projectId = await newProject()
    await importCsv(users.contributor, csv, { projectId, kind: 'ISSUE' })
    expect(await ticketsOf(projectId)).toMatchObject([{ title: 'a', description: 'b;c' }])
  })

  test('imports nothing from a file with only a header', async () => {
    const projectId = await newProject()
    expect(countsOf(await importCsv(users.contributor, 'title\n', { projectId, kind: 'ISSUE' }))).toEqual([0, 0, 0, 0])
  })
})

describe('columns', () => {
  test('applies mappings of columns and replacements of values to an imported file', async () => {
    const projectId = await newProject()
    const csv = 'defect_id,defect_type,severity,cost\n17,Scratch,Moderate,1.50\n18,Dent,schlimm,2\n'
    const input: ImportOptions = {
      projectId,
      kind: 'DEFECT',
      columns: [
        { from: 'Defect ID', to: 'EXTERNAL_KEY' },
        { from: 'defect_type', to: 'TITLE' },
        { from: 'defect_type', to: 'CATEGORY' },
        { from: 'cost', to: 'IGNORE' },
      ],
      values: [{ column: 'SEVERITY', from: 'SCHLIMM', to: 'critical' }],
    }
    expect(countsOf(await importCsv(users.contributor, csv, input))).toEqual([2, 0, 0, 0])
    expect(await ticketsOf(projectId)).toMatchObject([
      { externalKey: '17', title: 'Scratch', category: 'Scratch', severity: 'MAJOR' },
      { externalKey: '18', title: 'Dent', category: 'Dent', severity: 'CRITICAL' },
    ])
  })

  test('imports assignees by username and labels by name', async () => {
    const projectId = await newProject()
    await createLabel(users.maintainer, projectId, 'needs; care')
    await createLabel(users.maintainer, projectId, 'UI')
    const csv = 'title,assignee,labels\na,Reporter,"ui; ""needs; care"""\nb,,\n'
    expect(countsOf(await importCsv(users.contributor, csv, { projectId, kind: 'ISSUE' }))).toEqual([2, 0, 0, 0])
    expect(await ticketsOf(projectId)).toMatchObject([
      { assignee: { username: 'reporter' }, labels: [{ name: 'needs; care' }, { name: 'UI' }] },
      { assignee: null, labels: [] },
    ])
  })

  test('creates missing labels of an import with createLabels', async () => {
    const projectId = await newProject()
    const csv = 'title,labels\na,Net;db\nb,NET\n'
    const importResult = await importCsv(users.maintainer, csv, { projectId, kind: 'ISSUE', createLabels: true })
    expect(countsOf(importResult)).toEqual([2, 0, 0, 0])
    expect((await ticketsOf(projectId)).map(({ labels }) => labels.map(({ name }) => name))).toEqual([
      ['db', 'Net'],
      ['Net'],
    ])
  })

  test('imports times from the source system, and records the resolution in the history', async () => {
    const projectId = await newProject()
    const csv =
      'title,status,resolution,createdAt,resolvedAt,archivedAt,reporter\na,closed,dupe,2024-01-02T10:00:00+01:00,2024-02-03,,viewer\nb,open,,2024-01-02,,2024-05-06 07:08,\n'
    const { id } = await importCsv(users.maintainer, csv, { projectId, kind: 'ISSUE' })
    expect(await ticketsOf(projectId)).toMatchObject([
      {
        status: 'CLOSED',
        resolution: 'DUPLICATE',
        createdAt: '2024-01-02T09:00:00.000Z',
        resolvedAt: '2024-02-03T00:00:00.000Z',
        reporter: { username: 'viewer' },
        version: 2,
        history: {
          nodes: [
            {
              source: 'IMPORT',
              batch: id,
              at: '2024-02-03T00:00:00.000Z',
              actor: { username: 'maintainer' },
              changes: [
                { field: 'status', from: 'OPEN', to: 'CLOSED' },
                { field: 'resolution', from: null, to: 'DUPLICATE' },
              ],
            },
          ],
        },
      },
      {
        createdAt: '2024-01-02T00:00:00.000Z',
        resolvedAt: null,
        archivedAt: '2024-05-06T07:08:00.000Z',
        version: 1,
        updatedBy: null,
      },
    ])
  })

  test('imports dates in dateFormat', async () => {
    const projectId = await newProject()
    const input = { projectId, kind: 'ISSUE', dateFormat: 'M/D/YYYY' } as const
    await importCsv(users.maintainer, 'title,createdAt\na,6/30/2024\n', input)
    expect(await ticketsOf(projectId)).toMatchObject([{ createdAt: '2024-06-30T00:00:00.000Z' }])
  })
})

describe('repeated import', () => {
  const header = 'externalKey,title,priority,labels,assignee,status\n'
  const first = `${header}A-1,One,high,ui,reporter,open\nA-2,Two,low,,,closed\nA-3,Three,,,,\n`

  test('changes nothing by a repeated import, and records the differences of a corrected file', async () => {
    const projectId = await newProject()
    await createLabel(users.maintainer, projectId, 'ui')
    await createLabel(users.maintainer, projectId, 'net')
    const input = { projectId, kind: 'ISSUE' } as const
    expect(countsOf(await importCsv(users.contributor, first, input))).toEqual([3, 0, 0, 0])
    const before = await ticketsOf(projectId)
    expect(countsOf(await importCsv(users.contributor, first, input))).toEqual([0, 0, 3, 0])
    expect(await ticketsOf(projectId)).toEqual(before)

    const corrected = `${header}A-1,One,urgent,net;ui,contributor,done\nA-2,Two,,,,\nA-4,Four,,,,\n`
    const importResult = await importCsv(users.maintainer, corrected, input)
    expect(countsOf(importResult)).toEqual([1, 1, 1, 0])
    const after = await ticketsOf(projectId)
    expect(after[0]).toMatchObject({
      priority: 'URGENT',
      status: 'RESOLVED',
      resolution: 'FIXED',
      version: 2,
      updatedBy: { username: 'maintainer' },
      labels: [{ name: 'net' }, { name: 'ui' }],
    })
    expect(after[0]?.history.nodes).toMatchObject([
      {
        source: 'IMPORT',
        batch: importResult.id,
        changes: [
          { field: 'status', from: 'OPEN', to: 'RESOLVED' },
          { field: 'resolution', from: null, to: 'FIXED' },
          { field: 'priority', from: 'HIGH', to: 'URGENT' },
          { field: 'assignee', from: 'reporter', to: 'contributor' },
          { field: 'labels', from: 'ui', to: 'net, ui' },
        ],
      },
    ])
    expect(after.slice(1, 3)).toEqual(before.slice(1, 3))
    expect(after[3]).toMatchObject({ key: `${projectId}-4`, externalKey: 'A-4' })
    expect(importResult.tickets.nodes.map(({ key }) => key)).toEqual([`${projectId}-1`, `${projectId}-4`])
  })

  test('creates new tickets by a repeated import without external keys', async () => {
    const projectId = await newProject()
    for (const count of [1, 2]) {
      expect(countsOf(await importCsv(users.contributor, 'title\nOne\n', { projectId, kind: 'ISSUE' }))).toEqual([
        1, 0, 0, 0,
      ])
      expect(await ticketsOf(projectId)).toHaveLength(count)
    }
  })

  test('matches external keys of an import only within the project', async () => {
    const projects = [await newProject(), await newProject()]
    for (const projectId of projects)
      expect(
        countsOf(await importCsv(users.contributor, 'title,externalKey\nOne,1\n', { projectId, kind: 'ISSUE' })),
      ).toEqual([1, 0, 0, 0])
  })

  test('creates each ticket once in concurrent imports', async () => {
    const projectId = await newProject()
    const rows = Array.from({ length: 50 }, (_, index) => `Ticket ${index},K-${index}`)
    const csv = `title,externalKey\n${rows.join('\n')}\n`
    const importResult = await Promise.all(
      [users.contributor, users.maintainer, users.admin].map((client) =>
        importCsv(client, csv, { projectId, kind: 'ISSUE' }),
      ),
    )
    expect(importResult.map(countsOf).toSorted().reverse()).toEqual([
      [50, 0, 0, 0],
      [0, 0, 50, 0],
      [0, 0, 50, 0],
    ])
    expect((await ticketsOf(projectId)).map(({ key }) => key)).toEqual(
      rows.map((_, index) => `${projectId}-${index + 1}`),
    )
  })
})

describe('dry run', () => {
  test('returns the counts of an import in a dry run, and changes nothing', async () => {
    const projectId = await newProject()
    const input = { projectId, kind: 'DEFECT' } as const
    await importCsv(users.maintainer, 'title,category,externalKey\nOne,Dent,1\nTwo,Dent,2\n', input)
    const before = await ticketsOf(projectId)
    const csv = 'title,category,externalKey,labels\nUno,Dent,1,new\nTwo,Dent,2,\nThree,Scratch,3,\n'
    const importResult = await importCsv(users.maintainer, csv, { ...input, createLabels: true, dryRun: true })
    expect(countsOf(importResult)).toEqual([1, 1, 1, 0])
    expect(importResult).toMatchObject({ dryRun: true, tickets: { totalCount: 0 } })
    expect(await ticketsOf(projectId)).toEqual(before)
    expect(countsOf(await importCsv(users.maintainer, csv, { ...input, createLabels: true }))).toEqual([1, 1, 1, 0])
  })
})
