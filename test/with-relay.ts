import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { temporaryDirectory } from './drill/server-process.ts'
import { Command } from './support/command.ts'

// Runs the program in `test/relay` against a server with demo data.

using data = temporaryDirectory()
await using server = new Command(['serve'], { SNAGLIST_DATA: data.path, PORT: '0', SNAGLIST_LOG_LEVEL: 'error' })
const [, url] = await server.waitForOutput(/listening on (http:\/\/localhost:\d+)\/graphql/)
const program = spawn(process.execPath, [join(import.meta.dirname, 'relay/dist/main.js')], {
  env: { ...process.env, SERVER: url?.replace('localhost', '127.0.0.1') },
  stdio: 'inherit',
  timeout: 60_000,
})
const [code] = await once(program, 'close')
process.exitCode = code ?? 1
