import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { LoadOrder, LoadResult } from './load.ts'
import { cpuOf, cpuOfPostgres, memoryOf, type Peer } from './peers.ts'
import type { Sample } from './workloads.ts'

/** One workload on one server in one round. Times in milliseconds, memory in megabytes. */
export interface Measure {
  readonly round: number
  readonly workload: string
  readonly server: string
  readonly requests: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly serverCpu: number
  readonly postgresCpu: number
  readonly memory: number
}

export const connections = 16

/** Runs a workload on a server. */
export async function measure(
  peer: Peer,
  workload: string,
  sample: Sample,
  seconds: number,
): Promise<Omit<Measure, 'round'>> {
  const { name: server, kind, url, headers } = peer
  const order: LoadOrder = { workload, server: kind, url, headers, sample, seconds, connections }
  const pid = peer.process.pid as number
  const before = { server: cpuOf(pid), postgres: cpuOfPostgres() }
  const result = (await runLoad(order)) as LoadResult
  if (result.failed > 0) throw new Error(`${server} failed ${result.failed} times in ${workload}: ${result.example}`)
  const { failed, example, ...figures } = result
  return {
    workload,
    server,
    ...figures,
    serverCpu: (cpuOf(pid) - before.server) / result.requests,
    postgresCpu: (cpuOfPostgres() - before.postgres) / result.requests,
    memory: memoryOf(pid),
  }
}

async function runLoad(order: LoadOrder): Promise<unknown> {
  const program = spawn(process.execPath, [new URL('load.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  program.stdin.end(JSON.stringify(order))
  let output = ''
  program.stdout.on('data', (text) => {
    output += text
  })
  await once(program, 'close')
  return JSON.parse(output)
}
