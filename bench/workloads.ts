import { readWorkloads } from './read-workloads.ts'
import { pageOrigin, type Workload } from './workload.ts'
import { writeWorkloads } from './write-workloads.ts'

const fromPage = ({ name, ...workload }: Workload, index: number): Workload => ({
  ...workload,
  name: `W17${'abc'[index]}`,
  description: `${name} with an Origin header (Snaglist: with the CORS headers of a page)`,
  headers: { origin: pageOrigin },
})

export const workloads: readonly Workload[] = [
  ...readWorkloads,
  ...writeWorkloads,
  ...readWorkloads.filter(({ name }) => ['W1', 'W2', 'W3'].includes(name)).map(fromPage),
]
