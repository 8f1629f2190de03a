import { pickProject, pickTicket, projectOf, rareWord, rareWords, ticketOf, viewer, type Workload } from './workload.ts'

type Row = Record<string, never> & { nodes: never[] }

/** A ticket of any server, with uniform names of nested fields. */
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

const flatJson = 't.id, t.number, t.title, t.status, t.priority, t.created_at'
const assigneeJson = '(SELECT json_build_array(u.id, u.name) FROM users u WHERE u.id = t.assignee_id)'
const labelsJson = `(SELECT json_agg(json_build_array(l.name, l.color) ORDER BY fold_case(l.name))
  FROM ticket_labels tl JOIN labels l ON l.id = tl.label_id WHERE tl.ticket_id = t.id)`
const openPage = `SELECT t.* FROM tickets t WHERE t.project_id = (SELECT id FROM bench_projects WHERE n = :n) AND t.status = 'OPEN'
  ORDER BY t.created_at DESC, t.id DESC LIMIT 51`

const statuses = ['OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED']
const counts = (field: (status: string) => string) =>
  statuses.map((status) => `${status.toLowerCase()}: ${field(status)} { totalCount }`).join(' ')
const countsIn = (data: Readonly<Record<string, Row>>) =>
  statuses.map((status) => data[status.toLowerCase()]?.['totalCount'])
const facets = ['STATUS', 'PRIORITY', 'ASSIGNEE']

export const readWorkloads: readonly Workload[] = [
  {
    name: 'W1',
    description: 'one ticket with assignee, labels, the first 20 comments and their authors',
    floor: `${pickTicket}SELECT json_build_array(${flatJson}, ${assigneeJson}, ${labelsJson},
      (SELECT json_agg(json_build_array(c.id, c.body, c.created_at, u.id, u.name)) FROM
        (SELECT * FROM comments c WHERE c.ticket_id = t.id ORDER BY c.created_at, c.id LIMIT 20) c JOIN users u ON u.id = c.author_id))
      FROM tickets t WHERE t.id = (SELECT id FROM bench_sample WHERE n = :n);`,
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
    description: '50 open tickets of a project by newest, each with assignee, labels and the first 3 comments',
    floor: `${pickProject}SELECT json_agg(json_build_array(${flatJson}, ${assigneeJson}, ${labelsJson},
      (SELECT json_agg(json_build_array(c.id, c.body, c.created_at)) FROM
        (SELECT * FROM comments c WHERE c.ticket_id = t.id ORDER BY c.created_at, c.id LIMIT 3) c)))
      FROM (${openPage}) t;`,
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
    description: 'the same 50 without nested fields, with the total',
    floor: `${pickProject}SELECT json_agg(json_build_array(${flatJson})), (SELECT count(*) FROM tickets
      WHERE project_id = (SELECT id FROM bench_projects WHERE n = :n) AND status = 'OPEN') FROM (${openPage}) t;`,
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
    name: 'W4f',
    description: 'the first page of 50 of all tickets, to compare W4k with',
    floor: `SELECT json_agg(json_build_array(${flatJson})) FROM (SELECT * FROM tickets ORDER BY created_at DESC, id DESC LIMIT 51) t;`,
    servers: {
      snaglist: {
        query: `query W4f { tickets(first: 50) { nodes { id ${flat} } } }`,
        variables: () => ({}),
        read: (data) => (data as { tickets: Row }).tickets.nodes.map(ticket),
      },
      postgraphile: {
        query: `query W4f { allTickets(first: 50, orderBy: [CREATED_AT_DESC]) { nodes { rowId ${flat} } } }`,
        variables: () => ({}),
        read: (data) => (data as { allTickets: Row }).allTickets.nodes.map(ticket),
      },
    },
  },
  {
    name: 'W4k',
    description: 'a page of 50 at half the depth of all tickets by cursor',
    floor: `SELECT json_agg(json_build_array(${flatJson})) FROM (SELECT * FROM tickets
      WHERE (created_at, id) < ('2024-12-13', '00000000-0000-0000-0000-000000000000') ORDER BY created_at DESC, id DESC LIMIT 51) t;`,
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
    description: 'the same page by offset',
    floor: `SELECT json_agg(json_build_array(${flatJson})) FROM (SELECT t.* FROM
      (SELECT id FROM tickets ORDER BY created_at DESC, id DESC LIMIT 51 OFFSET 100000) page JOIN tickets t USING (id)
      ORDER BY t.created_at DESC, t.id DESC) t;`,
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
    name: 'W11',
    description: 'the board of a project: 20 tickets by descending priority, with the total',
    floor: `${pickProject}SELECT json_agg(json_build_array(${flatJson})), (SELECT count(*) FROM tickets
      WHERE project_id = (SELECT id FROM bench_projects WHERE n = :n)) FROM (SELECT t.* FROM tickets t
      WHERE t.project_id = (SELECT id FROM bench_projects WHERE n = :n) ORDER BY t.priority DESC, t.id DESC LIMIT 21) t;`,
    servers: {
      snaglist: {
        query: `query W11($project: ID!) { tickets(filter: { project: { eq: $project } }, orderBy: [{ field: PRIORITY, direction: DESC }], first: 20) { totalCount nodes { id ${flat} } } }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
        // Tickets of one priority have another order on each server.
        read: ({ tickets }: { tickets: Row }) => [tickets['totalCount'], tickets.nodes.map(({ priority }) => priority)],
      },
      postgraphile: {
        query: `query W11($project: UUID!) { allTickets(condition: { projectId: $project }, orderBy: [PRIORITY_DESC], first: 20) { totalCount nodes { rowId ${flat} } } }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
        read: (data: { allTickets: Row }) => [
          data.allTickets['totalCount'],
          data.allTickets.nodes.map(({ priority }) => priority),
        ],
      },
    },
  },
  {
    name: 'W12',
    description: 'the first 50 of all tickets by title',
    floor: `SELECT json_agg(json_build_array(${flatJson})) FROM (SELECT * FROM tickets ORDER BY title, id LIMIT 51) t;`,
    servers: {
      snaglist: {
        query: `query W12 { tickets(orderBy: [{ field: TITLE }], first: 50) { nodes { id ${flat} } } }`,
        variables: () => ({}),
        read: (data: { tickets: Row }) => data.tickets.nodes.map(({ title }) => title),
      },
      postgraphile: {
        query: `query W12 { allTickets(orderBy: [TITLE_ASC], first: 50) { nodes { rowId ${flat} } } }`,
        variables: () => ({}),
        read: (data: { allTickets: Row }) => data.allTickets.nodes.map(({ title }) => title),
      },
    },
  },
  {
    name: 'W13',
    description: 'the open tickets that are assigned to the viewer, by last change',
    floor: `SELECT json_agg(json_build_array(${flatJson})) FROM (SELECT * FROM tickets WHERE assignee_id = ${viewer} AND status = 'OPEN'
      ORDER BY updated_at DESC, id DESC LIMIT 51) t;`,
    servers: {
      snaglist: {
        query: `query W13 { tickets(filter: { assignee: { isViewer: true }, status: { eq: OPEN } }, orderBy: [{ field: UPDATED_AT, direction: DESC }], first: 50) { nodes { id ${flat} } } }`,
        variables: () => ({}),
        read: (data) => (data as { tickets: Row }).tickets.nodes.map(ticket),
      },
      postgraphile: {
        query: `query W13($viewer: UUID!) { allTickets(condition: { assigneeId: $viewer, status: OPEN }, orderBy: [UPDATED_AT_DESC], first: 50) { nodes { rowId ${flat} } } }`,
        variables: (sample) => ({ viewer: sample.viewer }),
        read: (data) => (data as { allTickets: Row }).allTickets.nodes.map(ticket),
      },
    },
  },
  {
    name: 'W14',
    description: 'the numbers of tickets of a project in each of the four statuses',
    floor: `${pickProject}SELECT ${statuses
      .map(
        (status) =>
          `(SELECT count(*) FROM tickets WHERE project_id = (SELECT id FROM bench_projects WHERE n = :n) AND status = '${status}')`,
      )
      .join(', ')};`,
    servers: {
      snaglist: {
        query: `query W14($project: ID!) { ${counts((status) => `tickets(filter: { project: { eq: $project }, status: { eq: ${status} } })`)} }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
        read: countsIn,
      },
      postgraphile: {
        query: `query W14($project: UUID!) { ${counts((status) => `allTickets(condition: { projectId: $project, status: ${status} })`)} }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
        read: countsIn,
      },
    },
  },
  {
    name: 'W18',
    description: 'a search for a word in about 100 of all tickets, 20 by relevance, with the total',
    floor: `\\set n random(0, ${rareWords - 1})
      WITH matches AS MATERIALIZED (SELECT s.ticket_id, max(ts_rank(s.words, query)) AS rank
        FROM plainto_tsquery('english', ${rareWord(':n::integer')}) query JOIN ticket_texts s ON s.words @@ query GROUP BY s.ticket_id)
      SELECT json_agg(json_build_array(${flatJson})), (SELECT count(*) FROM matches) FROM
        (SELECT t.* FROM matches m JOIN tickets t ON t.id = m.ticket_id ORDER BY m.rank DESC, t.id DESC LIMIT 21) t;`,
    servers: {
      snaglist: {
        query: `query W18($search: String!) { tickets(filter: { search: $search }, orderBy: [{ field: RELEVANCE, direction: DESC }], first: 20) { totalCount nodes { id ${flat} } } }`,
        variables: (_sample, n) => ({ search: `code${1000 + (n % rareWords)}` }),
      },
    },
  },
  {
    name: 'W19',
    description: 'facets of a project: the numbers of tickets by status, priority and assignee',
    floor: `${pickProject}SELECT ${['status', 'priority', 'assignee_id']
      .map(
        (
          column,
        ) => `(SELECT json_agg(json_build_array(facet.value, facet.count)) FROM (SELECT ${column} AS value, count(*) FROM tickets
          WHERE project_id = (SELECT id FROM bench_projects WHERE n = :n) GROUP BY 1 ORDER BY 2 DESC LIMIT 20) facet)`,
      )
      .join(', ')};`,
    servers: {
      snaglist: {
        query: `query W19($project: ID!) { reports(filter: { project: { eq: $project } }) {
          ${facets.map((by) => `${by.toLowerCase()}: pareto(by: ${by}) { value count }`).join(' ')} } }`,
        variables: (sample, n) => ({ project: projectOf(sample, n) }),
      },
    },
  },
]
