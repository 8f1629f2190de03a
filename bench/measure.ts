import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { LoadOrder, LoadResult } from './load.ts'
import { cpuOf, cpuOfPostgres, memoryOf, type Peer } from './peers.ts'
import type { Sample, Workload } from './workload.ts'

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

/** The number of the next request of each workload: a sequence that started again would repeat the changes that it made. */
const nextRequests = new Map<string, number>()

/** Runs a workload on a server. */
export async function measure(
  peer: Peer,
  { name: workload, headers }: Workload,
  sample: Sample,
  seconds: number,
): Promise<Omit<Measure, 'round'>> {
  const { name: server, kind, url } = peer
  const first = nextRequests.get(workload) ?? 0
  const order: LoadOrder = {
    workload,
    server: kind,
    url,
    headers: { ...peer.headers, ...headers },
    sample,
    seconds,
    connections,
    first,
  }
  const pid = peer.process.pid as number
  const before = { server: cpuOf(pid), postgres: cpuOfPostgres() }
  const { next, ...result } = await runLoad(order)
  nextRequests.set(workload, next)
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

async function runLoad(order: LoadOrder): Promise<LoadResult> {
  const program = spawn(process.execPath, [new URL('load.ts', import.meta.url).pathname], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  program.stdin.end(JSON.stringify(order))
  let output = ''
  program.stdout.on('data', (text) => {
    output += text
  })
  await once(program, 'close')
  return JSON.parse(output) as LoadResult
}
