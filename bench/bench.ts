import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import pg from 'pg'
import { benchUser, fill, scaleOf } from './data.ts'
import type { LoadOrder, LoadResult } from './load.ts'
import { ask, cpuOf, cpuOfPostgres, memoryOf, type Peer, startPeer } from './peers.ts'
import { type Measure, report } from './report.ts'
import { type Sample, type Workload, workloads } from './workloads.ts'

const usage = `npm run bench -- [--only W1,W2] [--rounds 5] [--seconds 4] [--scale 200000] [--json FILE] [--results FILE]
Needs a PostgreSQL that BENCH_DATABASE_URL names, by default postgresql://postgres@127.0.0.1:5432; it makes a database there.`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    scale: { type: 'string', default: '200000' },
    servers: { type: 'string', default: 'snaglist,postgraphile,mercurius' },
    json: { type: 'string' },
    results: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

const connections = 16

async function main(): Promise<void> {
  if (options.help) return console.info(usage)
  const scale = scaleOf(Number(options.scale))
  const server = process.env['BENCH_DATABASE_URL'] ?? 'postgresql://postgres@127.0.0.1:5432'
  const url = await databaseOf(server, `snaglist_bench_${scale.tickets}`)
  await fill(url, scale)
  const sample = await sampleOf(url, scale.tickets)
  const token = await tokenFor(url)
  const peers: Peer[] = []
  try {
    for (const [index, name] of options.servers.split(',').entries())
      peers.push(await startPeer(name, 4701 + index, url, token))
    const deep = await deepCursors(peers, sample)
    const chosen = workloads.filter(({ name }) => !options.only || options.only.split(',').includes(name))
    for (const workload of chosen) await mustAnswerAlike(workload, peers, deep)
    const measures = await measure(chosen, peers, deep)
    if (options.json) writeFileSync(options.json, `${JSON.stringify(measures, null, 2)}\n`)
    const text = report(measures, scale)
    if (options.results) writeFileSync(options.results, text)
    console.info(text)
  } finally {
    for (const { process: child } of peers) child.kill()
  }
}

/** Runs each workload on each server in turn, round by round, so that a machine that drifts hurts all alike. */
async function measure(chosen: readonly Workload[], peers: readonly Peer[], sample: Sample): Promise<Measure[]> {
  const measures: Measure[] = []
  for (let round = 0; round <= Number(options.rounds); round++)
    for (const { name, servers } of chosen)
      for (const peer of round % 2 ? peers : peers.toReversed()) {
        if (!servers[peer.name]) continue
        // The first round warms caches and compilers, and does not count.
        const measured = await load(peer, name, sample, round === 0 ? 2 : Number(options.seconds))
        if (round > 0) measures.push({ round, ...measured })
      }
  return measures
}

async function load(peer: Peer, workload: string, sample: Sample, seconds: number): Promise<Omit<Measure, 'round'>> {
  const order: LoadOrder = {
    workload,
    server: peer.name,
    url: peer.url,
    headers: peer.headers,
    sample,
    seconds,
    connections,
  }
  const pid = peer.process.pid as number
  const before = { server: cpuOf(pid), postgres: cpuOfPostgres() }
  const program = spawn(process.execPath, [new URL('load.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  program.stdin.end(JSON.stringify(order))
  let printed = ''
  program.stdout.on('data', (text) => {
    printed += text
  })
  await once(program, 'close')
  const result = JSON.parse(printed) as LoadResult
  if (result.failed > 0) throw new Error(`${peer.name} failed ${result.failed} times in ${workload}.`)
  return {
    workload,
    server: peer.name,
    ...result,
    serverCpu: (cpuOf(pid) - before.server) / result.requests,
    postgresCpu: (cpuOfPostgres() - before.postgres) / result.requests,
    memory: memoryOf(pid),
  }
}

/** Throws unless all servers give the same answer to a workload's first requests. */
async function mustAnswerAlike({ name, servers }: Workload, peers: readonly Peer[], sample: Sample): Promise<void> {
  for (let n = 0; n < 5; n++) {
    const answers: { name: string; answer: unknown }[] = []
    for (const peer of peers) {
      const asking = servers[peer.name]
      if (!asking?.read) continue
      const data = await ask<never>(peer, asking.query, asking.variables(sample, n))
      answers.push({ name: peer.name, answer: asking.read(data) })
    }
    const other = answers.find(({ answer }) => !isDeepStrictEqual(answer, answers[0]?.answer))
    if (other) {
      console.error(JSON.stringify(answers[0]).slice(0, 1500), JSON.stringify(other).slice(0, 1500))
      throw new Error(`${other.name} and ${answers[0]?.name} answer ${name} differently.`)
    }
  }
}

/** The cursor at the sample's depth, for each server that has cursors, from a page read by offset. */
async function deepCursors(peers: readonly Peer[], sample: Sample): Promise<Sample> {
  const first = { offset: sample.deepOffset - 1 }
  const pages: Readonly<Record<string, string>> = {
    snaglist: 'query ($offset: Int) { list: tickets(first: 1, offset: $offset) { pageInfo { endCursor } } }',
    postgraphile:
      'query ($offset: Int) { list: allTickets(first: 1, offset: $offset, orderBy: [CREATED_AT_DESC]) { pageInfo { endCursor } } }',
  }
  const cursors: Record<string, string> = { ...sample.deepCursors }
  for (const peer of peers) {
    const query = pages[peer.name]
    if (!query) continue
    const { list } = await ask<{ list: { pageInfo: { endCursor: string } } }>(peer, query, first)
    cursors[peer.name] = list.pageInfo.endCursor
  }
  return { ...sample, deepCursors: cursors }
}

async function databaseOf(server: string, name: string): Promise<string> {
  const url = new URL(server)
  url.pathname = '/postgres'
  const client = new pg.Client({ connectionString: url.href })
  await client.connect()
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
  if (rowCount === 0) await client.query(`CREATE DATABASE ${name}`)
  await client.end()
  url.pathname = `/${name}`
  return url.href
}

async function sampleOf(url: string, tickets: number): Promise<Sample> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const issues = await client.query<{ id: string }>(
    "SELECT id FROM tickets WHERE kind = 'ISSUE' ORDER BY md5(id::text) LIMIT 500",
  )
  const projects = await client.query<{ id: string; key: string }>('SELECT id, key FROM projects ORDER BY key')
  const reporter = await client.query<{ id: string }>('SELECT id FROM users WHERE username = $1', [benchUser])
  await client.end()
  return {
    tickets: issues.rows.map(({ id }) => id),
    projects: projects.rows,
    deepOffset: tickets / 2,
    deepCursors: { reporter: reporter.rows[0]?.id ?? '' },
  }
}

/** Makes an access token for the member whom Snaglist's requests come from. */
async function tokenFor(url: string): Promise<string> {
  const secret = `snag_${randomBytes(32).toString('base64url')}`
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(
    "INSERT INTO tokens (user_id, kind, scope, name, hash) SELECT id, 'ACCESS', 'WRITE', 'bench', $1 FROM users WHERE username = $2",
    [createHash('sha256').update(secret).digest(), benchUser],
  )
  await client.end()
  return secret
}

await main()
