import { arch, cpus, totalmem } from 'node:os'
import { version } from 'node:process'
import type { Scale } from './data.ts'
import type { Measure } from './measure.ts'
import { versions } from './peers.ts'
import { workloads } from './workloads.ts'

/** Medians of a server in a workload, and the ratio of its requests per second to PostGraphile's in each round. */
export interface Summary {
  readonly workload: string
  readonly server: string
  readonly perSecond: number
  readonly range: readonly [number, number]
  readonly p50: number
  readonly p99: number
  readonly serverCpu: number
  readonly postgresCpu: number
  readonly memory: number
  readonly ratio: number | null
  readonly ratios: readonly number[]
}

const baseline = 'postgraphile'
const again = 'snaglist:again'
const explanationOfAgain = `
${again} is a second process of the same code: the difference between the two is the noise of the run.`

export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.floor(middle - 0.5)] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}

export function summary(measures: readonly Measure[]): Summary[] {
  const groups = Map.groupBy(measures, ({ workload, server }) => `${workload} ${server}`)
  return [...groups.values()]
    .map((group): Summary => {
      const [{ workload, server }] = group as [Measure]
      const of = (figure: keyof Measure) => group.map((measure) => measure[figure] as number)
      const ratios = group.flatMap(({ round, perSecond }) => {
        const other = groups.get(`${workload} ${baseline}`)?.find((measure) => measure.round === round)
        return other ? [perSecond / other.perSecond] : []
      })
      return {
        workload,
        server,
        perSecond: median(of('perSecond')),
        range: [Math.min(...of('perSecond')), Math.max(...of('perSecond'))],
        p50: median(of('p50')),
        p99: median(of('p99')),
        serverCpu: median(of('serverCpu')),
        postgresCpu: median(of('postgresCpu')),
        memory: median(of('memory')),
        ratio: ratios.length > 0 ? median(ratios) : null,
        ratios,
      }
    })
    .sort(
      (a, b) =>
        workloads.findIndex(({ name }) => name === a.workload) - workloads.findIndex(({ name }) => name === b.workload),
    )
}

const figure = (value: number, digits: number) => (Number.isNaN(value) ? '' : value.toFixed(digits))

export function report(measures: readonly Measure[], scale: Scale): string {
  const rows = summary(measures).map(
    ({ workload, server, perSecond, range, p50, p99, serverCpu, postgresCpu, memory, ratio, ratios }) =>
      [
        workload,
        server === 'floor' ? 'SQL in pgbench' : server,
        `${perSecond.toFixed(0)} (${range[0].toFixed(0)}–${range[1].toFixed(0)})`,
        figure(p50, 1),
        figure(p99, 1),
        server === 'floor' ? '' : `${serverCpu.toFixed(2)} + ${postgresCpu.toFixed(2)}`,
        figure(memory, 0),
        ratio !== null && server !== baseline
          ? `**${ratio.toFixed(2)}** (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`
          : '',
      ].join(' | '),
  )
  const selected = workloads.filter(({ name }) => measures.some(({ workload }) => workload === name))
  const rounds = Math.max(...measures.map(({ round }) => round))
  return `# Benchmark results

${new Date().toISOString().slice(0, 10)}, Node ${version}, ${versions()}, ${cpus().length} × ${cpus()[0]?.model} (${arch()}), ${(totalmem() / 1e9).toFixed(0)} GB;
the load generator, the servers and PostgreSQL run on the same machine. ${scale.tickets} tickets in ${scale.projects} projects, ${scale.comments} comments, ${scale.people} users.
${rounds} interleaved rounds; a ratio compares requests per second within a round. Only ratios apply to other machines.
Snaglist runs with a token of a project member and its default settings, except that the limits of its rates are above the load; PostGraphile and mercurius check no permissions.${measures.some(({ server }) => server === again) ? explanationOfAgain : ''}

![Requests per second relative to PostGraphile](RESULTS.svg)

| workload | server | requests/s, median (range) | p50 ms | p99 ms | CPU per request, ms: server + PostgreSQL | MB | × ${baseline}, median (range) |
|---|---|---|---|---|---|---|---|
${rows.map((row) => `| ${row} |`).join('\n')}

${selected.map(({ name, description }) => `- **${name}**: ${description}`).join('\n')}
`
}
