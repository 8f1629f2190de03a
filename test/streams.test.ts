import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createClient } from 'graphql-ws'
import { pino } from 'pino'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { createApp } from '../src/app.ts'
import { createViewerCache } from '../src/auth/viewer.cache.ts'
import { sendEvents } from '../src/http/event-stream.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { Client, type ResponseError } from './support/client.ts'
import { createIssue, createProject, createTestUsers, setMember, signUp, type TestUsers } from './support/people.ts'
import { clientOf, type RoleName } from './support/permissions.ts'
import { openStream } from './support/streams.ts'

const server = useServer()
let users: TestUsers
beforeAll(async () => {
  users = await createTestUsers(server)
})

const Changes = graphql(`
  subscription StreamedChanges($filter: TicketFilter, $types: [ChangeType!], $after: String) {
    changes(filter: $filter, types: $types, after: $after) {
      cursor caughtUp changes { key type version matches ticket { title viewerCan { update } } }
    }
  }
`)
const Cursor = graphql(`
  query StreamCursor { tickets(first: 1) { changesCursor } }
`)
const Update = graphql(`
  mutation StreamUpdate($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { version } } }
`)
const SignOut = graphql(`
  mutation StreamSignOut { signOut { signedOut } }
`)

const cursorOf = async (client: Client) => (await client.ask(Cursor)).tickets.changesCursor

/** A second server on the database, with caches of its own. */
async function openOtherServer() {
  const { config, database } = server
  const viewerCache = createViewerCache(database.db, database.listen)
  const app = createApp({ config, database, viewerCache, log: pino({ level: 'silent' }) })
  return {
    app,
    async [Symbol.asyncDispose]() {
      await app.dispose()
      await viewerCache[Symbol.asyncDispose]()
    },
  }
}

describe('subscription changes over server-sent events', () => {
  test('returns missed changes after a cursor, then changes as they are made, each once', async () => {
    const after = await cursorOf(users.viewer)
    const { key } = await createIssue(users.reporter, 'CORE', 'Missed')
    await using stream = openStream(users.viewer, Changes, { after })
    const { data } = await stream.next()
    expect(data?.changes).toMatchObject({ caughtUp: true })
    expect(data?.changes.changes.at(-1)).toMatchObject({
      key,
      type: 'TICKET_CREATED',
      ticket: { viewerCan: { update: false } },
    })
    const live = await createIssue(users.reporter, 'CORE', 'Live')
    expect((await stream.next()).data?.changes.changes).toMatchObject([{ key: live.key, ticket: { title: 'Live' } }])
  })

  test('begins with an empty batch, and omits changes that the filter excludes', async () => {
    await using stream = openStream(users.viewer, Changes, { filter: { title: { startsWith: 'Wanted' } } })
    expect((await stream.next()).data?.changes).toMatchObject({ changes: [], caughtUp: true })
    await createIssue(users.reporter, 'CORE', 'Unwanted')
    const { key } = await createIssue(users.reporter, 'CORE', 'Wanted')
    expect((await stream.next()).data?.changes.changes).toMatchObject([{ key, matches: true }])
  })

  test('returns changes that another server has made', async () => {
    await using other = await openOtherServer()
    await using stream = openStream(new Client(other.app, users.viewer.token), Changes, {})
    await stream.next()
    const { key } = await createIssue(users.reporter, 'CORE', 'From the first server')
    expect((await stream.next()).data?.changes.changes).toMatchObject([{ key }])
  })

  test('hides changes of projects that the viewer cannot see', async () => {
    await using stream = openStream(users.outsider, Changes, {})
    await stream.next()
    const open = await createProject(users.maintainer, 'OPEN', 'VIEWER')
    await createIssue(users.reporter, 'CORE', 'Hidden')
    const { key } = await createIssue(users.maintainer, open.key, 'Visible')
    expect((await stream.next()).data?.changes.changes).toMatchObject([{ key }])
  })

  test('ends with UNAUTHENTICATED when the token is revoked, also on another server', async () => {
    await using other = await openOtherServer()
    const user = await signUp(server, 'leaving')
    await using stream = openStream(user, Changes, {})
    await using otherStream = openStream(new Client(other.app, user.token), Changes, {})
    await Promise.all([stream.next(), otherStream.next()])
    await user.ask(SignOut)
    for (const { next, end } of [stream, otherStream]) {
      expect((await next()).errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' })
      await end()
    }
  })

  test('ends with CURSOR_EXPIRED when the viewer loses or gains a project, also on another server', async () => {
    await using other = await openOtherServer()
    const user = await signUp(server, 'moving')
    for (const role of ['VIEWER', null] as const) {
      await using stream = openStream(user, Changes, {})
      await using otherStream = openStream(new Client(other.app, user.token), Changes, {})
      await Promise.all([stream.next(), otherStream.next()])
      await setMember(users.maintainer, 'CORE', user.id, role)
      for (const { next } of [stream, otherStream])
        expect((await next()).errors?.[0]?.extensions).toMatchObject({ code: 'CURSOR_EXPIRED' })
    }
  })

  test('limits the streams of a user to 20, and counts ended ones no longer', async () => {
    const user = await signUp(server, 'eager')
    const open = (name: string) => openStream(user, Changes, { filter: { title: { eq: name } } })
    const streams = Array.from({ length: 20 }, (_, index) => open(String(index)))
    await Promise.all(streams.map(({ next }) => next()))
    const refused = await user.fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { changes { cursor } }' }),
    })
    expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true])
    await streams[0]?.[Symbol.asyncDispose]()
    await using another = open('another')
    await another.next()
    for (const stream of streams) await stream[Symbol.asyncDispose]()
  })

  test('returns errors of the document as an event, and those of the connection by status', async () => {
    const send = (body: object, accept = 'text/event-stream', client: Client = users.viewer) =>
      client.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept },
        body: JSON.stringify(body),
      })
    const invalid = await send({ query: 'subscription { nothing }' })
    expect([invalid.status, invalid.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
    expect(await invalid.text()).toMatch(
      /^event: next\ndata: \{.*GRAPHQL_VALIDATION_FAILED.*\}\n\nevent: complete\ndata:\n\n$/,
    )
    const query = await send({ query: '{ viewer { username } }' })
    expect(await query.text()).toMatch(/^event: next\ndata: \{"data":\{"viewer":\{"username":"viewer"\}\}/)
    const json = await send({ query: 'subscription { changes { cursor } }' }, 'application/json')
    expect([json.status, await json.text()]).toEqual([406, expect.stringMatching(/text\/event-stream/)])
    const expired = await send({ query: 'subscription { changes(after: "x") { cursor } }' })
    expect(await expired.text()).toMatch(/BAD_USER_INPUT/)
    const anonymous = await send(
      { query: 'subscription { changes { cursor } }' },
      'text/event-stream',
      server.anonymous,
    )
    expect(await anonymous.text()).toMatch(/UNAUTHENTICATED/)
  })

  test('sends an empty batch every 30 seconds without a change, with a cursor after changes that do not match', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      await using stream = openStream(users.viewer, Changes, { filter: { title: { eq: 'Never' } } })
      const first = await stream.next()
      await createIssue(users.reporter, 'CORE', 'Another title')
      vi.advanceTimersByTime(30_000)
      const { data } = await stream.next()
      expect(data?.changes).toMatchObject({ changes: [], caughtUp: true })
      expect(data?.changes.cursor).not.toBe(first.data?.changes.cursor)
    } finally {
      vi.useRealTimers()
    }
  })

  test('disconnects a client that does not read, and ends its stream', async () => {
    const largeEvent = 'x'.repeat(1_000_000)
    async function* events() {
      for (;;) yield largeEvent
    }
    const cancellation = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const http = createServer((_request, response) => {
      sendEvents(response, { events: events(), cancel: cancellation.resolve }, 10).then(end.resolve)
    })
    await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening))
    const socket = connect((http.address() as AddressInfo).port, '127.0.0.1')
    socket.on('error', () => {}).pause()
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await Promise.all([cancellation.promise, end.promise])
    socket.destroy()
    http.close()
  })

  test('ends without a complete event when the server stops', async () => {
    await using other = await openOtherServer()
    const response = await new Client(other.app, users.viewer.token).fetch('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { changes { caughtUp } }' }),
    })
    other.app.stopStreams()
    expect(await response.text()).toMatch(/^(event: next\ndata: \{"data":\{"changes":\{"caughtUp":true\}\}\}\n\n)?$/)
  })
})

async function listen() {
  const http = createServer().on('upgrade', server.app.upgrade)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`
  return { url, [Symbol.dispose]: () => void http.close() }
}

describe('subscription changes over WebSocket', () => {
  const openClient = (url: string, authorization: string | null, webSocketImpl: unknown = WebSocket) =>
    createClient({
      url,
      webSocketImpl,
      retryAttempts: 0,
      ...(authorization && { connectionParams: { authorization } }),
    })

  test('authenticates by connectionParams, and runs subscriptions, queries and mutations', async () => {
    using socket = await listen()
    const client = openClient(socket.url, `Bearer ${users.contributor.token}`)
    const changes = client.iterate<{ changes: { changes: { key: string }[] } }>({
      query: Changes.toString(),
      variables: {},
    })
    expect((await changes.next()).value.data.changes.changes).toEqual([])
    const { id, key } = await createIssue(users.reporter, 'CORE', 'By HTTP')
    expect((await changes.next()).value.data.changes.changes).toMatchObject([{ key }])
    const mutation = client.iterate({ query: Update.toString(), variables: { input: { id, title: 'By WebSocket' } } })
    expect((await mutation.next()).value).toMatchObject({ data: { updateIssue: { issue: { version: 2 } } } })
    expect((await changes.next()).value.data.changes.changes).toMatchObject([{ key, version: 2 }])
    const query = client.iterate({ query: '{ viewer { username } nothing }' })
    await expect(query.next()).rejects.toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }])
    await client.dispose()
  })

  test('closes connections without a valid token, and those of pages of other origins', async () => {
    using socket = await listen()
    for (const authorization of [null, 'Bearer snag_invalid']) {
      const client = openClient(socket.url, authorization)
      await expect(client.iterate({ query: '{ viewer { id } }' }).next()).rejects.toMatchObject({ code: 4401 })
    }
    const connectFrom = (origin: string) =>
      new Promise<string>((resolve) => {
        const client = new WebSocket(socket.url, 'graphql-transport-ws', { origin })
        client.on('open', () => {
          client.close()
          resolve('open')
        })
        client.on('error', ({ message }) => resolve(message))
      })
    expect(await connectFrom('https://elsewhere.example')).toMatch(/403/)
    expect(await connectFrom(socket.url.replace('ws:', 'http:').replace('/graphql', ''))).toBe('open')
  })
})

type Visibility = 'visible' | 'hidden' | 'UNAUTHENTICATED'
const visibilities: readonly (readonly [RoleName, Visibility])[] = [
  ['anonymous', 'UNAUTHENTICATED'],
  ['outsider', 'hidden'],
  ['viewer', 'visible'],
  ['reporter', 'visible'],
  ['contributor', 'visible'],
  ['maintainer', 'visible'],
  ['admin', 'visible'],
]

describe('changes of a project', () => {
  test.each(visibilities)(
    'are for %s %s by the query, by server-sent events and by WebSocket',
    async (role, expected) => {
      const client = clientOf(server, users, role)
      const after = await cursorOf(users.admin)
      const asOwnCursor = role === 'admin' || role === 'anonymous' ? after : await cursorOf(client)
      const { key } = await createIssue(users.reporter, 'CORE', 'For some roles')
      const variables = { after: asOwnCursor }
      const byQuery = await client.post({ query: `${Changes}`.replace('subscription', 'query'), variables })
      await using stream = openStream(client, Changes, variables)
      const bySse = await stream.next()
      using socket = await listen()
      const webSocket = createClient({
        url: socket.url,
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: { authorization: `Bearer ${client.token}` },
      })
      const byWebSocket = await webSocket
        .iterate({ query: `${Changes}`, variables })
        .next()
        .then(
          ({ value }) => value,
          ({ code }) => ({ errors: [{ extensions: { code: code === 4401 ? 'UNAUTHENTICATED' : code } }] }),
        )
      await webSocket.dispose()
      for (const response of [byQuery, bySse, byWebSocket]) {
        const { data, errors } = response as {
          data?: { changes: { changes: { key: string }[] } }
          errors?: ResponseError[]
        }
        const outcome =
          errors?.[0]?.extensions?.code ??
          (data?.changes.changes.some((change) => change.key === key) ? 'visible' : 'hidden')
        expect(outcome).toBe(expected)
      }
    },
  )
})
