import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, describe, expect, inject, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { readConfig } from '../src/config.ts'
import { printSortedSchema } from '../src/schema.ts'
import { startServer } from '../src/server.ts'
import { Command, runCommand } from './support/command.ts'
import { copyEmbedded, databaseUrl, execute } from './support/databases.ts'

const folder = mkdtempSync(join(tmpdir(), 'snaglist-'))
afterAll(() => rmSync(folder, { recursive: true }))

const listening = /listening on (http:\/\/localhost:\d+)\/graphql/
const stackTrace = /\n\s+at /

async function send(url: string, query: string, token?: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query }),
  })
  return (await response.json()) as {
    data: { tickets: { totalCount: number }; viewer: { username: string } | null }
    errors?: unknown[]
  }
}

/** Sends the request of a printed curl command, whose arguments the shell splits. */
async function runCurl(curl: string) {
  const args = execFileSync('sh', ['-c', curl.replace('curl', "printf '%s\\n'")], { encoding: 'utf8' }).split('\n')
  const [url = ''] = args
  const valuesOf = (flag: string) => args.flatMap((arg, index) => (args[index - 1] === flag ? [arg] : []))
  const headers = valuesOf('-H').map((header) => header.split(': ') as [string, string])
  const response = await fetch(url, { method: 'POST', headers, body: valuesOf('-d')[0] ?? '' })
  return (await response.json()) as { data: { tickets: { nodes: unknown[] }; signUp: { token: string } } }
}

const counts = '{ viewer { username } tickets { totalCount } }'

const onEmbedded = inject('postgres') === null

describe.runIf(onEmbedded)('the embedded database', () => {
  const env = { PORT: '0', SNAGLIST_DATA: join(folder, 'demo') }
  let demoToken = ''

  test('serve creates an embedded database with demo data, prints working examples, and other commands name an alternative while it runs', async () => {
    await using server = new Command([], env)
    const [, url = ''] = await server.waitForOutput(listening)
    const [, token = ''] = await server.waitForOutput(/graphql#token=(snag_[\w-]+)/)
    await server.waitForOutput(/SNAGLIST_DEMO=0/)
    expect(server.output).toMatch(/ada .*\n.*tomas .*\n.*yuki /)
    expect((await send(url, counts, token)).data).toEqual({ viewer: { username: 'ada' }, tickets: { totalCount: 60 } })
    const [curl = ''] = await server.waitForOutput(/curl .*\\\n.*/)
    expect((await runCurl(curl)).data.tickets.nodes).toHaveLength(3)
    const inUse = /^The embedded database in .* is in use by process \d+ on \S+\. /
    for (const [args, remedy] of [
      [['serve'], 'Stop that process, or set SNAGLIST_DATA to another directory.\n'],
      [['migrate'], 'Stop that process, or set SNAGLIST_DATA to another directory.\n'],
      [
        ['token', '--user', 'ada'],
        'Stop that process, or create the token on that server with the mutation `createAccessToken`.\n',
      ],
      [['export', '--as', 'ada'], `Stop that process, or use --url ${url} --token TOKEN instead of --as.\n`],
    ] as const) {
      const { code, output } = await runCommand(args, env)
      expect([code, output.replace(inUse, '')]).toEqual([1, remedy])
    }
    server.process.kill('SIGKILL')
    await server.waitForExit()
    demoToken = token
  })

  test('serve keeps the data after SIGKILL, and a token from the command line signs in', async () => {
    const token = await runCommand(['token', '--user', 'YUKI', '--read-only', '--days', '1'], env)
    expect(token.code).toBe(0)
    await using server = await startServer(readConfig(env), pino({ level: 'silent' }))
    const { url } = server
    expect((await send(url, counts, token.output.trim())).data.viewer?.username).toBe('yuki')
    expect((await send(url, counts, demoToken)).data.tickets.totalCount).toBe(60)
  })
})

test.runIf(onEmbedded)('serve prints how to sign up if the demo is disabled', async () => {
  copyEmbedded(join(folder, 'empty'), inject('template'))
  await using server = new Command(['serve'], { PORT: '0', SNAGLIST_DATA: join(folder, 'empty'), SNAGLIST_DEMO: '0' })
  const [, url = ''] = await server.waitForOutput(listening)
  const [curl = ''] = await server.waitForOutput(/curl .*\n/)
  expect((await send(url, '{ viewer { username } }')).data).toEqual({ viewer: null })
  const { data } = await runCurl(curl)
  expect((await send(url, counts, data.signUp.token)).data).toEqual({
    viewer: { username: 'ada' },
    tickets: { totalCount: 0 },
  })
})

const commandNames = ['serve', 'migrate', 'seed', 'token', 'import', 'export', 'doctor', 'schema']

test('help lists every command and the exit codes', async () => {
  const { code, stdout } = await runCommand(['help'], {})
  expect(code).toBe(0)
  for (const name of commandNames) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  expect(stdout).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 /)
})

test.each(commandNames)('help %s and %s --help print the options of that command only', async (name) => {
  const [help, option] = [await runCommand(['help', name], {}), await runCommand([name, '--help'], {})]
  expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(`Usage: snaglist ${name} `) })
  expect(option).toEqual(help)
})

test('--version prints the version of the package, also in a process', async () => {
  await using command = new Command(['--version'], {})
  expect(await command.waitForExit()).toBe(0)
  expect(command.output).toBe(`${packageJson.version}\n`)
})

describe.runIf(onEmbedded)('other commands', () => {
  const env = { SNAGLIST_DATA: join(folder, 'other') }

  test('schema prints the schema without a database', async () => {
    expect(await runCommand(['schema'], env)).toMatchObject({ code: 0, stdout: printSortedSchema(), stderr: '' })
  })

  test('migrate and seed prepare a database, and seed does nothing again', async () => {
    copyEmbedded(env.SNAGLIST_DATA, inject('template'))
    for (const [name, message] of [
      ['migrate', /^The database is up to date\.\n$/],
      ['seed', /^The demo data was created\. .* password snaglist-demo:\n.* ada .*\n.* tomas .*\n.* yuki .*\n$/],
      ['seed', /^The database already contains the demo data\. .* password snaglist-demo:\n/],
    ] as const) {
      const { code, stdout, stderr } = await runCommand([name], env)
      expect(stdout).toMatch(message)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    }
  })

  test('token --json prints the token and its secret', async () => {
    const args = ['token', '--user', 'ada', '--name', 'backup', '--read-only', '--days', '2', '--json']
    const { stdout, code } = await runCommand(args, env)
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      id: expect.any(String),
      username: 'ada',
      name: 'backup',
      scope: 'READ',
      expiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      secret: expect.stringMatching(/^snag_/),
    })
  })

  test.each([
    ['token', '--user', 'ada'],
    ['export', '--as', 'ada'],
  ])('%s %s %s creates no database', async (...args) => {
    const path = join(folder, 'none')
    const { code, stdout, stderr } = await runCommand(args, { SNAGLIST_DATA: path })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toBe(
      `There is no database in ${path} yet. Start the server, or set SNAGLIST_DATA or DATABASE_URL.\n`,
    )
    expect(existsSync(path)).toBe(false)
  })

  test('serve in production logs lines of JSON without a session token', async () => {
    await using server = new Command(['serve'], { ...env, PORT: '0', NODE_ENV: 'production' })
    await server.waitForOutput(/"msg":"listening on .*\n.*the passwords of its accounts are public.*\n/)
    expect(server.output).not.toContain('snag_')
    for (const line of server.output.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('level')
  })

  test('serve for other machines prints no session token', async () => {
    await using server = new Command(['serve'], { ...env, PORT: '0', HOST: '0.0.0.0' })
    await server.waitForOutput(/listening on[\s\S]*ada .*[\s\S]*curl .*signIn[\s\S]*SNAGLIST_DEMO=0/)
    expect(server.output).not.toContain('snag_')
  })

  test.concurrent.each([
    [['fly'], {}, /^Unknown command 'fly'\.\nRun "snaglist help" for the list of commands\.\n$/],
    [['improt'], {}, /^Unknown command 'improt'\.\n\(Did you mean import\?\)/],
    [['constructor'], {}, /Unknown command 'constructor'/],
    [['--fast'], {}, /Unknown option '--fast'/],
    [['serve', '--fast'], {}, /Unknown option '--fast'\.\nRun "snaglist help serve" for its options\.\n$/],
    [['token', '--user', 'ada', '--day', '1'], {}, /Unknown option '--day'\.\n\(Did you mean --days\?\)/],
    [['token', '--user', 'ada', '--days', '0'], {}, /'--days <number>' .*It must be a positive number up to 36500\./],
    [['token', 'ada'], {}, /'--user <username>' not specified/],
    [['help', 'fly'], {}, /^Usage: snaglist \[command\]/],
    [['token', '--user', 'missing'], {}, /The user "missing" does not exist/],
    [
      ['serve'],
      { PORT: 'x', SNAGLIST_SIGN_UP: 'maybe' },
      /PORT must be an integer from 0 to 65535 \(got "x"\)\n {2}SNAGLIST_SIGN_UP must be one of first, open, closed \(got "maybe"\)/,
    ],
  ])('rejects %j with exit code 2 and a message', async (args, invalidEnv, message) => {
    const { code, output } = await runCommand(args, { ...env, ...invalidEnv })
    expect(code).toBe(2)
    expect(output).toMatch(message)
    expect(output).not.toMatch(stackTrace)
  })
})

test('serve exits with a message if the database is unreachable', async () => {
  await using command = new Command(['serve'], { PORT: '0', DATABASE_URL: 'postgresql://user@127.0.0.1:1/nothing' })
  expect(await command.waitForExit()).toBe(1)
  expect(command.output).toMatch(/^Cannot connect to the database: .*ECONNREFUSED.*\. Check DATABASE_URL.*\n$/)
})

test.runIf(inject('postgres'))(
  'several servers start concurrently on an empty PostgreSQL database, without demo data',
  async () => {
    const postgres = inject('postgres') as string
    const name = `snaglist_command_${process.pid}`
    await execute(postgres, `CREATE DATABASE ${name}`)
    try {
      const env = { PORT: '0', DATABASE_URL: databaseUrl(postgres, name) }
      await using one = new Command([], env)
      await using two = new Command([], env)
      const urls = [(await one.waitForOutput(listening))[1] ?? '', (await two.waitForOutput(listening))[1] ?? '']
      for (const url of urls) expect((await send(url, '{ viewer { username } }')).data).toEqual({ viewer: null })
      expect((await fetch(`${urls[0]}/ready`)).status).toBe(200)
      expect((await runCommand(['seed'], env)).code).toBe(0)
      await using demo = new Command([], env)
      await demo.waitForOutput(/For an empty server, set DATABASE_URL to another database\./)
    } finally {
      await execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`)
    }
  },
)
