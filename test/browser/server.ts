import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { inject } from 'vitest'
import { temporaryDirectory } from '../drill/server-process.ts'
import { Command } from '../support/command.ts'
import { databaseUrl, execute } from '../support/databases.ts'
import { findFreePort } from '../support/sockets.ts'

/** The databases to run a story on, by their names. */
export const databases: readonly ('embedded' | 'PostgreSQL')[] = inject('postgres')
  ? ['embedded', 'PostgreSQL']
  : ['embedded']

/** A server with demo data, as `npm start` runs it. */
export interface DemoServer extends AsyncDisposable {
  readonly url: string
  /** Stops the process, and starts another one on the same port. */
  readonly restart: () => Promise<void>
  /** Sends an operation as a user of the demo, and returns its data. */
  readonly send: (username: string, query: string, variables?: object) => Promise<Record<string, unknown>>
}

/** The port of the server for an example is the one that it was built for. */
export async function startDemoServer(
  database: (typeof databases)[number],
  example?: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<DemoServer> {
  const { env, remove } = await createDatabase(database)
  const port = inject('ports')[example ?? ''] ?? (await findFreePort())
  const url = `http://localhost:${port}`
  if (database === 'PostgreSQL') await new Command(['seed'], env).waitForExit()
  const start = async () => {
    const started = new Command(['serve'], { ...env, ...settings, PORT: String(port) })
    await started.waitForOutput(/listening on/)
    return started
  }
  let command = await start()
  const post = async (query: string, variables: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    })
    const { data, errors } = (await response.json()) as { data: Record<string, never>; errors?: unknown }
    if (errors) throw new Error(JSON.stringify(errors))
    return data
  }
  return {
    url,
    async restart() {
      await command[Symbol.asyncDispose]()
      command = await start()
    },
    async send(username, query, variables = {}) {
      const { signIn } = await post(
        'mutation ($username: String!) { signIn(input: { username: $username, password: "snaglist-demo" }) { token } }',
        { username },
      )
      return post(query, variables, { authorization: `Bearer ${signIn?.['token']}` })
    },
    async [Symbol.asyncDispose]() {
      await command[Symbol.asyncDispose]()
      await remove()
    },
  }
}

async function createDatabase(database: (typeof databases)[number]) {
  const postgres = inject('postgres')
  if (database === 'embedded' || postgres === null) {
    const { path, [Symbol.dispose]: remove } = temporaryDirectory()
    return { env: { SNAGLIST_DATA: path }, remove }
  }
  const name = `snaglist_browser_${process.pid}`
  await execute(postgres, `CREATE DATABASE ${name}`)
  return {
    env: { DATABASE_URL: databaseUrl(postgres, name) },
    remove: () => execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`),
  }
}

/** Serves the build of an example, which is a page of another origin than the server. */
export async function serveExample(name: string): Promise<AsyncDisposable & { readonly url: string }> {
  const port = String(await findFreePort())
  const preview = spawn('node_modules/.bin/vite', ['preview', '--port', port, '--strictPort'], {
    cwd: join(import.meta.dirname, '../../examples', name),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(preview.stdout, 'data')
  return {
    url: `http://localhost:${port}`,
    async [Symbol.asyncDispose]() {
      preview.kill()
      await once(preview, 'close')
    },
  }
}
