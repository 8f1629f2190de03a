import { parseArgs } from 'node:util'
import { prepare } from './databases.ts'
import { type Measure, measure } from './measure.ts'
import { ask, startPeer } from './peers.ts'
import { median } from './report.ts'

// What a request costs, in CPU of the server and of PostgreSQL, as the tracker grows.
const { values } = parseArgs({
  options: { scales: { type: 'string', default: '10000,100000,1000000' }, rounds: { type: 'string', default: '5' } },
})
const grown = ['W1', 'W2', 'W4k']
const costs = new Map<string, number[]>()
for (const scale of values.scales.split(',').map(Number)) {
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
      const cost = median(rounds.map(({ serverCpu, postgresCpu }) => serverCpu + postgresCpu))
      costs.set(workload, [...(costs.get(workload) ?? []), cost])
      console.info(
        `${scale} tickets, ${workload}: ${median(rounds.map(({ serverCpu }) => serverCpu)).toFixed(3)} + ${median(rounds.map(({ postgresCpu }) => postgresCpu)).toFixed(3)} ms`,
      )
    }
  } finally {
    peer.process.kill()
  }
}
for (const [workload, figures] of costs)
  console.info(
    `${workload}: the largest costs ${((figures.at(-1) ?? 0) / (figures[0] ?? 1)).toFixed(2)} × the smallest`,
  )
