/** Variables of requests: ids of existing rows, and a deep cursor for each server. */
export interface Sample {
  /** Issues, each with six labels of its project that no ticket has initially. */
  readonly tickets: readonly { readonly id: string; readonly labels: readonly string[] }[]
  readonly projects: readonly { readonly id: string; readonly key: string }[]
  /** Issues in random order, for bulk changes. */
  readonly bulk: readonly string[]
  /** The user of Snaglist's token. */
  readonly viewer: string
  readonly deepCursors: Readonly<Record<string, string>>
  readonly deepOffset: number
}

/** The request of a workload for one server, and the conversion of its response to a common form. */
export interface WorkloadRequest {
  readonly query: string
  readonly variables: (sample: Sample, n: number) => Readonly<Record<string, unknown>>
  /** The response as comparable data; omitted if the servers cannot return the same. */
  readonly read?: (data: never) => unknown
}

export interface Workload {
  readonly name: string
  readonly description: string
  readonly writes?: true
  readonly headers?: Readonly<Record<string, string>>
  /** A script for pgbench: hand-written SQL of the workload, without permissions. */
  readonly floor: string
  readonly servers: Readonly<Record<string, WorkloadRequest>>
}

export const rareWords = 50
/** SQL for one of the rare words, from "code1000". `n` is an integer. */
export const rareWord = (n: string) => `'code' || (1000 + ${n} % ${rareWords})`

/** The origin of a page that may send requests to Snaglist. */
export const pageOrigin = 'http://page.example'

type Row = Record<string, never> & { nodes: never[] }

const at = <Value>(values: readonly Value[], n: number) => values[n % values.length] as Value
const ticketOf = ({ tickets }: Sample, n: number) => ({ id: at(tickets, n).id })
const projectOf = ({ projects }: Sample, n: number) => at(projects, n).id

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
const pickTicket = '\\set n random(1, 500)\n'
const pickProject = '\\set n random(1, 20)\n'
const openPage = `SELECT t.* FROM tickets t WHERE t.project_id = (SELECT id FROM bench_projects WHERE n = :n) AND t.status = 'OPEN'
  ORDER BY t.created_at DESC, t.id DESC LIMIT 51`
const viewer = "(SELECT id FROM users WHERE username = 'person1')"
const history = `INSERT INTO history (ticket_id, actor_id, at, version, changes)
  SELECT id, ${viewer}, updated_at, version, '[{"field": "title", "from": "a", "to": "b"}]'::jsonb FROM changed`

/** Consecutive ids of the sample, different for each request. */
const consecutiveIds = ({ bulk }: Sample, n: number, size: number) =>
  Array.from({ length: size }, (_, index) => at(bulk, n * size + index))

/** Alternates between two statuses with each pass over the tickets. */
const openStatusOf = ({ tickets }: Sample, n: number) => (Math.floor(n / tickets.length) % 2 ? 'OPEN' : 'IN_PROGRESS')

const bulkSize = 500

const fromPage = ({ name, ...workload }: Workload, index: number): Workload => ({
  ...workload,
  name: `W17${'abc'[index]}`,
  description: `${name} with an Origin header (Snaglist: with the CORS headers of a page)`,
  headers: { origin: pageOrigin },
})

const statuses = ['OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED']
const counts = (field: (status: string) => string) =>
  statuses.map((status) => `${status.toLowerCase()}: ${field(status)} { totalCount }`).join(' ')
const countsIn = (data: Readonly<Record<string, Row>>) =>
  statuses.map((status) => data[status.toLowerCase()]?.['totalCount'])
const facets = ['STATUS', 'PRIORITY', 'ASSIGNEE']
const textOf = (n: number) =>
  `the driver waits for memory ${n} and the queue of the line gives up without a word in the log`

const basicWorkloads: readonly Workload[] = [
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
  {
    name: 'W6',
    description: 'create an issue (Snaglist: with number and permissions; PostGraphile: a plain row)',
    writes: true,
    floor: `${pickProject}WITH counted AS (UPDATE projects SET last_number = last_number + 1
        WHERE id = (SELECT id FROM bench_projects WHERE n = :n) RETURNING id, last_number)
      INSERT INTO tickets (project_id, number, kind, title, description, reporter_id)
      SELECT id, last_number, 'ISSUE', 'Measured', 'As measured', ${viewer} FROM counted RETURNING id;`,
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
          reporter: sample.viewer,
          number: 100_000_000 + Math.floor(Math.random() * 1_900_000_000),
        }),
      },
    },
  },
  {
    name: 'W7',
    description: 'patch one field (Snaglist: with version, history and permissions; PostGraphile: a plain row)',
    writes: true,
    floor: `${pickTicket}WITH changed AS (UPDATE tickets SET title = 'Patched ' || :n::text, version = version + 1, updated_at = now()
        WHERE id = (SELECT id FROM bench_sample WHERE n = :n) RETURNING id, version, updated_at)
      ${history} RETURNING version;`,
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
  {
    name: 'W8',
    description:
      'replace the labels of a ticket (Snaglist: with version, history and permissions; PostGraphile: two inserts, two deletes)',
    writes: true,
    floor: `${pickTicket}WITH changed AS (UPDATE tickets SET version = version + 1, updated_at = now()
        WHERE id = (SELECT id FROM bench_sample WHERE n = :n) RETURNING id, project_id, version, updated_at),
      removed AS (DELETE FROM ticket_labels tl USING changed WHERE tl.ticket_id = changed.id RETURNING tl.label_id),
      added AS (INSERT INTO ticket_labels SELECT changed.id, l.id FROM changed JOIN labels l ON l.project_id = changed.project_id
        WHERE l.name = ANY(CASE WHEN changed.version % 2 = 0 THEN '{bench 1,bench 2}' ELSE '{bench 3,bench 4}' END::text[])
          AND l.id NOT IN (SELECT label_id FROM removed))
      ${history} RETURNING version;`,
    servers: {
      snaglist: {
        query: `mutation W8($id: ID!, $labels: [ID!]!) { setLabels(input: { ticketId: $id, labelIds: $labels }) { ticket { id version } } }`,
        variables: (sample, n) => {
          const { id, labels } = at(sample.tickets, n)
          return { id, labels: Math.floor(n / sample.tickets.length) % 2 ? labels.slice(0, 2) : labels.slice(2, 4) }
        },
      },
      postgraphile: {
        query: `mutation W8($id: UUID!, $a: UUID!, $b: UUID!) {
          a: createTicketLabel(input: { ticketLabel: { ticketId: $id, labelId: $a } }) { clientMutationId }
          b: createTicketLabel(input: { ticketLabel: { ticketId: $id, labelId: $b } }) { clientMutationId }
          c: deleteTicketLabelByTicketIdAndLabelId(input: { ticketId: $id, labelId: $a }) { clientMutationId }
          d: deleteTicketLabelByTicketIdAndLabelId(input: { ticketId: $id, labelId: $b }) { clientMutationId } }`,
        variables: (sample, n) => {
          const { id, labels } = at(sample.tickets, n)
          // Labels that no other workload adds.
          return { id, a: labels[4], b: labels[5] }
        },
      },
    },
  },
  {
    name: 'W15',
    description: 'add a comment (Snaglist: with permissions; PostGraphile: a plain row; all with the search index)',
    writes: true,
    floor: `${pickTicket}INSERT INTO comments (ticket_id, author_id, body)
      SELECT id, ${viewer}, '${textOf(0)}' FROM bench_sample WHERE n = :n RETURNING id;`,
    servers: {
      snaglist: {
        query: `mutation W15($id: ID!, $body: String!) { addComment(input: { ticketId: $id, body: $body }) { comment { id createdAt } } }`,
        variables: (sample, n) => ({ ...ticketOf(sample, n), body: textOf(n) }),
      },
      postgraphile: {
        query: `mutation W15($id: UUID!, $author: UUID!, $body: String!) {
          createComment(input: { comment: { ticketId: $id, authorId: $author, body: $body } }) { comment { rowId createdAt } } }`,
        variables: (sample, n) => ({ ...ticketOf(sample, n), author: sample.viewer, body: textOf(n) }),
      },
    },
  },
  {
    name: 'W16',
    description: 'change a status (Snaglist: with version, history and permissions; PostGraphile: a plain row)',
    writes: true,
    floor: `${pickTicket}\\set s random(0, 1)
      WITH changed AS (UPDATE tickets SET status = CASE WHEN :s::integer = 0 THEN 'OPEN' ELSE 'IN_PROGRESS' END::ticket_status,
          resolution = NULL, resolved_at = NULL, version = version + 1, updated_at = now()
        WHERE id = (SELECT id FROM bench_sample WHERE n = :n) RETURNING id, version, updated_at)
      ${history} RETURNING version;`,
    servers: {
      snaglist: {
        query: `mutation W16($id: ID!, $status: TicketStatus!) { updateIssue(input: { id: $id, status: $status }) { issue { id version } } }`,
        variables: (sample, n) => ({ ...ticketOf(sample, n), status: openStatusOf(sample, n) }),
      },
      postgraphile: {
        query: `mutation W16($id: UUID!, $status: TicketStatus!) {
          updateTicketByRowId(input: { rowId: $id, ticketPatch: { status: $status, resolution: null, resolvedAt: null } }) { ticket { rowId version } } }`,
        variables: (sample, n) => ({ ...ticketOf(sample, n), status: openStatusOf(sample, n) }),
      },
    },
  },
  {
    name: 'W9',
    description: `change the status of ${bulkSize} tickets (with versions, history and permissions; SQL in pgbench: a plain UPDATE in the order of ids)`,
    writes: true,
    floor: `\\set n random(0, 39)
      \\set s random(0, 1)
      UPDATE tickets SET status = CASE WHEN :s::integer = 0 THEN 'OPEN' ELSE 'IN_PROGRESS' END::ticket_status, resolution = NULL, resolved_at = NULL, updated_at = now()
      WHERE id = ANY(ARRAY(SELECT id FROM tickets WHERE id IN (SELECT id FROM bench_issues WHERE n > :n::integer * ${bulkSize} AND n <= (:n::integer + 1) * ${bulkSize})
        ORDER BY id FOR UPDATE));`,
    servers: {
      snaglist: {
        query: `mutation W9($ids: [ID!]!, $status: TicketStatus!) { bulkUpdateStatus(input: { ids: $ids, status: $status }) { updatedCount } }`,
        variables: (sample, n) => ({
          ids: consecutiveIds(sample, n, bulkSize),
          status: Math.floor((n * bulkSize) / sample.bulk.length) % 2 ? 'OPEN' : 'IN_PROGRESS',
        }),
      },
    },
  },
]

export const workloads: readonly Workload[] = [
  ...basicWorkloads,
  ...basicWorkloads.filter(({ name }) => ['W1', 'W2', 'W3'].includes(name)).map(fromPage),
]
