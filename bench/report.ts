import { arch, cpus, totalmem } from 'node:os'
import type { Scale } from './data.ts'
import { workloads } from './workloads.ts'

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

const baseline = 'postgraphile'

/** The middle of some figures. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle - 0.5)] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

/** The measures as a page of Markdown: medians, ranges, and the ratios inside each round. */
export function report(measures: readonly Measure[], scale: Scale): string {
  const groups = Map.groupBy(measures, ({ workload, server }) => `${workload} ${server}`)
  const rows = [...groups.values()].map((group) => {
    const [{ workload, server }] = group as [Measure]
    const of = (figure: keyof Measure) => group.map((measure) => measure[figure] as number)
    const ratios = group.flatMap(({ round, perSecond }) => {
      const other = groups.get(`${workload} ${baseline}`)?.find((measure) => measure.round === round)
      return other && server !== baseline ? [perSecond / other.perSecond] : []
    })
    return [
      workload,
      server,
      `${median(of('perSecond')).toFixed(0)} (${Math.min(...of('perSecond')).toFixed(0)}–${Math.max(...of('perSecond')).toFixed(0)})`,
      median(of('p50')).toFixed(1),
      median(of('p99')).toFixed(1),
      `${median(of('serverCpu')).toFixed(2)} + ${median(of('postgresCpu')).toFixed(2)}`,
      median(of('memory')).toFixed(0),
      ratios.length > 0
        ? `**${median(ratios).toFixed(2)}** (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`
        : '',
    ].join(' | ')
  })
  const whats = workloads.filter(({ name }) => measures.some(({ workload }) => workload === name))
  return `# What was measured

${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model} (${arch()}), ${(totalmem() / 1e9).toFixed(0)} GB;
the load program, the servers and PostgreSQL share the machine. ${scale.tickets} tickets in ${scale.projects} projects, ${scale.comments} comments, ${scale.people} people.
Rounds are interleaved; a ratio compares requests a second inside one round. Only ratios mean something elsewhere.

| workload | server | requests/s, median (range) | p50 ms | p99 ms | CPU of a request, ms: server + PostgreSQL | MB | × ${baseline}, median (range) |
|---|---|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}

${whats.map(({ name, what }) => `- **${name}**: ${what}`).join('\n')}
`
}
