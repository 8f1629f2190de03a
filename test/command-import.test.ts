import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { startServer } from '../src/server.ts'
import { runCommand } from './support/command.ts'
import { copyDatabase, queryCopy } from './support/environment.ts'

const folder = mkdtempSync(join(tmpdir(), 'snaglist-command-'))
let database: Awaited<ReturnType<typeof copyDatabase>>
const env = () => ({ PORT: '0', SNAGLIST_LOG_LEVEL: 'error', ...database.env })

const issues = join(folder, 'issues.csv')
const defects = join(folder, 'defects.csv')
writeFileSync(issues, 'key,title,points\nJ-1,"One, with a ""quote"" and\na line",3\nJ-2,=Two,5\n')
writeFileSync(
  defects,
  'id,type,date,severity\n1,Dent,6/30/2024,Moderate\n2,Dent,7/1/2024,awful\n3,Scratch,13/1/2024,Minor\n',
)

async function run(...args: string[]): Promise<[output: string, code: number]> {
  const { output, code } = await runCommand(args, env())
  return [output, code]
}

/** Sends the beginning of a response, then closes the connection. */
async function brokenServer(text: string) {
  const server = createServer((_request, response) => {
    response.writeHead(200)
    response.write(text, () => response.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: async () => void server.close() }
}

beforeAll(async () => {
  database = await copyDatabase()
  await run('seed')
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await database[Symbol.asyncDispose]()
})

const asIssues = ['--project', 'CORE', '--kind', 'issue', '--map', 'key=externalKey', '--ignore', 'points']
const asDefects = [
  '--project',
  'core',
  '--kind',
  'defect',
  '--map',
  'id=externalKey',
  '--map',
  'type=category',
  '--map',
  'type=title',
  '--map',
  'date=createdAt',
]
const values = ['--value', 'severity:awful=CRITICAL', '--date-format', 'M/D/YYYY']

describe('import and export on the configured database', () => {
  test('import creates tickets, and changes nothing when repeated', async () => {
    expect(await run('import', issues, ...asIssues, '--as', 'ada', '--dry-run')).toEqual([
      expect.stringContaining(
        'issues.csv: 2 rows, 2 created, 0 updated, 0 unchanged, 0 rejected (dry run: nothing was changed)',
      ),
      0,
    ])
    expect(await run('import', issues, ...asIssues, '--as', 'Ada')).toEqual([
      expect.stringContaining('2 created, 0 updated'),
      0,
    ])
    expect(await run('import', issues, ...asIssues, '--as', 'ada')).toEqual([
      expect.stringContaining('0 created, 0 updated, 2 unchanged'),
      0,
    ])
  })

  test('export writes the imported tickets as CSV and JSON Lines', async () => {
    const out = join(folder, 'out.csv')
    const filter = '{"title":{"contains":"Two"},"createdAt":{"gte":"-P1D"}}'
    expect(await run('export', '--project', 'CORE', '--filter', filter, '--out', out, '--as', 'ada')).toEqual([
      `1 ticket was written to ${out}.\n`,
      0,
    ])
    expect(readFileSync(out, 'utf8')).toMatch(/^key,externalKey,kind,title,.*\r\nCORE-62,J-2,ISSUE,'=Two,,OPEN,/)
    const [lines, code] = await run('export', '--filter', filter, '--format', 'jsonl', '--as', 'ada')
    expect([JSON.parse(lines).title, code]).toEqual(['=Two', 0])
  })

  test('export --out keeps an existing file without --force, and --json prints the number of tickets', async () => {
    const out = join(folder, 'all.csv')
    writeFileSync(out, 'precious')
    const rejected = await runCommand(['export', '--as', 'ada', '--out', out], env())
    expect(rejected).toMatchObject({
      code: 2,
      stderr: `The file ${out} already exists. Use --force to overwrite it.\n`,
    })
    expect(readFileSync(out, 'utf8')).toBe('precious')
    const args = ['export', '--project', 'CORE', '--as', 'ada', '--out', out, '--force', '--json']
    const { code, stdout, stderr } = await runCommand(args, env())
    expect({ code, stderr }).toEqual({ code: 0, stderr: `62 tickets were written to ${out}.\n` })
    expect(JSON.parse(stdout)).toEqual({ file: out, format: 'csv', ticketCount: 62 })
    expect(readFileSync(out, 'utf8')).toMatch(/^key,/)
  })

  test('export counts the lines of JSON Lines', async () => {
    const out = join(folder, 'all.jsonl')
    const [output] = await run('export', '--as', 'ada', '--format', 'jsonl', '--out', out)
    expect(output).toBe(`62 tickets were written to ${out}.\n`)
    expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toHaveLength(62)
  })

  test('export that is interrupted keeps the previous file and leaves no other', async () => {
    const directory = mkdtempSync(join(folder, 'interrupted-'))
    const out = join(directory, 'out.csv')
    writeFileSync(out, 'precious')
    await using server = await brokenServer('key,title\r\nCORE-1,One\r\n')
    const args = ['export', '--url', server.url, '--token', 'x', '--out', out, '--force']
    const { code, stdout, stderr } = await runCommand(args, env())
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^The export was interrupted: .* Its output is incomplete\.\n$/)
    expect(readdirSync(directory)).toEqual(['out.csv'])
    expect(readFileSync(out, 'utf8')).toBe('precious')
  })

  test('import --json prints the report, and fails like the text if rows are rejected', async () => {
    const [ok] = await run('import', issues, ...asIssues, '--as', 'ada', '--json')
    expect(JSON.parse(ok)).toMatchObject({
      file: issues,
      rowCount: 2,
      unchangedCount: 2,
      errors: [],
      rejectedFile: null,
    })
    const args = ['import', defects, ...asDefects, ...values, '--as', 'ada', '--json']
    const { code, stdout, stderr } = await runCommand(args, env())
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Nothing was imported\./)
    expect(JSON.parse(stdout)).toMatchObject({
      rejectedCount: 1,
      errorCount: 1,
      errors: [{ row: 3, column: 'date', value: '13/1/2024', message: expect.any(String) }],
    })
  })

  test('import --from prints the use of each column and the effect of each row as tables', async () => {
    const file = join(folder, 'jira.csv')
    writeFileSync(
      file,
      'Issue key,Summary,Status,Reporter,Sprint,Comment,Comment\nL-1,Belt slips,Done,Ada L,S1,a,b\nL-2,Motor hums,To Do,ada,,,\n',
    )
    const [output, code] = await run('import', file, '--project', 'CORE', '--from', 'jira', '--as', 'ada', '--dry-run')
    expect(output).toContain(
      [
        'COLUMN     FIELD',
        'Issue key  externalKey',
        'Summary    title',
        'Status     status, resolution',
        'Reporter   reporter',
        'Sprint     ignored',
        'Comment    ignored',
        '',
        'ROW  EFFECT  EXTERNAL KEY  STATUS    TITLE OR CHANGES',
        '1    create  L-1           RESOLVED  Belt slips',
        '2    create  L-2           OPEN      Motor hums',
        '',
        'jira.csv: 2 rows, 2 created, 0 updated, 0 unchanged, 0 rejected (dry run: nothing was changed)',
      ].join('\n'),
    )
    expect(output).toContain(
      'Warnings:\n  row 1, Reporter "Ada L" is not a user: imported descriptions contain the name',
    )
    expect(code).toBe(0)
    const arguments_ = ['--project', 'CORE', '--from', 'jira', '--user', 'Ada L=ada', '--as', 'ada']
    const [imported] = await run('import', file, ...arguments_)
    expect(imported).toContain('Ignored columns: Sprint, Comment\njira.csv: 2 rows, 2 created')
    expect(imported).not.toContain('Warnings')
  })

  test('import reports every row error, or writes rejected rows to a file with --skip-faulty', async () => {
    const [rejectedOutput, code] = await run('import', defects, ...asDefects, ...values, '--as', 'ada')
    expect(rejectedOutput).toContain('3 rows, 0 created, 0 updated, 0 unchanged, 1 rejected, 2 valid but not imported')
    expect(rejectedOutput).toContain('  row 3, date "13/1/2024" is not a date in ISO 8601 or in `dateFormat`')
    expect(code).toBe(1)
    const [skippedOutput, skippedCode] = await run(
      'import',
      defects,
      ...asDefects,
      ...values,
      '--skip-faulty',
      '--as',
      'ada',
    )
    expect(skippedOutput).toContain('2 created, 0 updated, 0 unchanged, 1 rejected')
    expect(skippedCode).toBe(0)
    expect(readFileSync(join(folder, 'defects.rejected.csv'), 'utf8')).toMatch(
      /^id,type,date,severity,reason\r\n3,Scratch,13\/1\/2024,Minor,/,
    )
  })

  test.concurrent.each<[string[], RegExp]>([
    [['import', '--project', 'CORE'], /Missing required argument 'file'/],
    [['import', issues, issues, ...asIssues], /Too many arguments for 'import'/],
    [['import', 'missing.csv', ...asIssues, '--as', 'ada'], /The file missing.csv does not exist/],
    [['import', issues, '--kind', 'issue', '--as', 'ada'], /'--project <key>' not specified/],
    [['import', issues, '--project', 'CORE', '--kind', 'bug', '--as', 'ada'], /--kind must be issue or defect/],
    [['import', issues, '--project', 'CORE', '--from', 'trac', '--as', 'ada'], /--from must be jira, github/],
    [['import', folder, ...asIssues, '--as', 'ada'], /is not a file/],
    [['import', issues, ...asIssues], /Specify a server/],
    [['import', issues, ...asIssues, '--url', 'localhost:4000', '--token', 'x'], /--url must be a URL/],
    [['import', issues, ...asIssues, '--as', 'tomas'], /"tomas" is not an active user with the role ADMIN/],
    [['import', issues, ...asIssues, '--url', 'here', '--token', 'x'], /--url must be a URL/],
    [['import', issues, ...asIssues, '--url', 'http://localhost:1'], /--url requires --token/],
    [['import', issues, ...asIssues, '--map', 'points', '--as', 'ada'], /must have the form COLUMN=FIELD/],
    [['import', issues, ...asIssues, '--map', 'points=weight', '--as', 'ada'], /"weight" is not a field/],
    [['import', issues, ...asIssues, '--value', 'x', '--as', 'ada'], /must have the form FIELD:FROM=TO/],
    [['export', '--json', '--as', 'ada'], /--json requires --out/],
    [['export', '--format', 'xml', '--as', 'ada'], /Allowed choices are csv, jsonl/],
  ])('rejects %j with exit code 2 and a message', async (args, message) => {
    const [output, code] = await run(...args)
    expect(output).toMatch(message)
    expect(code).toBe(2)
  })
})

test('import and export work on a server with a token, and print its errors', async () => {
  const [token] = await run('token', '--user', 'ada')
  await using server = await startServer(readConfig(env()), pino({ level: 'silent' }))
  const { url } = server
  const onServer = ['--url', url, '--token', token.trim()]
  expect(await run('import', issues, ...asIssues, ...onServer)).toEqual([expect.stringContaining('2 unchanged'), 0])
  const [exportedCsv, code] = await run('export', '--project', 'CORE', '--filter', '{"search":"J-1"}', ...onServer)
  expect([exportedCsv, code]).toEqual([expect.stringContaining('"One, with a ""quote"" and\na line"'), 0])
  const failures = [
    [['export', '--project', 'NOPE', ...onServer], 'Project "NOPE" was not found, or you cannot see it.'],
    [['export', '--filter', '{"nope":1}', ...onServer], 'filter Field "nope" is not defined by type "TicketFilter".'],
    [
      ['import', issues, ...asIssues, '--url', url, '--token', 'snag_none'],
      'The token is invalid, expired or revoked. Sign in again.',
    ],
    [
      ['import', issues, ...asIssues, '--url', 'http://localhost:1', '--token', 'x'],
      'http://localhost:1 does not respond',
    ],
  ] as const
  expect(await Promise.all(failures.map(([args]) => run(...args)))).toEqual(
    failures.map(([, message]) => [expect.stringContaining(message), 1]),
  )
})

test('token, export and import do not migrate, and name the command that does', async () => {
  await using old = await copyDatabase()
  const last = (await queryCopy(old.env, 'SELECT max(migration_name) AS name FROM _prisma_migrations')).rows[0].name
  await queryCopy(old.env, `DELETE FROM _prisma_migrations WHERE migration_name = '${last}'`)
  for (const args of [
    ['token', '--user', 'ada'],
    ['export', '--as', 'ada'],
    ['import', issues, ...asIssues, '--as', 'ada'],
  ])
    expect(await runCommand(args, old.env)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `The database has pending migrations: ${last}. Run \`snaglist migrate\`, or start the server; both apply them.\n`,
    })
})

test('migrate writes its log to standard error', async () => {
  await using empty = await copyDatabase()
  await queryCopy(empty.env, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  const { code, stdout, stderr } = await runCommand(['migrate'], empty.env)
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'The database is up to date.\n' })
  expect(stderr).toContain('"msg":"migrated"')
})
