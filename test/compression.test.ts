import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { useServer } from './support/app.ts'
import { signUp, type TestUser } from './support/people.ts'

const server = useServer()
let ada: TestUser
beforeAll(async () => {
  ada = await signUp(server, 'ada')
})

const long = '{ __schema { types { name } } }'
const short = '{ viewer { username } }'
const ask = async (query: string, acceptEncoding: string | null) => {
  const { headers, ...response } = await ada
    .fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(acceptEncoding && { 'accept-encoding': acceptEncoding }) },
      body: JSON.stringify({ query }),
    })
    .then(async (received) => ({ headers: received.headers, body: Buffer.from(await received.arrayBuffer()) }))
  return { ...response, encoding: headers.get('content-encoding'), vary: headers.get('vary') }
}
const decoders = { br: brotliDecompressSync, gzip: gunzipSync }

describe('compression of responses', () => {
  test.each([
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['*', 'br'],
  ] as const)('encodes a response of a kilobyte or more for Accept-Encoding: %s', async (accepted, expected) => {
    const plain = await ask(long, null)
    const compressed = await ask(long, accepted)
    expect(compressed.encoding).toBe(expected)
    expect(compressed.body.length).toBeLessThan(plain.body.length / 2)
    expect(decoders[expected](compressed.body).toString()).toBe(plain.body.toString())
  })

  test.each([
    [short, 'gzip, br'],
    [long, 'identity'],
    [long, 'gzip;q=0'],
    [long, 'deflate'],
    [long, 'nonsense;;q=x'],
    [long, null],
  ])('sends %s uncompressed for Accept-Encoding: %s', async (query, accepted) => {
    const { encoding, body } = await ask(query, accepted)
    expect(encoding).toBeNull()
    expect(JSON.parse(body.toString())).toHaveProperty('data')
  })

  test('a response that could be compressed varies by Accept-Encoding', async () => {
    expect((await ask(long, null)).vary).toBe('Origin, Accept-Encoding')
    expect((await ask(long, 'gzip')).vary).toBe('Origin, Accept-Encoding')
  })
})
