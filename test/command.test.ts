import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { printSortedSchema } from '../src/schema.ts'
import { startServer } from '../src/server.ts'
import { Command, runCommand } from './support/command.ts'
import { copyEmbedded, databaseUrl, execute } from './support/databases.ts'

const folder = mkdtempSync(join(tmpdir(), 'snaglist-'))
afterAll(() => rmSync(folder, { recursive: true }))

const listening = /listens on (http:\/\/localhost:\d+)\/graphql/
const stack = /\n\s+at /

async function ask(url: string, query: string, token?: string) {
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

/** Sends the request that a shown curl command makes: the shell splits it as it would for curl. */
async function paste(curl: string) {
  const words = execFileSync('sh', ['-c', curl.replace('curl', "printf '%s\\n'")], { encoding: 'utf8' }).split('\n')
  const [url = ''] = words
  const after = (flag: string) => words.flatMap((word, index) => (words[index - 1] === flag ? [word] : []))
  const headers = after('-H').map((header) => header.split(': ') as [string, string])
  const response = await fetch(url, { method: 'POST', headers, body: after('-d')[0] ?? '' })
  return (await response.json()) as { data: { tickets: { nodes: unknown[] }; signUp: { token: string } } }
}

const counts = '{ viewer { username } tickets { totalCount } }'

const onEmbedded = inject('postgres') === null

describe.runIf(onEmbedded)('on an empty embedded database', () => {
  const env = { PORT: '0', SNAGLIST_DATA: join(folder, 'demo') }
  let demoToken = ''

  test('serve makes it, fills it with the demo and shows ways in that work; a second process is refused', async () => {
    await using server = new Command([], env)
    const [, url = ''] = await server.printed(listening)
    const [, token = ''] = await server.printed(/graphql#token=(snag_[\w-]+)/)
    await server.printed(/SNAGLIST_DEMO=0/)
    expect(server.output).toMatch(/ada .*\n.*tomas .*\n.*yuki /)
    expect((await ask(url, counts, token)).data).toEqual({ viewer: { username: 'ada' }, tickets: { totalCount: 60 } })
    const [curl = ''] = await server.printed(/curl .*\\\n.*/)
    expect((await paste(curl)).data.tickets.nodes).toHaveLength(3)
    const second = await runCommand(['serve'], env)
    expect(second.code).toBe(1)
    expect(second.output).toMatch(/^Process \d+ on \S+ has the embedded database in .* open\. Stop it first.*\n$/)
    server.process.kill('SIGTERM')
    expect(await server.ended()).toBe(0)
    demoToken = token
  })

  test('a restart keeps it, also after a kill, and a token of the command line signs in', async () => {
    const killed = new Command([], env)
    const [, before = ''] = await killed.printed(listening)
    expect((await ask(before, counts, demoToken)).data.tickets.totalCount).toBe(60)
    killed.process.kill('SIGKILL')
    await killed.ended()
    const token = await runCommand(['token', '--user', 'YUKI', '--read-only', '--days', '1'], env)
    expect(token.code).toBe(0)
    await using server = await startServer(readConfig(env), pino({ level: 'silent' }))
    const { url } = server
    expect((await ask(url, counts, token.output.trim())).data.viewer?.username).toBe('yuki')
    expect((await ask(url, counts, demoToken)).data.tickets.totalCount).toBe(60)
  })
})

test.runIf(onEmbedded)('without the demo the database stays empty, and the first to sign up is told how', async () => {
  copyEmbedded(join(folder, 'empty'), inject('template'))
  await using server = new Command(['serve'], { PORT: '0', SNAGLIST_DATA: join(folder, 'empty'), SNAGLIST_DEMO: '0' })
  const [, url = ''] = await server.printed(listening)
  const [curl = ''] = await server.printed(/curl .*\n/)
  expect((await ask(url, '{ viewer { username } }')).data).toEqual({ viewer: null })
  const { data } = await paste(curl)
  expect((await ask(url, counts, data.signUp.token)).data).toEqual({
    viewer: { username: 'ada' },
    tickets: { totalCount: 0 },
  })
})

test('help prints every command', async () => {
  await using help = new Command(['help'], {})
  expect(await help.ended()).toBe(0)
  for (const name of ['serve', 'migrate', 'seed', 'token', 'import', 'export', 'doctor', 'schema'])
    expect(help.output).toMatch(new RegExp(`^  ${name} `, 'm'))
})

describe.runIf(onEmbedded)('other commands', () => {
  const env = { SNAGLIST_DATA: join(folder, 'other') }

  test('schema prints the schema, and needs no database', async () => {
    expect(await runCommand(['schema'], env)).toEqual({ code: 0, output: printSortedSchema() })
  })

  test('migrate and seed prepare a database, once', async () => {
    copyEmbedded(env.SNAGLIST_DATA, inject('template'))
    for (const [name, said] of [
      ['migrate', /up to date/],
      ['seed', /in place/],
      ['seed', /there already/],
    ] as const) {
      const { code, output } = await runCommand([name], env)
      expect(code).toBe(0)
      expect(output).toMatch(said)
    }
  })

  test.concurrent.each([
    [['fly'], {}, /There is no command fly/],
    [['constructor'], {}, /There is no command constructor/],
    [['serve', '--fast'], {}, /Unknown option '--fast'/],
    [['token'], {}, /--user NAME/],
    [['token', '--user', 'nobody'], {}, /There is no user nobody/],
    [['serve'], { PORT: 'x', SNAGLIST_SIGN_UP: 'maybe' }, /PORT: .*\n.*SNAGLIST_SIGN_UP: /],
  ])('%j is refused with what is wrong', async (args, wrong, said) => {
    const { code, output } = await runCommand(args, { ...env, ...wrong })
    expect(code).toBe(2)
    expect(output).toMatch(said)
    expect(output).not.toMatch(stack)
  })
})

test('a database that cannot be reached ends the start in a sentence', async () => {
  await using command = new Command(['serve'], { PORT: '0', DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' })
  expect(await command.ended()).toBe(1)
  expect(command.output).toMatch(/^The database cannot be reached: .*ECONNREFUSED.*\. Look at DATABASE_URL.*\n$/)
})

test.runIf(inject('postgres'))(
  'serve on PostgreSQL makes the tables and no demo; several servers may share it',
  async () => {
    const postgres = inject('postgres') as string
    const name = `snaglist_command_${process.pid}`
    await execute(postgres, `CREATE DATABASE ${name}`)
    try {
      const env = { PORT: '0', DATABASE_URL: databaseUrl(postgres, name) }
      await using one = new Command([], env)
      await using two = new Command([], env)
      const urls = [(await one.printed(listening))[1] ?? '', (await two.printed(listening))[1] ?? '']
      for (const url of urls) expect((await ask(url, '{ viewer { username } }')).data).toEqual({ viewer: null })
      expect((await fetch(`${urls[0]}/ready`)).status).toBe(200)
    } finally {
      await execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`)
    }
  },
)
