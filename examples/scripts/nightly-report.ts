// Prints a report of a project in Markdown: its open tickets by priority, the flow of the last week, and the oldest open
// tickets.
//
//   URL=http://localhost:4000 TOKEN=snag_… node nightly-report.ts CORE > report.md
import type { NightlyReportQuery, NightlyReportQueryVariables } from './generated/operations.ts'

const document = /* GraphQL */ `
  query NightlyReport($id: ID!, $all: TicketFilter!, $open: TicketFilter!, $timeZone: String!) {
    project(id: $id) { key name }
    open: reports(filter: $open) { pareto(by: PRIORITY) { value count } }
    all: reports(filter: $all, timeZone: $timeZone) {
      flow(interval: DAY, from: "-P7D") { from opened resolved reopened backlog }
    }
    oldest: tickets(filter: $open, orderBy: [{ field: CREATED_AT }], first: 10) {
      totalCount
      nodes { key title priority createdAt assignee { name } }
    }
  }
`
const priorities = ['URGENT', 'HIGH', 'MEDIUM', 'LOW']
const dayMs = 24 * 60 * 60 * 1000

const [id] = process.argv.slice(2)
const { URL: url, TOKEN: token } = process.env
if (!id || !url || !token) throw new Error('Usage: URL=… TOKEN=… node nightly-report.ts PROJECT')
const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
const all = { project: { eq: id } }
const data = await readReport({ id, all, open: { ...all, status: { in: ['OPEN', 'IN_PROGRESS'] } }, timeZone })
if (!data.project) throw new Error(`The project ${id} does not exist, or you cannot see it.`)
console.log(printReport(data.project.name, data))

async function readReport(variables: NightlyReportQueryVariables): Promise<NightlyReportQuery> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: document, variables }),
    signal: AbortSignal.timeout(60_000),
  })
  // Errors are JSON, too, unless a proxy sends them.
  if (!response.headers.get('content-type')?.includes('json')) throw new Error(`The status is ${response.status}.`)
  const { data, errors } = (await response.json()) as {
    data?: NightlyReportQuery
    errors?: { message: string; extensions: { code: string } }[]
  }
  const [error] = errors ?? []
  if (error || !data) throw new Error(`${error?.extensions.code}: ${error?.message}`)
  return data
}

function printReport(name: string, { open, all, oldest }: NightlyReportQuery): string {
  const counts = new Map(open.pareto.map(({ value, count }) => [value, count]))
  return [
    `# ${escapeMarkdown(name)}: ${oldest.totalCount} open tickets on ${dayOf(new Date())}`,
    '## Open by priority',
    table(
      ['Priority', 'Tickets'],
      priorities.map((priority) => [priority, counts.get(priority) ?? 0]),
    ),
    '## Flow of the last week',
    table(
      ['Day', 'Opened', 'Resolved', 'Reopened', 'Open at its end'],
      all.flow.map(({ from, opened, resolved, reopened, backlog }) => [
        dayOf(new Date(from)),
        opened,
        resolved,
        reopened,
        backlog,
      ]),
    ),
    '## Oldest open tickets',
    table(
      ['Ticket', 'Title', 'Priority', 'Assignee', 'Days'],
      oldest.nodes.map(({ key, title, priority, assignee, createdAt }) => [
        key,
        title,
        priority,
        assignee?.name ?? '',
        Math.floor((Date.now() - Date.parse(createdAt)) / dayMs),
      ]),
    ),
  ].join('\n\n')
}

function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [
    header,
    header.map(() => '---'),
    ...rows.map((cells) => cells.map((cell) => escapeMarkdown(String(cell)))),
  ]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&')
}

/** The day in the time zone of this machine, such as 2026-03-01. */
function dayOf(time: Date): string {
  return time.toLocaleDateString('sv-SE')
}
