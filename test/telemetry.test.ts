import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { Command } from './support/command.ts'
import { copyDatabase } from './support/environment.ts'

interface Span {
  readonly name: string
  readonly traceId: string
  readonly parentSpanId?: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

const spans: Span[] = []

const collector = createServer(async (request, response) => {
  let text = ''
  for await (const chunk of request) text += chunk
  for (const { scopeSpans } of JSON.parse(text).resourceSpans ?? [])
    for (const scope of scopeSpans) spans.push(...scope.spans)
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
})

beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  collector.close()
})

test('sends spans of operations and statements as children of the traceparent header', async () => {
  const { port } = collector.address() as AddressInfo
  await using database = await copyDatabase()
  await using server = new Command(['serve'], {
    PORT: '0',
    SNAGLIST_DEMO: '0',
    ...database.env,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  })
  const [, url] = await server.waitForOutput(/listening on (http:\/\/localhost:\d+)\/graphql/)
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const parentSpanId = 'b7ad6b7169203331'
  await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${parentSpanId}-01` },
    body: JSON.stringify({
      query:
        'mutation Traced { signUp(input: { username: "traced", name: "T", password: "correct horse" }) { viewer { username } } }',
    }),
  })
  // Pending spans are sent at shutdown.
  server.process.kill('SIGTERM')
  expect(await server.waitForExit()).toBe(0)
  const operation = spans.find((span) => span.name === 'mutation Traced')
  expect(operation).toMatchObject({ traceId, parentSpanId })
  const cost = operation?.attributes.find(({ key }) => key === 'snaglist.cost')
  expect(Number(Object.values(cost?.value ?? {})[0])).toBeGreaterThan(500)
  if (inject('postgres') === null) return
  const statements = spans.filter((span) => span.traceId === traceId && span !== operation)
  expect(statements.map((span) => span.name)).toContain('INSERT')
  expect(JSON.stringify(statements)).not.toContain('correct horse')
})
