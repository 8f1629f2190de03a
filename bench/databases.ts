import { createHash, randomBytes } from 'node:crypto'
import pg from 'pg'
import { benchUser, fill, type Scale, scaleOf } from './data.ts'
import { rareWord, rareWords, type Sample } from './workload.ts'

/** A filled database, and a token of a project member. */
export interface Filled {
  readonly url: string
  readonly scale: Scale
  readonly token: string
  readonly sample: Sample
}

const server = process.env['BENCH_DATABASE_URL'] ?? 'postgresql://postgres@127.0.0.1:5432'

function urlOf(name: string): string {
  const url = new URL(server)
  url.pathname = `/${name}`
  return url.href
}

export async function query<Row extends object>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(sql, values)).rows
  } finally {
    await client.end()
  }
}

/** Creates an empty database, replacing an existing one. */
export async function emptyDatabase(name: string): Promise<string> {
  await query(urlOf('postgres'), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await query(urlOf('postgres'), `CREATE DATABASE ${name}`)
  return urlOf(name)
}

/** A copy of a database with a number of tickets, which the first call fills. A run may change the copy. */
export async function prepare(tickets: number): Promise<Filled> {
  const scale = scaleOf(tickets)
  const template = `snaglist_bench_${tickets}`
  const known = await query(urlOf('postgres'), 'SELECT FROM pg_database WHERE datname = $1', [template])
  if (known.length === 0) await query(urlOf('postgres'), `CREATE DATABASE ${template}`)
  await fill(urlOf(template), scale)
  const name = `${template}_run`
  await query(urlOf('postgres'), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await query(urlOf('postgres'), `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`)
  const url = urlOf(name)
  await query(url, 'VACUUM ANALYZE')
  return { url, scale, token: await tokenFor(url), sample: await sampleOf(url, tickets) }
}

// PostGraphile offers orders by columns with an index, and by enums if a comment requests it.
const createPeerIndexes = `COMMENT ON COLUMN tickets.priority IS '@behavior +orderBy';
  CREATE INDEX bench_priority_idx ON tickets (project_id, priority, id);
  CREATE INDEX bench_title_idx ON tickets (title, id)`

/** Makes writes as fast as without the indexes for PostGraphile, which no writing workload needs. */
export const dropPeerIndexes = (url: string) => query(url, 'DROP INDEX bench_priority_idx, bench_title_idx')

async function sampleOf(url: string, tickets: number): Promise<Sample> {
  await query(
    url,
    `CREATE TABLE bench_sample AS SELECT row_number() OVER () AS n, * FROM (
       SELECT id, project_id FROM tickets WHERE kind = 'ISSUE' ORDER BY md5(id::text) LIMIT 500) chosen;
     CREATE UNIQUE INDEX ON bench_sample (n);
     CREATE TABLE bench_projects AS SELECT row_number() OVER (ORDER BY key) AS n, id FROM projects;
     CREATE TABLE bench_issues AS SELECT row_number() OVER (ORDER BY md5(id::text)) AS n, id FROM tickets WHERE kind = 'ISSUE';
     CREATE UNIQUE INDEX ON bench_issues (n);
     -- Six labels per project that no ticket has.
     INSERT INTO labels (project_id, name, color) SELECT id, 'bench ' || n, '#112233' FROM projects, generate_series(1, 6) n;
     -- Rare words: each is in the comments of about a hundred tickets.
     INSERT INTO comments (ticket_id, author_id, body)
     SELECT i.id, u.id, 'the unit shows code ' || ${rareWord('i.n')} || ' after a cold night' FROM bench_issues i, users u
     WHERE i.n <= ${rareWords} * 100 AND u.username = '${benchUser}';
     ${createPeerIndexes};
     ANALYZE bench_sample, bench_projects, bench_issues, labels`,
  )
  const chosen = await query<{ id: string; labels: string[] }>(
    url,
    `SELECT s.id, array_agg(l.id ORDER BY l.name) AS labels FROM bench_sample s
     JOIN labels l ON l.project_id = s.project_id AND l.name LIKE 'bench %' GROUP BY s.n, s.id ORDER BY s.n`,
  )
  const bulk = await query<{ id: string }>(url, 'SELECT id FROM bench_issues ORDER BY n LIMIT 20000')
  const [viewer] = await query<{ id: string }>(url, 'SELECT id FROM users WHERE username = $1', [benchUser])
  return {
    tickets: chosen,
    projects: await query(url, 'SELECT id, key FROM projects ORDER BY key'),
    bulk: bulk.map(({ id }) => id),
    viewer: viewer?.id ?? '',
    deepOffset: tickets / 2,
    deepCursors: {},
  }
}

async function tokenFor(url: string): Promise<string> {
  const secret = `snag_${randomBytes(32).toString('base64url')}`
  await query(
    url,
    "INSERT INTO tokens (user_id, kind, scope, name, hash) SELECT id, 'ACCESS', 'WRITE', 'bench', $1 FROM users WHERE username = $2",
    [createHash('sha256').update(secret).digest(), benchUser],
  )
  return secret
}
