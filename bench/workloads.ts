/** What a request may ask for: ids that the data holds, and cursors far down a list for each server. */
export interface Sample {
  readonly tickets: readonly string[]
  readonly projects: readonly { readonly id: string; readonly key: string }[]
  readonly deepCursors: Readonly<Record<string, string>>
  readonly deepOffset: number
}

/** How one server is asked for a workload, and how its answer reads in words that all servers share. */
export interface Asking {
  readonly query: string
  readonly variables: (sample: Sample, n: number) => Readonly<Record<string, unknown>>
  /** The answer as plain data to compare; left out where servers cannot answer alike. */
  readonly read?: (data: never) => unknown
}

export interface Workload {
  readonly name: string
  readonly what: string
  readonly servers: Readonly<Record<string, Asking>>
}

type Row = Record<string, never> & { nodes: never[] }

const at = <Value>(values: readonly Value[], n: number) => values[n % values.length] as Value
const ticketOf = ({ tickets }: Sample, n: number) => ({ id: at(tickets, n) })
const projectOf = ({ projects }: Sample, n: number) => at(projects, n).id

/** A ticket of any server in the same words: the names of nested fields differ. */
function ticket(row: Row) {
  const { id, rowId, number, title, status, priority, createdAt } = row
  const assignee = (row['assignee'] ?? row['userByAssigneeId'] ?? null) as Row | null
  const labels = (row['labels'] ?? (row['ticketLabelsByTicketId'] as Row | undefined)?.nodes) as Row[] | undefined
  const comments = row['comments'] ?? row['commentsByTicketId']
  const list = (Array.isArray(comments) ? comments : (comments as Row | undefined)?.nodes) as Row[] | undefined
  return {
    id: rowId ?? id,
    number,
    title,
    status,
    priority,
    createdAt: new Date(createdAt as unknown as string).toISOString(),
    assignee: assignee?.['name'] ?? null,
    labels: labels?.map((label) => (label['labelByLabelId'] as Row | undefined)?.['name'] ?? label['name']).toSorted(),
    comments: list?.map((comment) => [
      comment['body'],
      ((comment['author'] ?? comment['userByAuthorId']) as Row | undefined)?.['name'],
    ]),
  }
}

const flat = 'number title status priority createdAt'
const openOf = 'filter: { project: { eq: $project }, status: { eq: OPEN } }'
const nested = (first: number, author = '') =>
  `id ${flat} assignee { id name } labels { name color } comments(first: ${first}) { nodes { id body createdAt ${author} } }`
const postgraphileNested = (first: number, author = '') =>
  `rowId ${flat} userByAssigneeId { rowId name } ticketLabelsByTicketId { nodes { labelByLabelId { name color } } }
   commentsByTicketId(first: ${first}, orderBy: [CREATED_AT_ASC]) { nodes { rowId body createdAt ${author} } }`
const postgraphileOpen = 'condition: { projectId: $project, status: OPEN }, orderBy: [CREATED_AT_DESC]'

export const workloads: readonly Workload[] = [
  {
    name: 'W1',
    what: 'one ticket with assignee, labels, the first 20 comments and their authors',
    servers: {
      snaglist: {
        query: `query W1($id: ID!) { ticket(id: $id) { ${nested(20, 'author { id name }')} } }`,
        variables: ticketOf,
        read: (data) => ticket((data as { ticket: Row }).ticket),
      },
      postgraphile: {
        query: `query W1($id: UUID!) { ticketByRowId(rowId: $id) { ${postgraphileNested(20, 'userByAuthorId { rowId name }')} } }`,
        variables: ticketOf,
        read: (data) => ticket((data as { ticketByRowId: Row }).ticketByRowId),
      },
      mercurius: {
        query: `query W1($id: ID!) { ticket(id: $id) { id ${flat} assignee { id name } labels { name color } comments(first: 20) { id body createdAt author { id name } } } }`,
        variables: ticketOf,
        read: (data) => ticket((data as { ticket: Row }).ticket),
      },
    },
  },
  {
    name: 'W2',
    what: '50 open tickets of a project by newest, each with assignee, labels and the first 3 comments',
    servers: {
      snaglist: {
        query: `query W2($project: ID!) { tickets(${openOf}, first: 50) { nodes { ${nested(3)} } } }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
        read: (data) => (data as { tickets: Row }).tickets.nodes.map(ticket),
      },
      postgraphile: {
        query: `query W2($project: UUID!) { allTickets(${postgraphileOpen}, first: 50) { nodes { ${postgraphileNested(3)} } } }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
        read: (data) => (data as { allTickets: Row }).allTickets.nodes.map(ticket),
      },
      mercurius: {
        query: `query W2($project: ID!) { tickets(project: $project, first: 50) { id ${flat} assignee { id name } labels { name color } comments(first: 3) { id body createdAt } } }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
        read: (data) => (data as { tickets: Row[] }).tickets.map(ticket),
      },
    },
  },
  {
    name: 'W3',
    what: 'the same 50 flat, with the total',
    servers: {
      snaglist: {
        query: `query W3($project: ID!) { tickets(${openOf}, first: 50) { totalCount nodes { id ${flat} } } }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
        read: (data: { tickets: Row }) => [data.tickets['totalCount'], data.tickets.nodes.map(ticket)],
      },
      postgraphile: {
        query: `query W3($project: UUID!) { allTickets(${postgraphileOpen}, first: 50) { totalCount nodes { rowId ${flat} } } }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
        read: (data: { allTickets: Row }) => [data.allTickets['totalCount'], data.allTickets.nodes.map(ticket)],
      },
      mercurius: {
        query: `query W3($project: ID!) { ticketCount(project: $project) tickets(project: $project, first: 50) { id ${flat} } }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
        read: (data: { ticketCount: number; tickets: Row[] }) => [data.ticketCount, data.tickets.map(ticket)],
      },
    },
  },
  {
    name: 'W4k',
    what: 'a page of 50 at half the depth of all tickets by cursor',
    servers: {
      snaglist: {
        query: `query W4k($after: String) { tickets(first: 50, after: $after) { nodes { id ${flat} } } }`,
        variables: ({ deepCursors }) => ({ after: deepCursors['snaglist'] }),
        read: (data) => (data as { tickets: Row }).tickets.nodes.map(ticket),
      },
      postgraphile: {
        query: `query W4k($after: Cursor) { allTickets(first: 50, orderBy: [CREATED_AT_DESC], after: $after) { nodes { rowId ${flat} } } }`,
        variables: ({ deepCursors }) => ({ after: deepCursors['postgraphile'] }),
        read: (data) => (data as { allTickets: Row }).allTickets.nodes.map(ticket),
      },
    },
  },
  {
    name: 'W4o',
    what: 'the same page by offset',
    servers: {
      snaglist: {
        query: `query W4o($offset: Int) { tickets(first: 50, offset: $offset) { nodes { id ${flat} } } }`,
        variables: ({ deepOffset }) => ({ offset: deepOffset }),
        read: (data) => (data as { tickets: Row }).tickets.nodes.map(ticket),
      },
      postgraphile: {
        query: `query W4o($offset: Int) { allTickets(first: 50, orderBy: [CREATED_AT_DESC], offset: $offset) { nodes { rowId ${flat} } } }`,
        variables: ({ deepOffset }) => ({ offset: deepOffset }),
        read: (data) => (data as { allTickets: Row }).allTickets.nodes.map(ticket),
      },
    },
  },
  {
    name: 'W6',
    what: 'file an issue (Snaglist: with its number and rights; PostGraphile: a bare row)',
    servers: {
      snaglist: {
        query: `mutation W6($project: ID!, $title: String!) { createIssue(input: { projectId: $project, title: $title, description: "As measured" }) { issue { id } } }`,
        variables: (sample, n) => ({ project: projectOf(sample, n), title: `Measured ${n}` }),
      },
      postgraphile: {
        query: `mutation W6($project: UUID!, $reporter: UUID!, $title: String!, $number: Int!) {
          createTicket(input: { ticket: { projectId: $project, reporterId: $reporter, number: $number, kind: ISSUE, title: $title, description: "As measured" } }) { ticket { rowId } } }`,
        variables: (sample, n) => ({
          project: projectOf(sample, n),
          title: `Measured ${n}`,
          reporter: sample.deepCursors['reporter'],
          number: 100_000_000 + Math.floor(Math.random() * 1_900_000_000),
        }),
      },
    },
  },
  {
    name: 'W7',
    what: 'patch one field (Snaglist: with version, history and rights; PostGraphile: a bare row)',
    servers: {
      snaglist: {
        query: `mutation W7($id: ID!, $title: String!) { updateTicket: updateIssue(input: { id: $id, title: $title }) { issue { id version } } }`,
        variables: (sample, n) => ({ ...ticketOf(sample, n), title: `Patched ${n} ${Math.random()}` }),
      },
      postgraphile: {
        query: `mutation W7($id: UUID!, $title: String!) { updateTicketByRowId(input: { rowId: $id, ticketPatch: { title: $title } }) { ticket { rowId version } } }`,
        variables: (sample, n) => ({ ...ticketOf(sample, n), title: `Patched ${n} ${Math.random()}` }),
      },
    },
  },
]
