import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'

// Floods a production server with new documents of maximal size, uploads, exports and unread results, all together, in
// three rounds, on PostgreSQL (DATABASE_URL) and on the embedded database. The resident memory of the server must not exceed
// the maximum. After the floods it must fall on PostgreSQL; on the embedded database, whose WebAssembly memory never
// shrinks, it must not grow from round to round. Requires Linux.

const maxMegabytes = { PostgreSQL: 700, embedded: 900 }
const rounds = 3
const roundSeconds = 20
const restSeconds = 10
const tickets = 8000
const users = 6

const words = 'seal pump valve frame clock drift battery cold weld paint crack torque sensor cable fan noise'.split(' ')
const textOf = (seed: number, length: number) => {
  let text = ''
  for (let n = seed; text.length < length; n = (n * 48_271 + 11) % 2_147_483_647) text += `${words[n % words.length]} `
  return text
}

interface Server {
  readonly process: ChildProcess
  readonly url: URL
}

async function startServer(database: Readonly<Record<string, string>>): Promise<Server> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../bin/snaglist.js')], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      PORT: '0',
      SNAGLIST_DEMO: '0',
      SNAGLIST_LOG_LEVEL: 'silent',
      SNAGLIST_SIGN_UP: 'open',
      SNAGLIST_BCRYPT_COST: '4',
      ...database,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  for await (const chunk of child.stdout) {
    text += chunk
    const [, url] = /(http:\/\/localhost:\d+)\/graphql/.exec(text) ?? []
    if (url) {
      child.stdout.resume()
      return { process: child, url: new URL(url.replace('localhost', '127.0.0.1')) }
    }
  }
  throw new Error(`The server ended:\n${text}`)
}

/** Resident memory in megabytes. */
const memoryOf = ({ process: { pid } }: Server) =>
  Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

async function ask<Data>({ url }: Server, body: BodyInit, token = '', type = 'application/json'): Promise<Data> {
  const response = await fetch(new URL('/graphql', url), {
    method: 'POST',
    headers: { ...(type && { 'content-type': type }), ...(token && { authorization: `Bearer ${token}` }) },
    body,
  })
  return ((await response.json()) as { data: Data }).data
}

async function prepare(server: Server): Promise<readonly string[]> {
  const tokens: string[] = []
  for (let n = 0; n < users; n++) {
    const query = `mutation { signUp(input: { username: "user${n}", name: "User", password: "correct horse" }) { token } }`
    const { signUp } = await ask<{ signUp: { token: string } }>(server, JSON.stringify({ query }))
    tokens.push(signUp.token)
  }
  const query =
    'mutation { createProject(input: { key: "CORE", name: "Core", defaultRole: MAINTAINER }) { project { id } } }'
  await ask(server, JSON.stringify({ query }), tokens[0])
  const rows = Array.from({ length: tickets }, (_, n) => `Ticket ${n},${textOf(n + 1, 2000)}`)
  const { importTickets } = await ask<{ importTickets: { import: { createdCount: number } } }>(
    server,
    importForm(['title,description', ...rows].join('\n')),
    tokens[0],
    '',
  )
  if (importTickets?.import.createdCount !== tickets) throw new Error('The import failed.')
  return tokens
}

function importForm(text: string): FormData {
  const form = new FormData()
  const query =
    'mutation ($file: Upload!) { importTickets(input: { projectId: "CORE", kind: ISSUE, file: $file }) { import { createdCount } } }'
  form.set('operations', JSON.stringify({ query, variables: { file: null } }))
  form.set('map', '{"0":["variables.file"]}')
  form.set('0', new File([text], 'tickets.csv'))
  return form
}

const times = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => piece(index)).join(' ')

/** A client that sends a request, and then reads nothing. */
function sendUnread({ url }: Server, head: readonly string[], body = ''): Socket {
  const socket = connect(Number(url.port), url.hostname).pause()
  socket.on('error', () => {})
  socket.write([...head, `Host: ${url.host}`, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'))
  return socket
}

/** A client that sends a file slowly. */
function startUpload({ url }: Server, token: string): Socket {
  const socket = connect(Number(url.port), url.hostname)
  socket.on('error', () => {})
  const head = [
    'POST /graphql HTTP/1.1',
    `Host: ${url.host}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: multipart/form-data; boundary=b',
    'Content-Length: 500000000',
  ]
  const parts = [
    '--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n{"query":"mutation ($f: Upload!) { importTickets(input: { projectId: \\"CORE\\", kind: ISSUE, file: $f }) { import { id } } }","variables":{"f":null}}',
    '--b\r\nContent-Disposition: form-data; name="map"\r\n\r\n{"0":["variables.f"]}',
    '--b\r\nContent-Disposition: form-data; name="0"; filename="t.csv"\r\n\r\ntitle\r\n',
  ]
  socket.write(`${head.join('\r\n')}\r\n\r\n${parts.join('\r\n')}`)
  const chunk = Buffer.alloc(256 * 1024, 'x')
  const timer = setInterval(() => socket.writable && socket.writableLength < 1e7 && socket.write(chunk), 20)
  socket.once('close', () => clearInterval(timer))
  socket.resume()
  return socket
}

async function flood(server: Server, tokens: readonly string[], round: number): Promise<number> {
  let index = round * 1_000_000
  const documents = setInterval(() => {
    const n = index++
    const query = [
      `{ viewer { a${n}: id ${times(190, () => '... { id username name }')} } }`.padEnd(15_000),
      times(240, (m) => `query Q${n}x${m} { viewer { id } }`),
      `{ ${times(30, (m) => `e${n >> 3}_${m}: tickets(first: 1) { nodes { id title key } }`)} }`,
    ][n % 3] as string
    ask(server, JSON.stringify({ query }), n % 2 ? tokens[(n >> 1) % users] : '').catch(() => {})
  }, 10)
  const sockets = new Set<Socket>()
  const open = setInterval(() => {
    const token = tokens[index % users] as string
    const page = JSON.stringify({
      query: '{ tickets(first: 200) { nodes { a: description b: description c: description d: description } } }',
    })
    const post = ['POST /graphql HTTP/1.1', 'Content-Type: application/json', `Authorization: Bearer ${token}`]
    for (const socket of [
      sendUnread(server, post, page),
      sendUnread(server, post, page),
      sendUnread(server, ['GET /export/tickets.jsonl HTTP/1.1', `Authorization: Bearer ${token}`]),
      startUpload(server, token),
    ])
      sockets.add(socket.once('close', () => sockets.delete(socket)))
  }, 100)
  let max = 0
  for (let tick = 0; tick < roundSeconds * 4; tick++) {
    await wait(250)
    max = Math.max(max, memoryOf(server))
  }
  clearInterval(documents)
  clearInterval(open)
  for (const socket of sockets) socket.destroy()
  return max
}

/** A few requests a second, as of people. */
async function rest(server: Server, token: string): Promise<void> {
  const end = performance.now() + restSeconds * 1000
  while (performance.now() < end) {
    await ask(server, JSON.stringify({ query: '{ tickets(first: 50) { nodes { key title status } } }' }), token)
    await wait(50)
  }
}

async function measure(name: keyof typeof maxMegabytes, database: Readonly<Record<string, string>>): Promise<number> {
  const server = await startServer(database)
  const tokens = await prepare(server)
  const cells = [memoryOf(server)]
  const maxima: number[] = []
  const ends: number[] = []
  for (let round = 0; round < rounds; round++) {
    maxima.push(await flood(server, tokens, round))
    await rest(server, tokens[0] as string)
    ends.push(memoryOf(server))
    cells.push(maxima.at(-1) as number, ends.at(-1) as number)
  }
  console.info(`| ${name} | ${cells.join(' | ')} |`)
  server.process.kill('SIGTERM')
  await once(server.process, 'exit')
  const falls = (ends.at(-1) as number) < Math.max(...maxima)
  const isFlat = (maxima.at(-1) as number) <= (maxima[0] as number) * 1.1
  return Number(Math.max(...maxima) > maxMegabytes[name]) + Number(!(name === 'PostgreSQL' ? falls : isFlat))
}

console.info(`| database | before | ${times(rounds, (n) => `round ${n + 1}, maximum | after it |`)}`)
console.info(`|---|---|${'---|---|'.repeat(rounds)}`)
let failures = 0
const postgres = process.env['DATABASE_URL']
if (postgres) {
  const client = new pg.Client({ connectionString: postgres })
  await client.connect()
  await client.query('DROP DATABASE IF EXISTS snaglist_bench_memory')
  await client.query('CREATE DATABASE snaglist_bench_memory')
  const url = new URL(postgres)
  url.pathname = '/snaglist_bench_memory'
  failures += await measure('PostgreSQL', { DATABASE_URL: url.href })
  await client.query('DROP DATABASE snaglist_bench_memory WITH (FORCE)')
  await client.end()
}
const directory = mkdtempSync(join(tmpdir(), 'snaglist-memory-'))
failures += await measure('embedded', { SNAGLIST_DATA: directory })
rmSync(directory, { recursive: true })
process.exitCode = failures > 0 ? 1 : 0
