import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ask } from './peers.ts'

/** Milliseconds from the process to its first answer, on the embedded database: without data, then with it. */
export interface Starts {
  readonly first: number
  readonly later: readonly number[]
}

const port = 4790

export async function measureStarts(runs: number): Promise<Starts> {
  const data = mkdtempSync(join(tmpdir(), 'snaglist-start-'))
  try {
    const first = await startOnce(data)
    const later: number[] = []
    for (let run = 0; run < runs; run++) later.push(await startOnce(data))
    return { first, later }
  } finally {
    rmSync(data, { recursive: true })
  }
}

async function startOnce(data: string): Promise<number> {
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

/** The starts as a line of text. */
export const tellStarts = ({ first, later }: Starts): string =>
  `On the embedded database the first start, which makes the demo, answered after ${(first / 1000).toFixed(1)} s; later ones after ${later.map((took) => (took / 1000).toFixed(2)).join(', ')} s.`

if (import.meta.main) console.info(tellStarts(await measureStarts(5)))
