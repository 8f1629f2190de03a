import { afterEach, expect, test, vi } from 'vitest'
import type { ChangeSummary } from '../src/context.ts'
import type { Sql } from '../src/database/sql.ts'
import { createFeed } from '../src/feed/feed.cache.ts'
import { useServer } from './support/app.ts'
import { createIssue, createProject, signUp } from './support/people.ts'

const server = useServer()

afterEach(() => {
  vi.useRealTimers()
})

test('listeners receive the changes of a run that failed with those of the next run', async () => {
  const admin = await signUp(server, 'admin')
  await createProject(admin, 'CORE')
  const { db } = server.database
  let isBroken = false
  const query = async <Rows extends readonly unknown[]>(statement: Sql): Promise<Rows> => {
    if (isBroken && statement.text.includes('SELECT DISTINCT project_id')) throw new Error('connection terminated')
    return db.query<Rows>(statement)
  }
  let onEvent = (_event: unknown) => {}
  const nextEvent = () =>
    new Promise<unknown>((resolve) => {
      onEvent = resolve
    })
  await using feed = createFeed({
    ...server.database,
    db: { ...db, query },
    days: 30,
    onError: (error) => onEvent(error),
  })
  const first = nextEvent()
  using _listener = feed.follow((changes) => onEvent(changes))
  expect(await first).toBe(null)

  isBroken = true
  const failure = nextEvent()
  await createIssue(admin, 'CORE', 'In a failed run')
  feed.announce()
  expect(await failure).toMatchObject({ message: 'connection terminated' })

  isBroken = false
  const next = nextEvent()
  feed.announce()
  expect((await next) as ChangeSummary[]).toMatchObject([{ type: 'TICKET_CREATED', source: 'API' }])
})

test('a disposed feed sends no statements, although changes were announced during its last run', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  const { db } = server.database
  const gate = Promise.withResolvers<void>()
  const sent: string[] = []
  const query = async <Rows extends readonly unknown[]>(statement: Sql): Promise<Rows> => {
    sent.push(statement.text)
    await gate.promise
    return db.query<Rows>(statement)
  }
  const feed = createFeed({ ...server.database, isShared: false, db: { ...db, query }, days: 30, onError: () => {} })
  feed.follow(() => {})
  vi.advanceTimersToNextTimer()
  expect(sent).toHaveLength(1)
  feed.announce()
  vi.advanceTimersToNextTimer()
  const disposal = feed[Symbol.asyncDispose]()
  gate.resolve()
  await disposal
  expect(sent).toEqual([expect.stringContaining('number_changes'), expect.stringContaining('SELECT last')])
})

test('a feed without listeners sends its scheduled notification when it is disposed, and none afterwards', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  const sent: string[] = []
  const query = async <Rows extends readonly unknown[]>(statement: Sql): Promise<Rows> => {
    sent.push(statement.text)
    return [] as unknown as Rows
  }
  const db = { ...server.database.db, query }
  const feed = createFeed({ ...server.database, isShared: true, db, days: 30, onError: () => {} })
  feed.announce()
  feed.announce()
  expect(sent).toEqual([])
  await feed[Symbol.asyncDispose]()
  await vi.advanceTimersByTimeAsync(1000)
  expect(sent).toEqual([expect.stringContaining('pg_notify')])
})
