import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ask } from './peers.ts'

/** Milliseconds from the start of the process to its first response, on an empty embedded database and on an existing one. */
export interface StartTimes {
  readonly first: number
  readonly following: readonly number[]
}

const port = 4790

/** A start before them fills the compile cache. */
export async function measureStarts(runs: number): Promise<StartTimes> {
  const folder = mkdtempSync(join(tmpdir(), 'snaglist-start-'))
  try {
    await measureStart(join(folder, 'uncached'))
    const data = join(folder, 'data')
    const first = await measureStart(data)
    const following: number[] = []
    for (let run = 0; run < runs; run++) following.push(await measureStart(data))
    return { first, following }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function measureStart(data: string): Promise<number> {
  const start = performance.now()
  const child = spawn(process.execPath, [new URL('../bin/snaglist.js', import.meta.url).pathname], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', PORT: String(port), SNAGLIST_DATA: data },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const server = { url: `http://127.0.0.1:${port}/graphql`, headers: {} }
  while (!(await ask(server, '{ __typename viewer { id } }', {}).catch(() => null))) await wait(5)
  const duration = performance.now() - start
  child.kill()
  await once(child, 'close')
  return duration
}

export const startReport = ({ first, following }: StartTimes): string =>
  `On the embedded database the first start, which creates the demo data, takes ${(first / 1000).toFixed(1)} s; the following ones take ${following.map((duration) => (duration / 1000).toFixed(2)).join(', ')} s.`

if (import.meta.main) console.info(startReport(await measureStarts(5)))
