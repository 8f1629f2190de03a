import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** A server that is measured: a process of its own. */
export interface Peer {
  readonly name: string
  /** The name without its variant: what the workloads call it. */
  readonly kind: string
  readonly url: string
  readonly process: ChildProcess
  readonly headers: Readonly<Record<string, string>>
}

const programs: Readonly<Record<string, string>> = {
  snaglist: '../src/main.ts',
  postgraphile: 'servers/postgraphile.ts',
  mercurius: 'servers/mercurius.ts',
}

/** What is compared, with its version. */
export function versions(): string {
  const versionOf = (name: string) =>
    (
      JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')) as {
        version: string
      }
    ).version
  return ['postgraphile', 'mercurius', 'pg'].map((name) => `${name} ${versionOf(name)}`).join(', ')
}

const ticksPerSecond = 100
// A load asks for more than one caller may.
const unlimited = { SNAGLIST_RATE_POINTS: '0', SNAGLIST_RATE_REQUESTS: '0' }

/** The origin of the page that the variant "page" stands for. */
const pageOrigin = 'http://page.example'

/**
 * Starts a server on the database, as it runs in production, and waits until it answers. A name may have a variant:
 * "snaglist:page" sends every request with an Origin, "snaglist:again" is a second process for A/A runs, and
 * "snaglist:DIRECTORY" runs another checkout.
 */
export async function startPeer(
  name: string,
  port: number,
  databaseUrl: string,
  token: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Peer> {
  const [kind = '', variant = ''] = name.split(':')
  const program = variant.startsWith('/')
    ? `${variant}/src/main.ts`
    : new URL(programs[kind] ?? '', import.meta.url).pathname
  const child = spawn(process.execPath, [program], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      GRAPHILE_ENV: 'production',
      DATABASE_URL: databaseUrl,
      PORT: String(port),
      ...(kind === 'snaglist' && { SNAGLIST_LOG_LEVEL: 'warn', SNAGLIST_CORS_ORIGINS: pageOrigin, ...unlimited }),
      ...more,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}/graphql`
  const headers: Peer['headers'] = {
    ...(kind === 'snaglist' && token && { authorization: `Bearer ${token}` }),
    ...(variant === 'page' && { origin: pageOrigin }),
  }
  for (let attempt = 0; ; attempt++) {
    const answers = await ask({ url, headers }, '{ __typename }', {}).catch(() => null)
    if (answers) return { name, kind, url, process: child, headers }
    if (attempt === 100 || child.exitCode !== null) {
      child.kill()
      throw new Error(`${name} does not answer.`)
    }
    await wait(100)
  }
}

/** Asks a server once and returns the data; errors are thrown. */
export async function ask<Data>(
  { url, headers }: Pick<Peer, 'url' | 'headers'>,
  query: string,
  variables: object,
): Promise<Data> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  })
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown }
  if (errors) throw new Error(`${url}: ${JSON.stringify(errors)}`)
  return data
}

/** The processor time, in milliseconds, that a process has used. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  // User and system time, its own and that of children that have ended.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return (ticks * 1000) / ticksPerSecond
}

/** The processor time, in milliseconds, that PostgreSQL's processes on this machine have used, children that ended included. */
export function cpuOfPostgres(): number {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .reduce((sum, pid) => {
      try {
        const isPostgres = readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('postgres')
        return isPostgres ? sum + cpuOf(Number(pid)) : sum
      } catch {
        return sum
      }
    }, 0)
}

/** The resident memory of a process, in megabytes. */
export function memoryOf(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
  return (pages * 4096) / 1_000_000
}
