import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { useServer } from './support/app.ts'

const server = useServer()
const http = createServer((request, response) => server.app.handle(request, response))
beforeAll(async () => {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
})
afterAll(() => {
  http.closeAllConnections()
  http.close()
})

// The audits of graphql-http for the specification "GraphQL over HTTP".
const portOf = () => (http.address() as AddressInfo).port
describe.each([
  ['a script', {}],
  ['a page', { origin: 'http://localhost' }],
] as const)('GraphQL over HTTP for %s', (_client, headers) => {
  const fetchFn = (url: string, init: RequestInit = {}) =>
    fetch(url, { ...init, headers: { ...(init.headers as object), ...headers } })
  const audits = serverAudits({ url: () => `http://127.0.0.1:${portOf()}/graphql`, fetchFn })
  test.each(audits.filter(({ name }) => /^(MUST|SHOULD)/.test(name)).map(({ name, fn }) => [name, fn] as const))(
    '%s',
    async (_name, audit) => {
      const result = await audit()
      if (result.status !== 'ok') throw new Error(result.reason)
    },
  )
})
