import { writeFileSync } from 'node:fs'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { chart } from './chart.ts'
import { dropPeerIndexes, prepare } from './databases.ts'
import { measureFloor } from './floor.ts'
import { type Measure, measure } from './measure.ts'
import { ask, type Peer, startPeer } from './peers.ts'
import { report, summary } from './report.ts'
import { measureStarts, startReport } from './start.ts'
import type { Sample, Workload } from './workload.ts'
import { workloads } from './workloads.ts'

const usage = `npm run bench -- [--only W1,W2] [--rounds 5] [--seconds 4] [--scale 200000] [--servers snaglist,postgraphile,mercurius]
                 [--json FILE] [--results FILE, and a chart next to it]
A server can have a variant: snaglist:page sends an Origin header, snaglist:gzip and snaglist:br accept compressed responses, snaglist:again is a second process, snaglist:/DIRECTORY
another checkout. Requires pgbench and PostgreSQL at BENCH_DATABASE_URL (default postgresql://postgres@127.0.0.1:5432), where it
creates two databases: one that it fills once, and a copy for the run.`

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

async function main(): Promise<void> {
  if (options.help) return console.info(usage)
  const { url, scale, token, sample } = await prepare(Number(options.scale))
  const peers: Peer[] = []
  try {
    for (const [index, name] of options.servers.split(',').entries())
      peers.push(await startPeer(name, 4701 + index, url, token))
    const deep = await deepCursors(peers, sample)
    const selected = workloads.filter(({ name }) => !options.only || options.only.split(',').includes(name))
    for (const workload of selected) await compareResponses(workload, peers, deep)
    // Writes come last, because they change the data.
    const [writing = [], reading = []] = [true, false].map((writes) =>
      selected.filter((one) => !!one.writes === writes),
    )
    const measures = await rounds(reading, peers, deep, url)
    await dropPeerIndexes(url)
    measures.push(...(await rounds(writing, peers, deep, url)))
    if (options.json)
      writeFileSync(options.json, `${JSON.stringify({ measures, summary: summary(measures) }, null, 2)}\n`)
    const starts = options.only ? '' : `\n${startReport(await measureStarts(5))}\n`
    const text = report(measures, scale) + starts
    if (options.results) {
      writeFileSync(options.results, text)
      writeFileSync(options.results.replace(/\.md$/, '.svg'), chart(summary(measures)))
    }
    console.info(text)
  } finally {
    for (const { process: child } of peers) child.kill()
  }
}

/** Runs each workload on each server in interleaved rounds, so that a change in machine speed affects all of them. */
async function rounds(
  selected: readonly Workload[],
  peers: readonly Peer[],
  sample: Sample,
  url: string,
): Promise<Measure[]> {
  const measures: Measure[] = []
  const seconds = Number(options.seconds)
  for (let round = 0; round <= Number(options.rounds); round++)
    for (const workload of selected) {
      for (const peer of round % 2 ? peers : peers.toReversed()) {
        if (!workload.servers[peer.kind]) continue
        // The first round warms up caches and compilers and is not counted.
        const result = await measure(peer, workload, sample, round === 0 ? 2 : seconds)
        if (round > 0) measures.push({ round, ...result })
      }
      if (round > 0) measures.push({ round, ...measureFloor(url, workload, Math.min(seconds, 3)) })
    }
  return measures
}

/** Throws unless all servers return the same data for the first requests of a workload. */
async function compareResponses(
  { name, servers, headers }: Workload,
  peers: readonly Peer[],
  sample: Sample,
): Promise<void> {
  for (let n = 0; n < 5; n++) {
    const responses: { name: string; data: unknown }[] = []
    for (const peer of peers) {
      const request = servers[peer.kind]
      if (!request?.read) continue
      const response = await ask<never>(
        { ...peer, headers: { ...peer.headers, ...headers } },
        request.query,
        request.variables(sample, n),
      )
      responses.push({ name: peer.name, data: request.read(response) })
    }
    const other = responses.find(({ data }) => !isDeepStrictEqual(data, responses[0]?.data))
    if (other) {
      console.error(JSON.stringify(responses[0]).slice(0, 1500), JSON.stringify(other).slice(0, 1500))
      throw new Error(`${other.name} and ${responses[0]?.name} return different data for ${name}.`)
    }
  }
}

/** The cursor at the depth of the sample, for each server with cursors. */
async function deepCursors(peers: readonly Peer[], sample: Sample): Promise<Sample> {
  const first = { offset: sample.deepOffset - 1 }
  const pages: Readonly<Record<string, string>> = {
    snaglist: 'query ($offset: Int) { list: tickets(first: 1, offset: $offset) { pageInfo { endCursor } } }',
    postgraphile:
      'query ($offset: Int) { list: allTickets(first: 1, offset: $offset, orderBy: [CREATED_AT_DESC]) { pageInfo { endCursor } } }',
  }
  const cursors: Record<string, string> = {}
  for (const peer of peers) {
    const query = pages[peer.kind]
    if (!query) continue
    const { list } = await ask<{ list: { pageInfo: { endCursor: string } } }>(peer, query, first)
    cursors[peer.kind] = list.pageInfo.endCursor
  }
  return { ...sample, deepCursors: cursors }
}

await main()
