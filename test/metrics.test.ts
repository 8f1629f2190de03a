import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { startServer } from '../src/server.ts'
import { type TestServer, useServer } from './support/app.ts'
import { copyDatabase } from './support/environment.ts'
import { importCsv } from './support/imports.ts'
import { createProject, signUp, type TestUser } from './support/people.ts'
import { createWebhook, testWebhook, webhookSettings } from './support/webhooks.ts'

const server = useServer()
const token = 'token-of-prometheus'
let monitoredServer: TestServer
let ada: TestUser
beforeAll(async () => {
  monitoredServer = server.withSettings({ SNAGLIST_METRICS_TOKEN: token, ...webhookSettings })
  ada = await signUp(monitoredServer, 'ada')
  await createProject(ada, 'CORE')
})
afterAll(() => monitoredServer.app.dispose())

const scrape = (secret: string | null, from = monitoredServer) =>
  from.app.fetch('http://localhost/metrics', secret === null ? {} : { headers: { authorization: `Bearer ${secret}` } })
/** The value of a metric by its name with labels; null if it does not exist. */
async function metricValue(name: string, from = monitoredServer): Promise<number | null> {
  const lines = (await (await scrape(token, from)).text()).split('\n')
  const line = lines.find((text) => text.startsWith(`${name} `))
  return line ? Number(line.split(' ').at(-1)) : null
}

test('/metrics requires the configured token, and returns 404 if none is configured', async () => {
  expect((await scrape(token)).status).toBe(200)
  for (const wrong of [null, 'wrong', ada.token, `${token}x`]) {
    const response = await scrape(wrong)
    expect([response.status, await response.text()]).toEqual([401, ''])
  }
  expect((await scrape(token, server)).status).toBe(404)
})

test.each([
  ['from a script', {}],
  ['from a page', { origin: 'http://localhost' }],
])('counts operations in metrics by name and code, with duration and cost, %s', async (description, headers) => {
  const name = `Counted${description.length}`
  const ask = (query: string) => ada.post({ query: `query ${name} ${query}` }, headers)
  for (const query of [
    '{ viewer { id } }',
    '{ tickets(first: 10) { nodes { id } } }',
    '{ tickets(first: -1) { totalCount } }',
  ])
    await ask(query)
  expect(await metricValue(`snaglist_operations_total{operation="${name}",code="OK"}`)).toBe(2)
  expect(await metricValue(`snaglist_operations_total{operation="${name}",code="BAD_USER_INPUT"}`)).toBe(1)
  expect(await metricValue(`snaglist_operation_duration_seconds_count{operation="${name}"}`)).toBe(3)
  expect(await metricValue(`snaglist_operation_cost_points_total{operation="${name}"}`)).toBe(1 + 11 + 1)
})

test('counts errors by code in metrics, including those before execution', async () => {
  const before = (await metricValue('snaglist_errors_total{code="GRAPHQL_PARSE_FAILED"}')) ?? 0
  await ada.post({ query: '{' })
  expect(await metricValue('snaglist_errors_total{code="GRAPHQL_PARSE_FAILED"}')).toBe(before + 1)
})

test('limits the operation names in metrics to signed-in users, in number and in length', async () => {
  const outsider = Object.assign(Object.create(ada), { token: null }) as TestUser
  await outsider.post({ query: 'query Strange { __typename }' })
  const long = 'L'.repeat(65)
  await ada.post({ query: `query ${long} { __typename }` })
  for (let n = 0; n < 250; n++) await ada.post({ query: `query Many${n} { __typename }` })
  const text = await (await scrape(token)).text()
  expect(text).not.toContain('Strange')
  expect(text).not.toContain(long)
  expect(new Set([...text.matchAll(/operation="(\w+)"/g)].map(([, name]) => name)).size).toBeLessThanOrEqual(21)
  expect(await metricValue('snaglist_operations_total{operation="other",code="OK"}')).toBeGreaterThan(200)
})

test('limits the operation names in metrics per user', async () => {
  const ben = await signUp(monitoredServer, 'ben')
  const longest = 'B'.repeat(64)
  for (const name of ['Bens', longest, 'Many0']) await ben.post({ query: `query ${name} { __typename }` })
  for (const [name, times] of [
    ['Bens', 1],
    [longest, 1],
    ['Many0', 2],
  ] as const)
    expect(await metricValue(`snaglist_operations_total{operation="${name}",code="OK"}`)).toBe(times)
})

test('exports metrics of the connection pool, the event loop, imports and webhooks', async () => {
  await importCsv(ada, 'title\nImported\n', { projectId: 'CORE', kind: 'ISSUE' })
  const { id } = await createWebhook(ada, 'CORE')
  await testWebhook(ada, id)
  // Servers count imports and deliveries at most once per second.
  const other = server.withSettings({ SNAGLIST_METRICS_TOKEN: token })
  expect(await metricValue('snaglist_imports{outcome="whole"}', other)).toBe(1)
  for (const [state, count] of Object.entries({ pending: 1, sending: 0, failed: 0 }))
    expect(await metricValue(`snaglist_webhook_deliveries{state="${state}"}`, other)).toBe(count)
  await other.app.dispose()
  for (const state of ['used', 'idle', 'waiting'])
    expect(await metricValue(`snaglist_database_connections{state="${state}"}`)).toBeGreaterThanOrEqual(0)
  expect(await metricValue('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0)
})

test('serves only metrics on SNAGLIST_METRICS_PORT', async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  await using database = await copyDatabase()
  const env = { NODE_ENV: 'test', PORT: '0', SNAGLIST_METRICS_PORT: String(port), ...database.env }
  {
    await using started = await startServer(readConfig(env), pino({ level: 'silent' }))
    expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain('snaglist_requests_total')
    expect((await fetch(`http://127.0.0.1:${port}/graphql`)).status).toBe(404)
    const statusOf = async (method: string) => (await fetch(`http://127.0.0.1:${port}/metrics`, { method })).status
    expect([await statusOf('HEAD'), await statusOf('POST')]).toEqual([200, 405])
    expect((await fetch(`${started.url}/metrics`)).status).toBe(404)
  }
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow()
})
