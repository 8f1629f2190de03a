import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { startServer } from '../src/server.ts'
import { runCommand } from './support/command.ts'
import { copyDatabase } from './support/environment.ts'

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
    expect(await run('export', '--project', 'CORE', '--filter', filter, '--out', out, '--as', 'ada')).toEqual(['', 0])
    expect(readFileSync(out, 'utf8')).toMatch(/^key,externalKey,kind,title,.*\r\nCORE-62,J-2,ISSUE,'=Two,,OPEN,/)
    const [lines, code] = await run('export', '--filter', filter, '--format', 'jsonl', '--as', 'ada')
    expect([JSON.parse(lines).title, code]).toEqual(['=Two', 0])
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
    expect(rejectedOutput).toContain('3 rows, 0 created, 0 updated, 0 unchanged, 1 rejected')
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
    [['import'], /Specify one file/],
    [['import', 'missing.csv', ...asIssues, '--as', 'ada'], /The file missing.csv does not exist/],
    [['import', issues, '--kind', 'issue', '--as', 'ada'], /Specify the project/],
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
    [['export', '--format', 'xml', '--as', 'ada'], /--format must be csv or jsonl/],
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
