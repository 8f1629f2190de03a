import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findFreePort } from '../support/sockets.ts'
import { openPage, type RecordedPage } from './browser.ts'
import { type DemoServer, startDemoServer } from './server.ts'

/** Serves an empty page. */
async function servePage(port: number): Promise<AsyncDisposable> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Page</title>')
  })
  await once(server.listen(port), 'listening')
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe('a page of another origin', () => {
  const resources = new AsyncDisposableStack()
  let server: DemoServer
  let page: RecordedPage['page']
  let token: string
  let allowedOrigin: string
  let otherOrigin: string

  beforeAll(async () => {
    const ports = [await findFreePort(), await findFreePort()] as const
    for (const port of ports) resources.use(await servePage(port))
    allowedOrigin = `http://localhost:${ports[0]}`
    otherOrigin = `http://localhost:${ports[1]}`
    server = resources.use(await startDemoServer('embedded', undefined, { SNAGLIST_CORS_ORIGINS: allowedOrigin }))
    page = resources.use(await openPage()).page
    const { createAccessToken } = await server.send(
      'ada',
      'mutation { createAccessToken(input: { name: "page" }) { secret } }',
    )
    token = (createAccessToken as { readonly secret: string }).secret
  })
  afterAll(() => resources.disposeAsync())

  const query = 'subscription { changes { cursor changes { type ticket { title } } } }'

  /** Opens a stream in the page, which collects its events in `window.events`. Resolves to an error or null. */
  const openStream = () =>
    page.evaluate(
      async ([url, body, authorization]) => {
        const state = window as unknown as { events: string }
        state.events = ''
        try {
          const response = await fetch(url, {
            method: 'POST',
            headers: { accept: 'text/event-stream', 'content-type': 'application/json', authorization },
            body,
          })
          response.body?.pipeThrough(new TextDecoderStream()).pipeTo(
            new WritableStream({
              write: (text) => {
                state.events += text
              },
            }),
          )
          return null
        } catch (error) {
          return String(error)
        }
      },
      [`${server.url}/graphql`, JSON.stringify({ query }), `Bearer ${token}`] as const,
    )

  /** Resolves to the first message of the server, or to the code with which the connection was closed. */
  const openSocket = () =>
    page.evaluate(
      ([url, authorization]) =>
        new Promise<string | number>((resolve) => {
          const socket = new WebSocket(url, 'graphql-transport-ws')
          socket.onopen = () => socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization } }))
          socket.onmessage = ({ data }) => resolve(data)
          socket.onclose = ({ code }) => resolve(code)
        }),
      [`${server.url.replace('http', 'ws')}/graphql`, `Bearer ${token}`] as const,
    )

  test('follows changes by fetch and WebSocket if its origin is allowed', async () => {
    await page.goto(allowedOrigin)
    expect(await openStream()).toBe(null)
    await page.waitForFunction(() => (window as unknown as { events: string }).events.includes('event: next'))
    await server.send(
      'tomas',
      'mutation { createIssue(input: { projectId: "CORE", title: "A valve" }) { issue { id } } }',
    )
    await page.waitForFunction(() => (window as unknown as { events: string }).events.includes('"title":"A valve"'))
    expect(await openSocket()).toBe('{"type":"connection_ack"}')
  })

  test('can neither open a stream nor a WebSocket if its origin is not allowed', async () => {
    await page.goto(otherOrigin)
    expect(await openStream()).toContain('Failed to fetch')
    expect(await openSocket()).toBe(1006)
  })
})
