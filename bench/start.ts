import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ask } from './peers.ts'
import { median } from './report.ts'

// How long a server on the embedded database takes from its process to its first answer: empty, then with its data.
const port = 4790
const runs = 5
const data = mkdtempSync(join(tmpdir(), 'snaglist-start-'))

async function startOnce(): Promise<number> {
  const start = performance.now()
  const child = spawn(process.execPath, [new URL('../src/main.ts', import.meta.url).pathname], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', PORT: String(port), SNAGLIST_DATA: data },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const server = { url: `http://127.0.0.1:${port}/graphql`, headers: {} }
  while (!(await ask(server, '{ __typename viewer { id } }', {}).catch(() => null))) await wait(5)
  const took = performance.now() - start
  child.kill()
  await once(child, 'close')
  return took
}

try {
  const cold = await startOnce()
  const warm: number[] = []
  for (let run = 0; run < runs; run++) warm.push(await startOnce())
  const told = warm.map((took) => took.toFixed(0)).join(', ')
  console.info(`first start, with the demo made: ${cold.toFixed(0)} ms`)
  console.info(`later starts: ${median(warm).toFixed(0)} ms (${told})`)
} finally {
  rmSync(data, { recursive: true })
}
