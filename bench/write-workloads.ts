import { at, pickProject, pickTicket, projectOf, type Sample, ticketOf, viewer, type Workload } from './workload.ts'

const history = `INSERT INTO history (ticket_id, actor_id, at, version, changes)
  SELECT id, ${viewer}, updated_at, version, '[{"field": "title", "from": "a", "to": "b"}]'::jsonb FROM changed`

/** Consecutive ids of the sample, different for each request. */
const consecutiveIds = ({ bulk }: Sample, n: number, size: number) =>
  Array.from({ length: size }, (_, index) => at(bulk, n * size + index))

/** Alternates between two statuses with each pass over the tickets. */
const openStatusOf = ({ tickets }: Sample, n: number) => (Math.floor(n / tickets.length) % 2 ? 'OPEN' : 'IN_PROGRESS')

const bulkSize = 500

const textOf = (n: number) =>
  `the driver waits for memory ${n} and the queue of the line gives up without a word in the log`

export const writeWorkloads: readonly Workload[] = [
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
