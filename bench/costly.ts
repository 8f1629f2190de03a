import { parseArgs } from 'node:util'
import { type CostlyQuery, costlyQueries } from './costly-queries.ts'
import { prepare } from './databases.ts'
import { ask, startPeer } from './peers.ts'
import { median } from './report.ts'

// Runs the most expensive queries that a server allows: each with the largest size within the limits.
const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '200000' },
    tries: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
})
const maxMilliseconds = 2000

const { url, token } = await prepare(Number(values.scale))
const peer = await startPeer('snaglist', 4794, url, token)

/** The cost of a query, in points; null if its document or its cost exceeds a limit. */
async function allowedCost(query: string): Promise<number | null> {
  const document = 'query ($query: String!) { explainCost(query: $query) { requested limit } }'
  const explained = await ask<{ explainCost: { requested: number; limit: number } }>(peer, document, { query }).catch(
    () => null,
  )
  const { requested = 0, limit = 0 } = explained?.explainCost ?? {}
  return explained && requested <= limit ? requested : null
}

/** The largest allowed size of a query, and its cost; null if no size is allowed. */
async function largestAllowed({ maxSize, query }: CostlyQuery): Promise<{ size: number; points: number } | null> {
  let largest: { size: number; points: number } | null = null
  for (let [low, high] = [1, maxSize]; low <= high; ) {
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
console.info('| query | size | points | ms | MB |\n|---|---|---|---|---|')
for (const entry of costlyQueries) {
  if (values.only && !entry.name.includes(values.only)) continue
  const largest = await largestAllowed(entry)
  if (!largest) {
    console.info(`| ${entry.name} | 0 | | no size is allowed | |`)
    continue
  }
  const body = JSON.stringify({ query: entry.query(largest.size) })
  const times: number[] = []
  let megabytes = 0
  let error = ''
  for (let n = 0; n < Number(values.tries); n++) {
    const start = performance.now()
    const headers = { 'content-type': 'application/json', ...peer.headers }
    const text = await (await fetch(peer.url, { method: 'POST', headers, body })).text()
    times.push(performance.now() - start)
    megabytes = text.length / 1e6
    if (text.startsWith('{"errors"')) error = /"message":"([^"]*)"/.exec(text)?.[1] ?? text
  }
  const duration = median(times)
  if (duration > maxMilliseconds || error) failures++
  console.info(
    `| ${entry.name} | ${largest.size} | ${largest.points} | ${duration.toFixed(0)}${duration > maxMilliseconds ? ' **over**' : ''} ${error} | ${megabytes.toFixed(1)} |`,
  )
}
peer.process.kill()
if (failures > 0) process.exitCode = 1
