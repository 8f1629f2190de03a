import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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
