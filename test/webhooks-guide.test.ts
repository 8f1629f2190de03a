import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse } from 'graphql'
import { expect, test } from 'vitest'
import { post } from '../src/outbound/post.ts'
import { type PermittedHost, parsePermittedHost } from '../src/outbound/targets.ts'
import { createSecret, signatureHeaders } from '../src/webhook/signature.ts'
import { temporaryDirectory } from './drill/server-process.ts'
import { useServer } from './support/app.ts'
import { createTestUsers } from './support/people.ts'
import { webhookSettings } from './support/webhooks.ts'

const run = promisify(execFile)
const guide = readFileSync(join(import.meta.dirname, '../docs/webhooks.md'), 'utf8')
const snippetIn = (language: string) => new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(guide)?.[1] ?? ''
const exists = (program: string, argument: string) =>
  run(program, [argument]).then(
    () => true,
    () => false,
  )
const hasPython = await exists('python3', '--version')
const hasShell = (await exists('openssl', 'version')) && (await exists('curl', '--version'))
const permittedHosts = [parsePermittedHost('localhost') as PermittedHost]

async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

interface Sent {
  readonly at?: Date
  /** The body that is sent, if it is not the signed one. */
  readonly body?: string
}

const signedBody = '{"type":"webhook.test"}'

/** Sends until the receiver listens. */
async function send(port: number, secret: string, { at = new Date(), body = signedBody }: Sent = {}) {
  const headers = signatureHeaders([createSecret(), secret], { id: 'msg_1', at, body: signedBody })
  for (;;) {
    const result = await post(new URL(`http://localhost:${port}/hook`), { headers, body, permittedHosts })
    if (result.responseStatus !== null || !/ECONNREFUSED/.test(result.error ?? '')) return result.responseStatus
  }
}

const server = useServer(webhookSettings)

test('the mutation of the webhooks guide creates a webhook', async () => {
  const { maintainer } = await createTestUsers(server)
  parse(snippetIn('graphql'))
  const { data, errors } = await maintainer.post({ query: snippetIn('graphql') })
  expect(errors).toBeUndefined()
  expect(data).toMatchObject({ createWebhook: { secret: expect.stringMatching(/^whsec_/) } })
})

test.each([
  { file: 'receiver.ts', language: 'ts', program: process.execPath, isRun: true },
  { file: 'receiver.py', language: 'python', program: 'python3', isRun: hasPython },
])('$file of the webhooks guide accepts signed messages only', async ({ file, language, program, isRun }) => {
  if (!isRun) return
  using folder = temporaryDirectory()
  writeFileSync(join(folder.path, file), snippetIn(language))
  const secret = createSecret()
  const port = await findFreePort()
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder.path, SECRET: secret, PORT: String(port) }
  const receiver = spawn(program, [file], { cwd: folder.path, env, stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  receiver.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk
  })
  try {
    expect(await send(port, createSecret())).toBe(401)
    expect(await send(port, secret, { body: '{"type":"webhook.text"}' })).toBe(401)
    expect(await send(port, secret, { at: new Date(Date.now() - 600_000) })).toBe(401)
    expect(await send(port, secret)).toBe(204)
    if (hasShell) {
      const { stdout } = await run('bash', ['-e', '-o', 'pipefail', '-c', snippetIn('sh')], { cwd: folder.path, env })
      expect(stdout).toBe('204\n')
    }
    const expectedOutput = 'msg_1 webhook.test\n'.repeat(hasShell ? 2 : 1)
    while (output.length < expectedOutput.length) await once(receiver.stdout, 'data')
    expect(output).toBe(expectedOutput)
  } finally {
    receiver.kill()
  }
})
