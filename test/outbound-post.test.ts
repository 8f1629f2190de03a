import { execFile } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { promisify } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { type PostOptions, post } from '../src/outbound/post.ts'
import { retryAfterIn } from '../src/outbound/retry-after.ts'
import { type PermittedHost, parsePermittedHost } from '../src/outbound/targets.ts'
import { temporaryDirectory } from './drill/server-process.ts'
import { startReceiver } from './support/receiver.ts'

const hostsOf = (...texts: readonly string[]) => texts.map((text) => parsePermittedHost(text) as PermittedHost)
const send = (url: string, options: Partial<PostOptions> = {}) =>
  post(new URL(url), { headers: {}, body: '{}', permittedHosts: hostsOf('127.0.0.1'), ...options })

afterEach(() => {
  vi.restoreAllMocks()
})

test('sends the body with its headers, on a connection of its own', async () => {
  await using receiver = await startReceiver((response) => response.writeHead(201).end('created'))
  const body = '{"text":"Ä"}'
  const result = await send(receiver.url, { headers: { 'content-type': 'application/json', 'x-id': '1' }, body })
  expect(result).toEqual({
    responseStatus: 201,
    responseBody: 'created',
    error: null,
    durationMs: expect.any(Number),
    retryAfter: null,
  })
  expect(receiver.requests).toMatchObject([
    { method: 'POST', url: '/hook', body, headers: { 'content-length': '13', 'x-id': '1', connection: 'close' } },
  ])
})

test.each([204, 302, 400, 410, 429, 500, 503])('returns status %s, and follows no redirect', async (status) => {
  await using receiver = await startReceiver((response) =>
    response.writeHead(status, { location: '/other', 'retry-after': '7' }).end(),
  )
  expect(await send(receiver.url)).toMatchObject({ responseStatus: status, error: null, retryAfter: 7 })
  expect(receiver.requests).toHaveLength(1)
})

test('stops reading a response of a gigabyte, and returns its first kilobyte', async () => {
  let written = 0
  function* chunks() {
    for (const chunk = Buffer.alloc(65_536, 'x'); written < 1e9; written += chunk.length) yield chunk
  }
  await using receiver = await startReceiver((response) => pipeline(Readable.from(chunks()), response).catch(() => {}))
  const result = await send(receiver.url)
  expect(result).toMatchObject({ responseStatus: 200, responseBody: 'x'.repeat(1024), error: null })
  await receiver[Symbol.asyncDispose]()
  expect(written).toBeLessThan(50e6)
})

test('cuts a response between characters, and replaces NUL', async () => {
  await using receiver = await startReceiver((response) => response.end(`\0${'ä'.repeat(600)}`))
  expect((await send(receiver.url)).responseBody).toBe(`\ufffd${'ä'.repeat(511)}`)
})

const timeoutMilliseconds = 100
const isLate = 'no complete response within 0.1 seconds'

test('ends an attempt after the timeout: no response', async () => {
  await using receiver = await startReceiver(() => {})
  expect(await send(receiver.url, { timeoutMilliseconds })).toMatchObject({
    responseStatus: null,
    responseBody: null,
    error: isLate,
  })
})

test('ends an attempt after the timeout: single bytes', async () => {
  await using receiver = await startReceiver(async (response) => {
    while (!response.destroyed) {
      response.write('.')
      await new Promise(setImmediate)
    }
  })
  // The bytes must not exceed 64 KB before the timeout.
  const result = await send(receiver.url, { timeoutMilliseconds: 20 })
  expect(result).toMatchObject({ responseStatus: 200, error: 'no complete response within 0.02 seconds' })
  expect(result.responseBody).toMatch(/^\.+$/)
})

test('returns an error if the connection is closed: before the response', async () => {
  await using receiver = await startReceiver((response) => response.destroy())
  expect(await send(receiver.url)).toMatchObject({ responseStatus: null, error: 'socket hang up' })
})

test('returns an error if the connection is closed: within the response', async () => {
  await using receiver = await startReceiver((response) => {
    response.writeHead(200, { 'content-length': '100' }).write('begun', () => response.destroy())
  })
  expect(await send(receiver.url)).toMatchObject({ responseStatus: 200, responseBody: 'begun', error: 'aborted' })
})

test('returns an error if the host does not listen or does not exist', async () => {
  const receiver = await startReceiver()
  await receiver[Symbol.asyncDispose]()
  expect((await send(receiver.url)).error).toMatch(/ECONNREFUSED/)
  expect((await send('https://host.invalid')).error).toMatch(/ENOTFOUND|EAI_AGAIN/)
})

test('connects to no address inside a network without permission', async () => {
  await using receiver = await startReceiver()
  const { port } = new URL(receiver.url)
  const lookup = vi.spyOn(dns, 'lookup')
  for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', 'localhost'])
    for (const protocol of ['http', 'https'])
      expect(await send(`${protocol}://${host}:${port}`, { permittedHosts: hostsOf('10.0.0.0/8') })).toMatchObject({
        responseStatus: null,
        error: expect.stringMatching(/^The URL must not have an address inside a network/),
      })
  expect(lookup.mock.calls.map(([host]) => host)).toEqual(['localhost', 'localhost'])
  expect(receiver.requests).toEqual([])
  await send(`http://localhost:${port}`, { permittedHosts: hostsOf('localhost') })
  expect(receiver.requests).toHaveLength(1)
})

/** Replaces the result of lookups. */
function mockLookups(...results: readonly (readonly string[])[]) {
  let call = 0
  return vi.spyOn(dns, 'lookup').mockImplementation(((_host: string, _options: object, callback: unknown) => {
    const addresses = (results[call++] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    ;(callback as (error: null, addresses: object) => void)(null, addresses)
  }) as never)
}

test('requires that all addresses of a name are permitted', async () => {
  mockLookups(['1.1.1.1', '127.0.0.1'], ['2606:4700::1', '::1'], [])
  for (const name of ['mixed', 'mixed-6', 'none'])
    expect((await send(`https://${name}.example`, { permittedHosts: [] })).error).toMatch(
      /^The URL must not have an address inside a network/,
    )
})

test('connects to the address that was checked, without a second lookup', async () => {
  await using receiver = await startReceiver()
  const lookup = mockLookups(['127.0.0.1'], ['10.9.9.9'])
  const result = await send(receiver.url.replace('127.0.0.1', 'rebound.example'))
  expect(result).toMatchObject({ responseStatus: 200, error: null })
  expect(lookup).toHaveBeenCalledTimes(1)
  expect(receiver.requests[0]?.headers.host).toMatch(/^rebound\.example:/)
})

const run = promisify(execFile)
const hasOpenssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
)

test.runIf(hasOpenssl)('verifies the certificate of the host', async () => {
  using folder = temporaryDirectory()
  const [keyFile, certificateFile] = ['key.pem', 'certificate.pem'].map((name) => join(folder.path, name)) as [
    string,
    string,
  ]
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...[
      '-keyout',
      keyFile,
      '-out',
      certificateFile,
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
    ],
  ])
  const cert = readFileSync(certificateFile, 'utf8')
  const server = createServer({ key: readFileSync(keyFile), cert }, (_request, response) => void response.end('secure'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const sendTo = (host: string) =>
    send(`https://${host}:${port}`, { permittedHosts: hostsOf('localhost', '127.0.0.1', 'other.localhost') })
  const certificates = getCACertificates()
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  try {
    expect((await sendTo('localhost')).error).toMatch(/self-signed certificate/)
    setDefaultCACertificates([...certificates, cert])
    expect(await sendTo('localhost')).toMatchObject({ responseStatus: 200, responseBody: 'secure', error: null })
    expect((await sendTo('127.0.0.1')).error).toMatch(/does not match certificate/)
  } finally {
    vi.unstubAllEnvs()
    setDefaultCACertificates(certificates)
    server.close()
  }
})

test.each([
  ['120', 120],
  ['0', 0],
  ['Sun, 01 Mar 2026 09:31:30 GMT', 90],
  ['Sun, 01 Mar 2026 09:29:00 GMT', 0],
  ['1.5', null],
  ['-1', null],
  ['soon', null],
  ['2026-03-01', null],
  ['9999999999', null],
  [undefined, null],
])('reads the header Retry-After: %s', (header, seconds) => {
  expect(retryAfterIn(header, Date.parse('2026-03-01T09:30:00Z'))).toBe(seconds)
})
