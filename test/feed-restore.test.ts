import { cpSync } from 'node:fs'
import { pino } from 'pino'
import { expect, inject, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { startServer } from '../src/server.ts'
import { temporaryDirectory } from './drill/server-process.ts'
import { runCommand } from './support/command.ts'
import { databaseUrl, execute } from './support/databases.ts'
import { copyDatabase } from './support/environment.ts'
import { send, signUp } from './support/settings.ts'

type Env = Readonly<Record<string, string>>

const start = (env: Env) =>
  startServer(
    readConfig({ PORT: '0', SNAGLIST_BCRYPT_COST: '4', SNAGLIST_DEMO: '0', ...env }),
    pino({ level: 'silent' }),
  )

/** Reads the changes after a cursor on a new server. Returns the code of the error. */
async function readOn(env: Env, token: string, cursor: string): Promise<string | null> {
  await using server = await start(env)
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: `{ changes(after: "${cursor}") { caughtUp } }` }),
  })
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] }
  return errors?.[0]?.extensions.code ?? null
}

/** Restores a copy of a database that no server uses, as docs/operations.md describes it. */
async function restoreCopy(env: Env): Promise<AsyncDisposable & { readonly env: Env }> {
  const postgres = inject('postgres')
  if (postgres !== null) {
    const [original, name] = [new URL(env['DATABASE_URL'] ?? '').pathname.slice(1), `snaglist_restored_${process.pid}`]
    await execute(postgres, `CREATE DATABASE ${name} TEMPLATE ${original}`)
    const remove = () => execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`)
    return { env: { DATABASE_URL: databaseUrl(postgres, name) }, [Symbol.asyncDispose]: remove }
  }
  const { path, [Symbol.dispose]: remove } = temporaryDirectory()
  cpSync(env['SNAGLIST_DATA'] ?? '', path, { recursive: true })
  expect((await runCommand(['doctor', '--restored'], { SNAGLIST_DATA: path })).code).toBe(0)
  return { env: { SNAGLIST_DATA: path }, [Symbol.asyncDispose]: async () => remove() }
}

test('a cursor is valid after a restart of the server, and expires in a restored copy of the database', async () => {
  await using database = await copyDatabase()
  const server = await start(database.env)
  const token = await signUp(server, 'ada')
  const { tickets } = await send<{ tickets: { changesCursor: string } }>(server, '{ tickets { changesCursor } }', token)
  await server[Symbol.asyncDispose]()
  await using copy = await restoreCopy(database.env)
  expect(await readOn(database.env, token, tickets.changesCursor)).toBe(null)
  expect(await readOn(copy.env, token, tickets.changesCursor)).toBe('CURSOR_EXPIRED')
})
