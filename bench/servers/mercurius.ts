import fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'

// mercurius with jit and hand-written SQL: one statement per field, batched for fields of lists.
const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'], max: 10, options: '-c jit=off' })
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => new Date(text).toISOString())
const all = async (text: string, values: unknown[]) => (await pool.query(text, values)).rows

const schema = `
  type User { id: ID! name: String! }
  type Label { name: String! color: String! }
  type Comment { id: ID! body: String! createdAt: String! author: User! }
  type Ticket {
    id: ID! number: Int! title: String! description: String status: String! priority: String! createdAt: String!
    assignee: User labels: [Label!]! comments(first: Int!): [Comment!]!
  }
  type Query {
    ticket(id: ID!): Ticket
    tickets(project: ID!, first: Int!, after: String, offset: Int): [Ticket!]!
    ticketCount(project: ID!): Int!
  }
`

const columns = 'id, number, title, description, status, priority, created_at AS "createdAt", assignee_id'

const resolvers = {
  Query: {
    ticket: async (_: unknown, { id }: { id: string }) =>
      (await all(`SELECT ${columns} FROM tickets WHERE id = $1`, [id]))[0],
    tickets: (
      _: unknown,
      { project, first, after, offset }: { project: string; first: number; after?: string; offset?: number },
    ) => {
      const [at, id] = after ? after.split(' ') : [null, null]
      return all(
        `SELECT ${columns} FROM tickets WHERE project_id = $1 AND status = 'OPEN' ${after ? 'AND (created_at, id) < ($4, $5)' : ''}
         ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3`,
        after ? [project, first, offset ?? 0, at, id] : [project, first, offset ?? 0],
      )
    },
    ticketCount: async (_: unknown, { project }: { project: string }) =>
      (await all(`SELECT count(*)::integer AS n FROM tickets WHERE project_id = $1 AND status = 'OPEN'`, [project]))[0]
        .n,
  },
}

type Query<Parent> = { obj: Parent; params: { first: number } }[]

async function grouped(parents: readonly { id: string }[], text: string, values: unknown[] = []) {
  const rows = await all(text, [parents.map(({ id }) => id), ...values])
  const groups = Map.groupBy(rows, (row: { parent: string }) => row.parent)
  return parents.map(({ id }) => groups.get(id) ?? [])
}

async function people(ids: readonly (string | null)[]) {
  const rows = await all('SELECT id, name FROM users WHERE id = ANY($1)', [[...new Set(ids.filter(Boolean))]])
  const byId = new Map(rows.map((row: { id: string }) => [row.id, row]))
  return ids.map((id) => (id ? byId.get(id) : null))
}

const loaders = {
  Ticket: {
    assignee: (queries: Query<{ assignee_id: string | null }>) => people(queries.map(({ obj }) => obj.assignee_id)),
    labels: (queries: Query<{ id: string }>) =>
      grouped(
        queries.map(({ obj }) => obj),
        `SELECT tl.ticket_id AS parent, l.name, l.color FROM ticket_labels tl JOIN labels l ON l.id = tl.label_id
         WHERE tl.ticket_id = ANY($1) ORDER BY fold_case(l.name)`,
      ),
    comments: (queries: Query<{ id: string }>) =>
      grouped(
        queries.map(({ obj }) => obj),
        `SELECT parent.id AS parent, c.* FROM unnest($1::uuid[]) parent(id) CROSS JOIN LATERAL (
           SELECT c.id, c.body, c.created_at AS "createdAt", c.author_id FROM comments c WHERE c.ticket_id = parent.id
           ORDER BY c.created_at, c.id LIMIT $2) c`,
        [queries[0]?.params.first],
      ),
  },
  Comment: { author: (queries: Query<{ author_id: string }>) => people(queries.map(({ obj }) => obj.author_id)) },
}

const app = fastify()
await app.register(mercurius, { schema, resolvers, loaders: loaders as never, jit: 1 })
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' })
