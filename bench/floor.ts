import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connections, type Measure } from './measure.ts'
import type { Workload } from './workload.ts'

/** Measures the hand-written SQL of a workload with pgbench: an upper bound of its speed. */
export function measureFloor(url: string, { name, floor }: Workload, seconds: number): Omit<Measure, 'round'> {
  const folder = mkdtempSync(join(tmpdir(), 'snaglist-floor-'))
  const script = join(folder, 'script.sql')
  writeFileSync(script, floor)
  const load = ['-n', '-M', 'prepared', '-f', script, '-c', String(connections), '-j', '1', '-T', String(seconds)]
  const env = { ...process.env, PGOPTIONS: '-c jit=off -c random_page_cost=1.1' }
  const { stdout, stderr } = spawnSync('pgbench', [...load, url], { encoding: 'utf8', env })
  rmSync(folder, { recursive: true })
  const perSecond = Number(/tps = ([\d.]+)/.exec(stdout)?.[1] ?? Number.NaN)
  if (!(perSecond > 0)) throw new Error(`pgbench failed in ${name}: ${stderr}`)
  const p50 = Number(/latency average = ([\d.]+)/.exec(stdout)?.[1])
  const requests = Math.round(perSecond * seconds)
  const none = { p99: Number.NaN, serverCpu: 0, postgresCpu: Number.NaN, memory: Number.NaN }
  return { workload: name, server: 'floor', requests, perSecond, p50, ...none }
}
