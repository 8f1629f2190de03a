import { parseArgs } from 'node:util'
import { prepare } from './databases.ts'
import { type Dear, dear } from './dearest-queries.ts'
import { ask, startPeer } from './peers.ts'
import { median } from './report.ts'

// How long the dearest queries take that a server allows: each grown until one more would be refused.
const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '200000' },
    tries: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
})
const within = 2000

const { url, token } = await prepare(Number(values.scale))
const peer = await startPeer('snaglist', 4794, url, token)

/** What a query costs, in points; null where its document or its cost is over a limit. */
async function allowedCost(query: string): Promise<number | null> {
  const document = 'query ($query: String!) { explainCost(query: $query) { requested limit } }'
  const explained = await ask<{ explainCost: { requested: number; limit: number } }>(peer, document, { query }).catch(
    () => null,
  )
  const { requested = 0, limit = 0 } = explained?.explainCost ?? {}
  return explained && requested <= limit ? requested : null
}

/** The largest size with which a query is allowed, and what it costs then; null where none is. */
async function largestOf({ most, query }: Dear): Promise<{ size: number; points: number } | null> {
  let largest: { size: number; points: number } | null = null
  for (let [low, high] = [1, most]; low <= high; ) {
    const size = (low + high) >> 1
    const points = await allowedCost(query(size))
    if (points === null) high = size - 1
    else {
      largest = { size, points }
      low = size + 1
    }
  }
  return largest
}

process.on('exit', () => peer.process.kill())
let failures = 0
console.info('| query | of these | points | ms | MB |\n|---|---|---|---|---|')
for (const each of dear) {
  if (values.only && !each.name.includes(values.only)) continue
  const largest = await largestOf(each)
  if (!largest) {
    console.info(`| ${each.name} | 0 | | not even one is allowed | |`)
    continue
  }
  const body = JSON.stringify({ query: each.query(largest.size) })
  const times: number[] = []
  let megabytes = 0
  let refused = ''
  for (let n = 0; n < Number(values.tries); n++) {
    const start = performance.now()
    const headers = { 'content-type': 'application/json', ...peer.headers }
    const text = await (await fetch(peer.url, { method: 'POST', headers, body })).text()
    times.push(performance.now() - start)
    megabytes = text.length / 1e6
    if (text.startsWith('{"errors"')) refused = /"message":"([^"]*)"/.exec(text)?.[1] ?? text
  }
  const took = median(times)
  if (took > within || refused) failures++
  console.info(
    `| ${each.name} | ${largest.size} | ${largest.points} | ${took.toFixed(0)}${took > within ? ' **over**' : ''} ${refused} | ${megabytes.toFixed(1)} |`,
  )
}
peer.process.kill()
if (failures > 0) process.exitCode = 1
