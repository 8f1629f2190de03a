import { beforeAll, describe, expect, test } from 'vitest'
import type { ImportPreset } from './generated/graphql.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { countsOf, type ImportOptions, importCsv } from './support/imports.ts'
import { createProject, createTestUsers, type TestUsers } from './support/people.ts'

const server = useServer()
let users: TestUsers

const Tickets = graphql(`
  query TicketsOfPresets($project: ID!) {
    tickets(filter: { project: { eq: $project }, archived: null }, orderBy: [{ field: NUMBER }]) {
      nodes {
        externalKey title description status resolution priority createdAt resolvedAt archivedAt
        assignee { username } reporter { username } labels { name }
        ... on Defect { category severity }
      }
    }
  }
`)

let projects = 0
const newProject = async () => (await createProject(users.maintainer, `PRE${++projects}`, 'CONTRIBUTOR')).key

/** Imports a file as a MAINTAINER, expects no row errors and that a second import changes nothing, and returns the tickets. */
async function importFrom(preset: ImportPreset, csv: string, input: Partial<ImportOptions> = {}) {
  const projectId = await newProject()
  const options = { projectId, preset, createLabels: true, ...input }
  const result = await importCsv(users.maintainer, csv, options)
  expect(result.faults.nodes).toEqual([])
  const { nodes } = (await users.maintainer.ask(Tickets, { project: projectId })).tickets
  const repeated = await importCsv(users.maintainer, csv, options)
  expect(countsOf(repeated)).toEqual([0, 0, nodes.length, 0])
  const ignored = result.columns.filter(({ fields }) => fields.length === 0).map(({ name }) => name)
  return { tickets: nodes, ignored, warnings: result.warnings.nodes }
}

const labels = (...names: string[]) => names.map((name) => ({ name }))
const user = (username: string) => ({ username })

beforeAll(async () => {
  users = await createTestUsers(server)
})

describe('files of other trackers', () => {
  test('imports a file of Jira Cloud', async () => {
    const { tickets, ignored, warnings } = await importFrom(
      'JIRA',
      `Summary,Issue key,Issue id,Issue Type,Status,Project key,Priority,Resolution,Assignee,Assignee Id,Reporter,Created,Updated,Resolved,Labels,Labels,Labels,Description,Comment,Comment,Status Category
Belt slips,LINE-7,10007,Bug,Done,LINE,Highest,Won't Do,viewer,5b10,Grace Hopper,03/Feb/25 8:15 AM,04/Mar/25 6:00 PM,04/Mar/25 5:45 PM,conveyor,night-shift,,"Slips under load.
See *photo*.",04/Feb/25 9:00 AM;5b10;seen,,Done
Motor hums,LINE-8,10008,Story,Selected for Development,LINE,Medium,,,,viewer,7/Mar/25 12:05 AM,,,,,,,,,To Do
`,
    )
    expect(tickets).toEqual([
      {
        externalKey: 'LINE-7',
        title: 'Belt slips',
        description: 'Slips under load.\nSee *photo*.\n\nReporter: Grace Hopper',
        status: 'RESOLVED',
        resolution: 'WONT_FIX',
        priority: 'URGENT',
        createdAt: '2025-02-03T08:15:00.000Z',
        resolvedAt: '2025-03-04T17:45:00.000Z',
        archivedAt: null,
        assignee: user('viewer'),
        reporter: user('maintainer'),
        labels: labels('conveyor', 'night-shift'),
      },
      expect.objectContaining({
        externalKey: 'LINE-8',
        description: null,
        status: 'OPEN',
        resolution: null,
        priority: 'MEDIUM',
        createdAt: '2025-03-07T00:05:00.000Z',
        reporter: user('viewer'),
        labels: [],
      }),
    ])
    expect(ignored).toEqual(['Issue id', 'Issue Type', 'Project key', 'Assignee Id', 'Comment', 'Comment'])
    expect(warnings).toEqual([
      {
        row: 1,
        column: 'Reporter',
        value: 'Grace Hopper',
        message: 'is not a user: imported descriptions contain the name',
      },
    ])
  })

  test('imports a file of Jira Data Center with labels in one column and local times', async () => {
    const { tickets } = await importFrom(
      'JIRA',
      'Issue Type;Key;Summary;Assignee;Status;Resolution;Created;Updated;Labels\nBug;NET-1;Link down;Unassigned;Closed;Unresolved;21/Jul/25 3:04 PM;22/Jul/25 3:04 PM;router core\n',
      { timeZone: 'America/New_York', users: [{ from: 'Unassigned', to: '' }] },
    )
    expect(tickets).toMatchObject([
      {
        externalKey: 'NET-1',
        status: 'CLOSED',
        resolution: 'FIXED',
        assignee: null,
        description: null,
        createdAt: '2025-07-21T19:04:00.000Z',
        resolvedAt: '2025-07-22T19:04:00.000Z',
        labels: labels('core', 'router'),
      },
    ])
  })

  test('imports a file of the GitHub CLI', async () => {
    const { tickets } = await importFrom(
      'GITHUB',
      `number,title,state,stateReason,labels,assignees,author,createdAt,closedAt,body
12,Crash at start,OPEN,REOPENED,"bug,good first issue","viewer,octocat",octocat,2025-01-02T03:04:05Z,0001-01-01T00:00:00Z,"Steps"
13,Typo,CLOSED,NOT_PLANNED,,,contributor,2025-01-02T03:04:05Z,2025-01-05T00:00:00Z,
14,Same as 12,CLOSED,DUPLICATE,bug,,contributor,2025-01-02T03:04:05Z,2025-01-05T00:00:00Z,
`,
    )
    expect(tickets).toMatchObject([
      {
        externalKey: '12',
        description: 'Steps\n\nassignees: viewer, octocat\nReporter: octocat',
        status: 'OPEN',
        resolution: null,
        assignee: user('viewer'),
        labels: labels('bug', 'good first issue'),
        resolvedAt: null,
      },
      {
        status: 'CLOSED',
        resolution: 'WONT_FIX',
        reporter: user('contributor'),
        resolvedAt: '2025-01-05T00:00:00.000Z',
      },
      { status: 'CLOSED', resolution: 'DUPLICATE' },
    ])
  })

  test('imports a file of GitLab', async () => {
    const { tickets } = await importFrom(
      'GITLAB',
      `Title,Description,Issue ID,URL,State,Author,Author Username,Assignee,Assignee Username,Confidential,Locked,Due Date,Created At (UTC),Updated At (UTC),Closed At (UTC),Milestone,Weight,Labels,Time Estimate,Time Spent
Pipeline stuck,It waits.,41,https://gitlab.example.com/g/p/-/issues/41,Open,Vi Ewer,viewer,,,No,No,,2025-03-01 10:00:00,2025-03-02 10:00:00,,v2,3,"ci,prio::high",0,0
Old job,,40,https://gitlab.example.com/g/p/-/issues/40,Closed,Someone Else,else,Vi Ewer,viewer,No,No,,2025-02-01 10:00:00,2025-02-03 10:00:00,2025-02-02 10:00:00,,,ci,0,0
`,
    )
    expect(tickets).toMatchObject([
      { externalKey: '41', status: 'OPEN', reporter: user('viewer'), labels: labels('ci', 'prio::high') },
      {
        externalKey: '40',
        status: 'CLOSED',
        description: 'Reporter: else',
        assignee: user('viewer'),
        createdAt: '2025-02-01T10:00:00.000Z',
        resolvedAt: '2025-02-02T10:00:00.000Z',
      },
    ])
  })

  test('imports a file of Linear', async () => {
    const { tickets } = await importFrom(
      'LINEAR',
      `"ID","Team","Title","Description","Status","Estimate","Priority","Project ID","Project","Creator","Assignee","Labels","Cycle Number","Cycle Name","Cycle Start","Cycle End","Created","Updated","Started","Triaged","Completed","Canceled","Archived","Due Date","Parent issue"
"ENG-1","Engine","Slow query","","Done","","Urgent","","","viewer","viewer","Bug, Database","","","","","Mon Mar 03 2025 09:30:00 GMT+0000 (GMT)","Tue Mar 04 2025 09:30:00 GMT+0000 (GMT)","","","Tue Mar 04 2025 08:00:00 GMT+0000 (GMT)","","","",""
"ENG-2","Engine","Old idea","","Canceled","","No priority","","","","ada@example.com","","","","","","2025-03-03T09:30:00.000Z","2025-03-05T09:30:00.000Z","","","","2025-03-05T09:00:00.000Z","2025-04-05T00:00:00.000Z","",""
"ENG-3","Engine","Next idea","","Triage","","Low","","","","","","","","","","2025-03-03T09:30:00.000Z","2025-03-05T09:30:00.000Z","","","","","","",""
`,
      { users: [{ from: 'ADA@example.com', to: 'contributor' }] },
    )
    expect(tickets).toMatchObject([
      {
        status: 'RESOLVED',
        resolution: 'FIXED',
        priority: 'URGENT',
        reporter: user('viewer'),
        labels: labels('Bug', 'Database'),
        createdAt: '2025-03-03T09:30:00.000Z',
        resolvedAt: '2025-03-04T08:00:00.000Z',
      },
      {
        status: 'CLOSED',
        resolution: 'WONT_FIX',
        priority: 'MEDIUM',
        assignee: user('contributor'),
        resolvedAt: '2025-03-05T09:00:00.000Z',
        archivedAt: '2025-04-05T00:00:00.000Z',
      },
      { status: 'OPEN', resolution: null, priority: 'LOW', resolvedAt: null },
    ])
  })

  test('imports a file of Redmine', async () => {
    const { tickets } = await importFrom(
      'REDMINE',
      `#,Project,Tracker,Parent task,Status,Priority,Subject,Author,Assignee,Updated,Category,Created,Closed,Private,Description
55,Plant,Bug,"",Rejected,Urgent,Gauge wrong,Some One,viewer,03/04/2025 02:30 pm,Sensors,03/03/2025 12:05 am,03/04/2025 02:15 pm,No,Reads 7
54,Plant,Bug,"",Feedback,Low,Lamp flickers,viewer,"",03/04/2025 02:30 pm,"",03/03/2025 08:00 am,"",No,""
`,
    )
    expect(tickets).toMatchObject([
      {
        externalKey: '55',
        description: 'Reads 7\n\nReporter: Some One',
        status: 'CLOSED',
        resolution: 'WONT_FIX',
        priority: 'URGENT',
        assignee: user('viewer'),
        createdAt: '2025-03-03T00:05:00.000Z',
        resolvedAt: '2025-03-04T14:15:00.000Z',
      },
      { status: 'IN_PROGRESS', resolution: null, priority: 'LOW', resolvedAt: null },
    ])
  })

  test('imports a file of MantisBT as defects', async () => {
    const { tickets } = await importFrom(
      'MANTIS',
      `Id,Project,Reporter,Assigned To,Priority,Severity,Reproducibility,Product Version,Category,Date Submitted,OS,OS Version,Platform,View Status,Updated,Summary,Status,Resolution,Fixed in Version
0000031,Press,viewer,contributor,immediate,crash,always,1.0,Hydraulics,2025-03-01,,,,public,2025-03-09,Press stops,closed,no change required,
0000032,Press,viewer,,none,tweak,N/A,,Paint,2025-03-02,,,,public,2025-03-02,Paint is dull,acknowledged,open,
`,
      { kind: 'DEFECT' },
    )
    expect(tickets).toMatchObject([
      {
        externalKey: '0000031',
        category: 'Hydraulics',
        severity: 'CRITICAL',
        priority: 'URGENT',
        status: 'CLOSED',
        resolution: 'NOT_A_DEFECT',
        assignee: user('contributor'),
        createdAt: '2025-03-01T00:00:00.000Z',
        resolvedAt: '2025-03-09T00:00:00.000Z',
      },
      { category: 'Paint', severity: 'MINOR', priority: 'LOW', status: 'OPEN', resolution: null },
    ])
  })

  test('imports a file of Bugzilla', async () => {
    const { tickets } = await importFrom(
      'BUGZILLA',
      `"Bug ID","Product","Component","Assignee","Status","Resolution","Summary","Changed","Opened","Severity","Priority","Keywords"
901,"Viewer","Print","viewer","RESOLVED","WORKSFORME","Blank page","2025-03-09 11:12:13","2025-03-01 10:00:00","S1","P1","regression, print"
902,"Viewer","Print","none@example.com","UNCONFIRMED","","Cut margin","2025-03-09 11:12:13","2025-03-02 10:00:00","--","--",""
`,
      { users: [{ from: 'none@example.com', to: '' }] },
    )
    expect(tickets).toMatchObject([
      {
        externalKey: '901',
        status: 'RESOLVED',
        resolution: 'CANNOT_REPRODUCE',
        priority: 'URGENT',
        resolvedAt: '2025-03-09T11:12:13.000Z',
        labels: labels('print', 'regression'),
      },
      { status: 'OPEN', priority: 'MEDIUM', assignee: null, description: null, resolvedAt: null },
    ])
  })

  test('imports a file of Azure DevOps', async () => {
    const { tickets } = await importFrom(
      'AZURE_DEVOPS',
      `\ufeffID,Work Item Type,Title,Assigned To,State,Tags,Priority,Created By,Created Date,Closed Date,Changed Date
301,Bug,Export fails,Vi Ewer <viewer@example.com>,Closed,Export; Customer,1,Grace Hopper <grace@example.com>,3/3/2025 9:05:07 AM,3/4/2025 11:30:00 PM,3/5/2025 8:00:00 AM
302,Task,Write guide,,Committed,,4,,3/3/2025 9:05:07 AM,,3/5/2025 8:00:00 AM
`,
      { users: [{ from: 'Vi Ewer', to: 'viewer' }] },
    )
    expect(tickets).toMatchObject([
      {
        externalKey: '301',
        description: 'Reporter: Grace Hopper',
        status: 'CLOSED',
        priority: 'URGENT',
        assignee: user('viewer'),
        labels: labels('Customer', 'Export'),
        createdAt: '2025-03-03T09:05:07.000Z',
        resolvedAt: '2025-03-04T23:30:00.000Z',
      },
      { status: 'IN_PROGRESS', priority: 'LOW', resolvedAt: null },
    ])
  })

  test('imports a status of a custom workflow of Jira by its category, and a resolution by the status', async () => {
    const { tickets } = await importFrom(
      'JIRA',
      'Issue key,Summary,Status,Status Category,Resolution\nA-1,One,Waiting on Bob,In Progress,\nA-2,Two,Canceled,Done,\nA-3,Three,Shipped,Done,Fixed\n',
    )
    expect(tickets.map(({ status, resolution }) => [status, resolution])).toEqual([
      ['IN_PROGRESS', null],
      ['CLOSED', 'WONT_FIX'],
      ['RESOLVED', 'FIXED'],
    ])
  })

  test('imports labels with quotes, and the first of several assignees by a mapping', async () => {
    const { tickets } = await importFrom(
      'GITHUB',
      'number,title,state,labels,assignees\n1,A,OPEN,"needs ""repro"",5"" tape","octocat,hubot"\n',
      { users: [{ from: 'octocat', to: 'viewer' }] },
    )
    expect(tickets).toMatchObject([
      {
        assignee: user('viewer'),
        description: 'assignees: octocat, hubot',
        labels: labels('5" tape', 'needs "repro"'),
      },
    ])
  })

  test('imports a tree of work items of Azure DevOps, with the reasons of their states', async () => {
    const { tickets } = await importFrom(
      'AZURE_DEVOPS',
      'ID,Title 1,Title 2,State,Reason,Changed Date\n1,Parent,,Closed,Duplicate,3/5/2025 8:00:00 AM\n2,,Child,Removed,Removed from the backlog,3/5/2025 8:00:00 AM\n',
    )
    expect(tickets).toMatchObject([
      { title: 'Parent', resolution: 'DUPLICATE', createdAt: '2025-03-05T08:00:00.000Z' },
      { title: 'Child', status: 'CLOSED', resolution: 'WONT_FIX' },
    ])
  })

  test('rejects a file whose columns are in another language with one error', async () => {
    const projectId = await newProject()
    const { faults } = await importCsv(users.maintainer, '#,Thema,Status\n1,A,Neu\n2,B,Neu\n', {
      projectId,
      preset: 'REDMINE',
    })
    expect(faults.nodes[0]).toMatchObject({
      row: 0,
      column: 'Subject',
      message: 'is not a column of the file: check its language, or map a column to title',
    })
  })

  test('mappings and values precede those of a preset', async () => {
    const { tickets } = await importFrom(
      'JIRA',
      'Issue key,Summary,Details,Status,Sprint\nA-1,Short,Long text,Parked,S1\n',
      {
        columns: [
          { from: 'Details', to: 'DESCRIPTION' },
          { from: 'Sprint', to: 'LABELS' },
        ],
        values: [{ column: 'STATUS', from: 'parked', to: 'IN_PROGRESS' }],
      },
    )
    expect(tickets).toMatchObject([
      { externalKey: 'A-1', description: 'Long text', status: 'IN_PROGRESS', labels: labels('S1') },
    ])
  })

  test('a preset rejects unknown words of a custom workflow with their values', async () => {
    const projectId = await newProject()
    const { faults } = await importCsv(users.maintainer, 'Issue key,Summary,Status\nA-1,Pump,Waiting on Bob\n', {
      projectId,
      preset: 'JIRA',
    })
    expect(faults.nodes).toMatchObject([{ column: 'Status', value: 'Waiting on Bob' }])
  })
})
