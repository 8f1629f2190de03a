import pg from 'pg'
import { migrate } from '../src/database/migrate.ts'

export interface Scale {
  readonly tickets: number
  readonly comments: number
  readonly projects: number
  readonly people: number
  readonly labelsPerProject: number
}

export const scaleOf = (tickets: number): Scale => ({
  tickets,
  comments: tickets * 5,
  projects: 20,
  people: 2000,
  labelsPerProject: 12,
})

/** The user of Snaglist's requests: a member of every project. */
export const benchUser = 'person1'

const words =
  'the unit does not start after a cold night because its driver waits for an answer that never comes and then gives up without a word in the log so that nobody sees why it stopped while the next one on the same line works as it should and takes the queue of both until memory runs out or somebody restarts it by hand which helps for an hour'

/**
 * Fills an empty database with the same data every time: numbers come from hashes of row numbers. Texts have the
 * lengths of a real tracker's: titles of about 60 characters, descriptions of 100 to 4,000, comments of 20 to 1,500.
 * Comments are skewed: a tenth of the tickets has half of them.
 */
export async function fill(url: string, scale: Scale): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  try {
    await migrate(pool)
    const { rows } = await pool.query<{ count: number }>('SELECT count(*)::integer AS count FROM tickets')
    if (rows[0]?.count === scale.tickets) return
    if (rows[0]?.count !== 0) throw new Error('The database has other data. Use an empty one.')
    for (const statement of statements(scale)) await pool.query(statement)
  } finally {
    await pool.end()
  }
}

const statements = ({ tickets, comments, projects, people, labelsPerProject }: Scale): string[] => [
  // A number from 0 to n - 1, deterministic for a row and a salt.
  `CREATE FUNCTION pick(seed bigint, salt bigint, n bigint) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
   $$ SELECT (((hashint8extended(seed, salt) % n) + n) % n)::integer $$`,
  `CREATE TABLE paragraphs AS
   SELECT p AS id, string_agg(word[1 + pick(p * 1000 + w, 1, array_length(word, 1))], ' ') AS text
   FROM generate_series(0, 999) p, generate_series(1, 12 + pick(p, 2, 60)) w, (SELECT string_to_array('${words}', ' ') AS word) list
   GROUP BY p`,
  `INSERT INTO users (username, name, email, password_hash)
   SELECT 'person' || n, 'Person Number ' || n, 'person' || n || '@example.com', 'none' FROM generate_series(1, ${people}) n`,
  `INSERT INTO projects (key, name, description, last_number)
   SELECT 'P' || lpad(n::text, 3, '0'), 'Project ' || n, 'What it is about', ${Math.ceil(tickets / projects)} FROM generate_series(1, ${projects}) n`,
  `INSERT INTO project_members SELECT p.id, u.id, 'CONTRIBUTOR' FROM projects p, users u
   WHERE u.username = '${benchUser}' OR pick(hashtext(p.key || u.username), 3, 4) = 0`,
  `INSERT INTO labels (project_id, name, color) SELECT p.id, 'label ' || n, '#' || lpad(to_hex(pick(n, 4, 16777216)), 6, '0')
   FROM projects p, generate_series(1, ${labelsPerProject}) n`,
  `CREATE TABLE people AS SELECT row_number() OVER (ORDER BY length(username), username) - 1 AS n, id FROM users`,
  `CREATE TABLE numbered_projects AS SELECT row_number() OVER (ORDER BY key) - 1 AS n, id FROM projects`,
  `INSERT INTO tickets (project_id, number, kind, title, description, status, resolution, priority, reporter_id, assignee_id,
     version, created_at, updated_at, resolved_at, category, subcategory, absn, reported_by, severity)
   SELECT numbered_projects.id, 1 + made.n / ${projects}, made.kind, left(title.text, 40 + pick(made.n, 5, 50)),
     body.text || E'\\n\\n' || repeat(more.text || ' ', pick(made.n, 6, 6)), made.status,
     CASE WHEN made.done THEN (enum_range(NULL::resolution))[1 + pick(made.n, 7, 5)] END, (enum_range(NULL::priority))[1 + pick(made.n, 8, 4)],
     reporter.id, assignee.id, CASE WHEN made.status = 'OPEN' THEN 1 WHEN made.done THEN 3 ELSE 2 END, made.at, made.at + interval '1 hour' * pick(made.n, 9, 2000),
     CASE WHEN made.done THEN made.at + interval '1 hour' * pick(made.n, 9, 2000) END,
     CASE made.kind WHEN 'DEFECT' THEN 'Category ' || pick(made.n, 10, 15) END,
     CASE made.kind WHEN 'DEFECT' THEN 'Subcategory ' || pick(made.n, 11, 60) END,
     CASE made.kind WHEN 'DEFECT' THEN 'SN-' || lpad(pick(made.n, 12, 1000000)::text, 7, '0') END,
     CASE made.kind WHEN 'DEFECT' THEN 'Station ' || pick(made.n, 13, 12) END,
     CASE made.kind WHEN 'DEFECT' THEN (enum_range(NULL::severity))[1 + pick(made.n, 14, 3)] END
   FROM (SELECT n, status, status IN ('RESOLVED', 'CLOSED') AS done,
       (CASE WHEN pick(n, 15, 5) = 0 THEN 'DEFECT' ELSE 'ISSUE' END)::ticket_kind AS kind,
       timestamptz '2024-01-01' + interval '1 minute' * (n * (1000000.0 / ${tickets})) AS at
     FROM generate_series(0, ${tickets - 1}) n, LATERAL (SELECT (enum_range(NULL::ticket_status))[1 + pick(n, 16, 4)] AS status) s) made
   JOIN numbered_projects ON numbered_projects.n = made.n % ${projects}
   JOIN paragraphs title ON title.id = pick(made.n, 17, 1000)
   JOIN paragraphs body ON body.id = pick(made.n, 18, 1000)
   JOIN paragraphs more ON more.id = pick(made.n, 19, 1000)
   JOIN people reporter ON reporter.n = pick(made.n, 20, ${people})
   LEFT JOIN people assignee ON assignee.n = pick(made.n, 21, ${people}) AND pick(made.n, 22, 5) > 0
   ORDER BY made.n`,
  // Tickets in progress have been started, resolved and closed ones were then resolved.
  `INSERT INTO history (ticket_id, actor_id, at, version, changes)
   SELECT t.id, t.reporter_id, least(t.created_at + interval '1 hour', t.resolved_at), 2, '[{"field": "status", "from": "OPEN", "to": "IN_PROGRESS"}]'
   FROM tickets t WHERE t.version > 1
   UNION ALL SELECT t.id, t.reporter_id, t.resolved_at, 3,
     jsonb_build_array(jsonb_build_object('field', 'status', 'from', 'IN_PROGRESS', 'to', t.status))
   FROM tickets t WHERE t.version > 2`,
  `CREATE TABLE numbered AS SELECT row_number() OVER (ORDER BY created_at, id) - 1 AS n, id, project_id, created_at FROM tickets`,
  `CREATE UNIQUE INDEX ON numbered (n)`,
  `INSERT INTO ticket_labels
   SELECT DISTINCT numbered.id, label.id FROM numbered, generate_series(1, 4) k
   JOIN LATERAL (SELECT true) chosen ON true
   JOIN (SELECT id, project_id, row_number() OVER (PARTITION BY project_id ORDER BY name) - 1 AS n FROM labels) label ON true
   WHERE pick(numbered.n * 4 + k, 23, 2) = 0 AND label.project_id = numbered.project_id
     AND label.n = pick(numbered.n * 4 + k, 24, ${labelsPerProject})`,
  `INSERT INTO comments (ticket_id, author_id, body, created_at)
   SELECT numbered.id, author.id, left(text.text, 20 + pick(made.n, 25, 400)), numbered.created_at + interval '1 minute' * (1 + made.n % 5000)
   FROM (SELECT n, CASE WHEN n % 2 = 0 THEN pick(n, 26, ${tickets}) ELSE pick(n, 27, ${Math.max(1, Math.floor(tickets / 10))}) * 10 END AS ticket
     FROM generate_series(0, ${comments - 1}) n) made
   JOIN numbered ON numbered.n = made.ticket
   JOIN people author ON author.n = pick(made.n, 28, ${people})
   JOIN paragraphs text ON text.id = pick(made.n, 29, 1000)`,
  'DROP TABLE paragraphs, people, numbered_projects, numbered',
  'VACUUM ANALYZE',
]
