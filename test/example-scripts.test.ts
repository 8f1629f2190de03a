import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { demoTickets } from '../prisma/demo.ts'
import { temporaryDirectory } from './drill/server-process.ts'
import { startDemoServer } from './support/demo-server.ts'

const run = promisify(execFile)
const examples = 'examples/scripts'
const repository = join(import.meta.dirname, '..')
const readme = readFileSync(join(repository, examples, 'README.md'), 'utf8')
const [, guide = ''] = /## Five minutes\n(.*?)\n## /s.exec(readme) ?? []
const snippets = [...guide.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code = '']) => code)
const hasPrograms = await Promise.all(['bash', 'curl', 'python3'].map((program) => run(program, ['--version']))).then(
  () => true,
  () => false,
)

test.runIf(hasPrograms)('the example scripts run as their README describes, without an installation', async () => {
  await using server = await startDemoServer()
  using folder = temporaryDirectory()
  const copyOf = (name: string) => join(folder.path, examples, name)
  mkdirSync(copyOf(''), { recursive: true })
  for (const name of ['file-issue.sh', 'list-tickets.py', 'nightly-report.ts'])
    copyFileSync(join(repository, examples, name), copyOf(name))
  const script = [
    ...snippets.map((code) => code.replace('http://localhost:4000', server.url)),
    './list-tickets.py CORE --format jsonl --page-size 7 > all.jsonl',
    `./file-issue.sh NOPE 'A "quoted" \\ title' 2> error.txt || echo "exit code $?"`,
  ]
  const { stdout } = await run('bash', ['-e', '-o', 'pipefail', '-c', script.join('\n')], {
    cwd: folder.path,
    env: { PATH: `${dirname(process.execPath)}:${process.env['PATH']}` },
  })

  const filed = `CORE-${demoTickets.length + 1}`
  const [key, repeatedKey, ...lines] = stdout.trimEnd().split('\n')
  expect([key, repeatedKey]).toEqual([filed, filed])
  expect(lines.pop()).toBe('exit code 1')
  expect(JSON.parse(lines.pop() ?? '')).toMatchObject({ key: filed, kind: 'Issue', title: 'Backup failed' })
  expect(readFileSync(copyOf('error.txt'), 'utf8')).toContain('"code":"NOT_FOUND"')

  const all = readFileSync(copyOf('all.jsonl'), 'utf8').trimEnd().split('\n')
  const tickets = all.map((line) => JSON.parse(line) as { readonly key: string; readonly status: string })
  expect(new Set(tickets.map((ticket) => ticket.key)).size).toBe(demoTickets.length + 1)
  const open = tickets.filter(({ status }) => ['OPEN', 'IN_PROGRESS'].includes(status)).map((ticket) => ticket.key)
  const [header, ...rows] = readFileSync(copyOf('tickets.csv'), 'utf8').trimEnd().split('\r\n')
  expect(header).toBe('key,kind,title,status,priority,createdAt,updatedAt,assignee,labels')
  expect(rows.map((row) => row.split(',')[0])).toEqual(open)

  const report = readFileSync(copyOf('report.md'), 'utf8')
  expect(report).toMatch(new RegExp(`^# Core drive unit: ${open.length} open tickets on \\d{4}-\\d\\d-\\d\\d\\n`))
  const counts = [...report.matchAll(/^\| (?:URGENT|HIGH|MEDIUM|LOW) \| (\d+) \|$/gm)].map(([, count]) => Number(count))
  expect(counts).toHaveLength(4)
  expect(counts.reduce((sum, count) => sum + count)).toBe(open.length)
  expect(report).toMatch(new RegExp(`^\\| \\d{4}-\\d\\d-\\d\\d (\\| \\d+ ){3}\\| ${open.length} \\|\\n\\n`, 'm'))
  const oldest = [...report.matchAll(/^\| (CORE-\d+) \|/gm)].map(([, name]) => name)
  expect(oldest).toEqual(open.slice(0, 10))
})

/** A proxy in front of a server, which can cut all connections. */
async function startProxy(url: string) {
  const sockets = new Set<Socket>()
  const { hostname, port } = new URL(url)
  const proxy = createServer((client) => {
    const server = connect(Number(port), hostname)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    }
    client.pipe(server).pipe(client)
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const cutConnections = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cutConnections,
    async [Symbol.asyncDispose]() {
      cutConnections()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}

test.runIf(hasPrograms)('follow.py misses no change while its connection is lost or it does not run', async () => {
  await using server = await startDemoServer()
  await using proxy = await startProxy(server.url)
  using folder = temporaryDirectory()
  const post = async (query: string, token?: string) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) }
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })
    return response.text()
  }
  const [token = ''] =
    /snag_[^"]*/.exec(
      await post('mutation { signIn(input: { username: "ada", password: "snaglist-demo" }) { token } }'),
    ) ?? []
  const fileIssue = (title: string) =>
    post(`mutation { createIssue(input: { projectId: "CORE", title: "${title}" }) { issue { id } } }`, token)
  const start = () => {
    const program = spawn(join(repository, examples, 'follow.py'), ['CORE', '--cursor-file', 'core.cursor'], {
      cwd: folder.path,
      env: { PATH: process.env['PATH'], URL: proxy.url, TOKEN: token },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const lines = createInterface(program.stdout)[Symbol.asyncIterator]()
    return {
      readTitle: async () => JSON.parse((await lines.next()).value ?? '').ticket.title,
      async [Symbol.asyncDispose]() {
        program.kill()
        await once(program, 'close')
      },
    }
  }
  // Other changes precede the first stream, which gives them their positions.
  const { data } = JSON.parse(await post('{ changes(first: 1) { changes { cursor } } }', token))
  expect(data.changes.changes).toHaveLength(1)
  const list = JSON.parse(await post('{ tickets(first: 1) { changesCursor } }', token))
  writeFileSync(join(folder.path, 'core.cursor'), list.data.tickets.changesCursor)
  await fileIssue('First')
  {
    await using program = start()
    expect(await program.readTitle()).toBe('First')
    proxy.cutConnections()
    await fileIssue('Second')
    expect(await program.readTitle()).toBe('Second')
  }
  await fileIssue('Third')
  await using program = start()
  // A change whose cursor was not stored before the end of the program is printed again.
  const title = await program.readTitle()
  expect(title === 'Second' ? await program.readTitle() : title).toBe('Third')
})
