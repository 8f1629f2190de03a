/** Variables of requests: ids of existing rows, and a deep cursor for each server. */
export interface Sample {
  /** Issues, each with six labels of its project that no ticket has initially. */
  readonly tickets: readonly { readonly id: string; readonly labels: readonly string[] }[]
  readonly projects: readonly { readonly id: string; readonly key: string }[]
  /** Issues in random order, for bulk changes. */
  readonly bulk: readonly string[]
  /** The user of Snaglist's token. */
  readonly viewer: string
  readonly deepCursors: Readonly<Record<string, string>>
  readonly deepOffset: number
}

/** The request of a workload for one server, and the conversion of its response to a common form. */
export interface WorkloadRequest {
  readonly query: string
  readonly variables: (sample: Sample, n: number) => Readonly<Record<string, unknown>>
  /** The response as comparable data; omitted if the servers cannot return the same. */
  readonly read?: (data: never) => unknown
}

export interface Workload {
  readonly name: string
  readonly description: string
  readonly writes?: true
  readonly headers?: Readonly<Record<string, string>>
  /** A script for pgbench: hand-written SQL of the workload, without permissions. */
  readonly floor: string
  readonly servers: Readonly<Record<string, WorkloadRequest>>
}

export const rareWords = 50
/** SQL for one of the rare words, from "code1000". `n` is an integer. */
export const rareWord = (n: string) => `'code' || (1000 + ${n} % ${rareWords})`

/** The origin of a page that may send requests to Snaglist. */
export const pageOrigin = 'http://page.example'

export const at = <Value>(values: readonly Value[], n: number) => values[n % values.length] as Value
export const ticketOf = ({ tickets }: Sample, n: number) => ({ id: at(tickets, n).id })
export const projectOf = ({ projects }: Sample, n: number) => at(projects, n).id
export const pickTicket = '\\set n random(1, 500)\n'
export const pickProject = '\\set n random(1, 20)\n'
export const viewer = "(SELECT id FROM users WHERE username = 'person1')"
