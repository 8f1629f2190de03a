import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { pageOrigin } from './workload.ts'

/** A measured server in its own process. */
export interface Peer {
  readonly name: string
  /** The name without its variant. */
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
/** Requests and points are counted, with limits above the load. */
const highLimits = { SNAGLIST_RATE_POINTS: '1000000000', SNAGLIST_RATE_REQUESTS: '1000000000' }

/**
 * Starts a server in production mode and waits until it responds. Variants of a name: "snaglist:page" sends an Origin
 * header, "snaglist:gzip" and "snaglist:br" accept compressed responses, "snaglist:again" is a second process for A/A runs, "snaglist:DIRECTORY" runs another checkout.
 */
export async function startPeer(
  name: string,
  port: number,
  databaseUrl: string,
  token: string,
  extraEnvironment: Readonly<Record<string, string>> = {},
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
      ...(kind === 'snaglist' && { SNAGLIST_LOG_LEVEL: 'warn', SNAGLIST_CORS_ORIGINS: pageOrigin, ...highLimits }),
      ...extraEnvironment,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}/graphql`
  const headers: Peer['headers'] = {
    ...(kind === 'snaglist' && token && { authorization: `Bearer ${token}` }),
    ...(variant === 'page' && { origin: pageOrigin }),
    ...(['gzip', 'br'].includes(variant) && { 'accept-encoding': variant }),
  }
  for (let attempt = 0; ; attempt++) {
    const data = await ask({ url, headers }, '{ __typename }', {}).catch(() => null)
    if (data) return { name, kind, url, process: child, headers }
    if (attempt === 100 || child.exitCode !== null) {
      child.kill()
      throw new Error(`${name} does not respond.`)
    }
    await wait(100)
  }
}

/** Sends a request and returns its data. Throws its errors. */
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

/** CPU time of a process in milliseconds. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  // User and system time, including terminated children.
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return (ticks * 1000) / ticksPerSecond
}

/** CPU time of all PostgreSQL processes on this machine in milliseconds, including terminated children. */
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

/** Resident memory of a process in megabytes. */
export function memoryOf(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
  return (pages * 4096) / 1_000_000
}
