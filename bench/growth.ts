import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { prepare } from './databases.ts'
import { type Measure, measure } from './measure.ts'
import { ask, type Peer, startPeer } from './peers.ts'
import { median } from './report.ts'
import type { Sample } from './workload.ts'
import { workloads } from './workloads.ts'

// Measures CPU per request of the server and of PostgreSQL at several numbers of tickets.
const { values } = parseArgs({
  options: {
    scales: { type: 'string', default: '10000,100000,1000000' },
    rounds: { type: 'string', default: '5' },
    results: { type: 'string' },
  },
})
const grown = workloads.filter(({ name }) => ['W1', 'W2', 'W4f', 'W4k', 'W12', 'W13'].includes(name))
const scales = values.scales.split(',').map(Number)
type Cost = Pick<Measure, 'serverCpu' | 'postgresCpu'>
const costs = new Map<string, Cost[]>()
const costsOf = (workload: string, scale: number) => costs.get(`${workload} ${scale}`) ?? []

const sizes: { scale: number; peer: Peer; sample: Sample }[] = []
try {
  for (const [index, scale] of scales.entries()) {
    const { url, token, sample } = await prepare(scale)
    const peer = await startPeer('snaglist', 4701 + index, url, token)
    const query = 'query ($offset: Int) { tickets(first: 1, offset: $offset) { pageInfo { endCursor } } }'
    const { tickets } = await ask<{ tickets: { pageInfo: { endCursor: string } } }>(peer, query, {
      offset: sample.deepOffset - 1,
    })
    sizes.push({ scale, peer, sample: { ...sample, deepCursors: { snaglist: tickets.pageInfo.endCursor } } })
  }
  // All sizes in each round, so that a change in machine speed affects all of them. The first round warms up.
  for (let round = 0; round <= Number(values.rounds); round++)
    for (const workload of grown)
      for (const { scale, peer, sample } of sizes) {
        const cost = await measure(peer, workload, sample, round === 0 ? 2 : 3)
        if (round > 0) costs.set(`${workload.name} ${scale}`, [...costsOf(workload.name, scale), cost])
      }
} finally {
  for (const { peer } of sizes) peer.process.kill()
}
const total = ({ serverCpu, postgresCpu }: Cost) => serverCpu + postgresCpu
const rows = grown.map(({ name: workload }) => {
  const cells = scales.map((scale) => {
    const of = (figure: keyof Cost) => median(costsOf(workload, scale).map((cost) => cost[figure])).toFixed(2)
    return `${of('serverCpu')} + ${of('postgresCpu')}`
  })
  const first = costsOf(workload, scales[0] as number)
  const ratios = costsOf(workload, scales.at(-1) as number).map(
    (cost, round) => total(cost) / total(first[round] as Cost),
  )
  return `| ${workload} | ${cells.join(' | ')} | ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}) |`
})
const text = `# CPU per request by number of tickets

CPU per request in milliseconds, server + PostgreSQL, medians of ${values.rounds} interleaved rounds, ${new Date().toISOString().slice(0, 10)}. The
workloads are those of [RESULTS.md](RESULTS.md); W4k starts at half the depth of all tickets.

| | ${scales.map((scale) => `${scale} tickets`).join(' | ')} | last ÷ first |
|---|${'---|'.repeat(scales.length + 1)}
${rows.join('\n')}
`
if (values.results) writeFileSync(values.results, text)
console.info(text)
