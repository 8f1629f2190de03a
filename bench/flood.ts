import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const floodsPerSecond = 100
const floodSeconds = 10
const readsPerSecond = 20
const maxRatio = 3
const maxMegabytes = 600

type DocumentOf = (index: number) => string

/**
 * Floods a production server on the embedded database with new documents from one address, and compares the response times
 * of a signed-in user with the same address to those without the flood. Prints both, and the maximum of the server's
 * resident memory. Requires Linux. Returns the number of failures.
 */
export async function measureFloods(floods: Readonly<Record<string, DocumentOf>>): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'snaglist-flood-'))
  const server = spawn(process.execPath, [join(import.meta.dirname, '../bin/snaglist.js')], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      PORT: '0',
      SNAGLIST_DATA: directory,
      SNAGLIST_DEMO: '0',
      SNAGLIST_LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let failures = 0
  try {
    const url = await urlOf(server.stdout)
    const token = await signUp(url)
    await measureReads(url, token, 3)
    const idle = median(await measureReads(url, token, 5))
    const memory = () => megabytesOf(server.pid as number)
    console.info(
      `\n| ${floodsPerSecond} new documents a second from one address | median of a small read, ms | ratio | RSS, MB | responses |`,
    )
    console.info('|---|---|---|---|---|')
    console.info(`| none | ${idle.toFixed(2)} | 1 | ${memory()} | |`)
    for (const [name, documentOf] of Object.entries(floods)) {
      const flood = startFlood(url, documentOf)
      const duration = median(await measureReads(url, token, floodSeconds))
      const statuses = await flood.stop()
      const ratio = duration / idle
      if (ratio > maxRatio || memory() > maxMegabytes) failures++
      console.info(`| ${name} | ${duration.toFixed(2)} | ${ratio.toFixed(1)} | ${memory()} | ${statuses} |`)
    }
  } finally {
    server.kill('SIGTERM')
    await once(server, 'exit')
    rmSync(directory, { recursive: true })
  }
  return failures
}

async function urlOf(output: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const chunk of output) {
    text += chunk
    const [, url] = /(http:\/\/localhost:\d+)\/graphql/.exec(text) ?? []
    if (url) return `${url}/graphql`
  }
  throw new Error(`The server ended:\n${text}`)
}

async function post(url: string, query: string, token?: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  })
  return { status: response.status, text: await response.text() }
}

async function signUp(url: string): Promise<string> {
  const input = '{ username: "reader", name: "Reader", password: "correct horse" }'
  const { text } = await post(url, `mutation { signUp(input: ${input}) { token } }`)
  return JSON.parse(text).data.signUp.token
}

/** Durations in milliseconds. */
async function measureReads(url: string, token: string, seconds: number): Promise<readonly number[]> {
  const durations: number[] = []
  const end = performance.now() + seconds * 1000
  while (performance.now() < end) {
    const start = performance.now()
    const { status, text } = await post(url, '{ viewer { username } tickets(first: 1) { nodes { key title } } }', token)
    if (status !== 200 || !text.includes('"reader"')) throw new Error(text)
    durations.push(performance.now() - start)
    await wait(1000 / readsPerSecond)
  }
  return durations
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number

function startFlood(url: string, documentOf: DocumentOf) {
  const statuses = new Map<string, number>()
  const pending = new Set<Promise<void>>()
  let index = 0
  const send = async (query: string) => {
    const { status, text } = await post(url, query).catch((error: Error) => ({ status: 0, text: error.message }))
    const outcome = /"code":"(\w+)"/.exec(text)?.[1] ?? String(status)
    statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1)
  }
  const timer = setInterval(() => {
    const request = send(documentOf(index++)).finally(() => pending.delete(request))
    pending.add(request)
  }, 1000 / floodsPerSecond)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(pending)
      return [...statuses].map(([outcome, count]) => `${count} ${outcome}`).join(', ')
    },
  }
}

/** Resident memory of a process. */
const megabytesOf = (pid: number) =>
  Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)
