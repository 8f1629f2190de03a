import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { prepare } from './databases.ts'
import { type Measure, measure } from './measure.ts'
import { ask, startPeer } from './peers.ts'
import { median } from './report.ts'

// What a request costs, in CPU of the server and of PostgreSQL, as the tracker grows.
const { values } = parseArgs({
  options: {
    scales: { type: 'string', default: '10000,100000,1000000' },
    rounds: { type: 'string', default: '5' },
    results: { type: 'string' },
  },
})
const grown = ['W1', 'W2', 'W4k']
const scales = values.scales.split(',').map(Number)
const costs = new Map<string, { server: number; postgres: number }[]>(grown.map((workload) => [workload, []]))
for (const scale of scales) {
  const { url, token, sample } = await prepare(scale)
  const peer = await startPeer('snaglist', 4701, url, token)
  try {
    const query = 'query ($offset: Int) { tickets(first: 1, offset: $offset) { pageInfo { endCursor } } }'
    const { tickets } = await ask<{ tickets: { pageInfo: { endCursor: string } } }>(peer, query, {
      offset: sample.deepOffset - 1,
    })
    const deep = { ...sample, deepCursors: { snaglist: tickets.pageInfo.endCursor } }
    for (const workload of grown) {
      await measure(peer, workload, deep, 2)
      const rounds: Omit<Measure, 'round'>[] = []
      for (let round = 0; round < Number(values.rounds); round++) rounds.push(await measure(peer, workload, deep, 3))
      const server = median(rounds.map(({ serverCpu }) => serverCpu))
      const postgres = median(rounds.map(({ postgresCpu }) => postgresCpu))
      costs.get(workload)?.push({ server, postgres })
      console.info(`${scale} tickets, ${workload}: ${server.toFixed(3)} + ${postgres.toFixed(3)} ms`)
    }
  } finally {
    peer.process.kill()
  }
}
const total = ({ server, postgres }: { server: number; postgres: number }) => server + postgres
const rows = [...costs].map(([workload, figures]) => {
  const cells = figures.map(({ server, postgres }) => `${server.toFixed(2)} + ${postgres.toFixed(2)}`)
  const [first, last] = [figures[0], figures.at(-1)]
  return `| ${workload} | ${cells.join(' | ')} | ${first && last ? (total(last) / total(first)).toFixed(2) : ''} |`
})
const text = `# What growth costs

CPU of a request in milliseconds, server + PostgreSQL, medians of ${values.rounds} rounds, ${new Date().toISOString().slice(0, 10)}. The
workloads are those of [RESULTS.md](RESULTS.md); W4k stands at half the depth of all tickets.

| | ${scales.map((scale) => `${scale} tickets`).join(' | ')} | last ÷ first |
|---|${'---|'.repeat(scales.length + 1)}
${rows.join('\n')}
`
if (values.results) writeFileSync(values.results, text)
console.info(text)
