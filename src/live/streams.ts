import type { FormattedExecutionResult } from 'graphql'
import type { ChangeSummary, Context, StreamStep } from '../context.ts'
import { withRequestQuota } from '../database/request-quota.ts'
import type { Statements } from '../database/statements.ts'
import { RateLimited, Unauthenticated, Unavailable } from '../errors.ts'
import type { Operation } from '../graphql/operation.ts'
import type { ResultStream } from '../http/event-stream.ts'
import type { Authentication } from '../viewer.ts'
import { createGroup, type Group, type GroupMember, type Step } from './group.ts'

interface StreamRequest {
  readonly operation: Operation
  readonly context: Context
  readonly variables: Readonly<Record<string, unknown>>
  /** Null as soon as the token is no longer valid. */
  readonly authenticate: () => Promise<Authentication | null>
}

export interface Streams {
  /** Throws RATE_LIMITED or UNAVAILABLE above the limits. */
  readonly open: (request: StreamRequest) => ResultStream
  readonly count: () => number
  /** Aborted when the server stops, after which it opens no streams. */
  readonly stopping: AbortSignal
  readonly stop: () => void
}

interface StreamsOptions {
  readonly db: Statements
  readonly follow: (onChanges: (changes: readonly ChangeSummary[] | null) => void) => Disposable
  /** Calls the listener with the id of a user whose tokens or permissions may have changed; null for all users. */
  readonly watchAccess: (onChange: (userId: string | null) => void) => Disposable
  /** True for a value that is not part of the selection of a stream. */
  readonly isCursor: (value: unknown) => boolean
  /** Masks and logs unexpected errors. */
  readonly present: (result: object, context: Context) => FormattedExecutionResult
  readonly onError: (error: unknown) => void
}

const maxStreams = 2000
const maxStreamsPerUser = 20
const maxGroups = 500
const retrySeconds = 10

/** Runs subscriptions: each change runs the operation of a group of equal streams once. */
export function createStreams(options: StreamsOptions): Streams {
  const { db, follow, watchAccess, isCursor, present, onError } = options
  const groups = new Map<string, Group & { readonly userId: string }>()
  const countsByUser = new Map<string, number>()
  const controller = new AbortController()
  let count = 0
  let sources: DisposableStack | null = null

  const start = () => {
    sources = new DisposableStack()
    sources.use(
      follow((changes) => {
        for (const group of groups.values()) group.onChanges(changes)
      }),
    )
    sources.use(
      watchAccess((userId) => {
        for (const group of groups.values()) if (userId === null || group.userId === userId) group.wake('access')
      }),
    )
  }

  function admit(userId: string, key: string): void {
    if (controller.signal.aborted || count >= maxStreams || (!groups.has(key) && groups.size >= maxGroups))
      throw new Unavailable('The server has no capacity for another subscription. Try again in a moment.')
    if ((countsByUser.get(userId) ?? 0) >= maxStreamsPerUser)
      throw new RateLimited(`You have ${maxStreamsPerUser} subscriptions. End one of them first.`, retrySeconds)
    count++
    countsByUser.set(userId, (countsByUser.get(userId) ?? 0) + 1)
    if (!sources) start()
  }

  function release(userId: string, key: string, group: Group, member: GroupMember): void {
    count--
    const remaining = (countsByUser.get(userId) ?? 1) - 1
    if (remaining > 0) countsByUser.set(userId, remaining)
    else countsByUser.delete(userId)
    group.members.delete(member)
    if (group.members.size === 0) {
      group.close()
      groups.delete(key)
    }
    if (count === 0) {
      sources?.dispose()
      sources = null
    }
  }

  async function runStep(
    { operation, context, variables }: StreamRequest,
    after: string | null,
    viewer: Context['viewer'],
  ) {
    const streamStep: StreamStep = { after, batch: null }
    const stepContext = {
      ...context,
      viewer,
      db: withRequestQuota(db),
      loaders: new Map(),
      prefetchKeys: new Map(),
      streamStep,
    }
    const result = await operation.run(stepContext, variables)
    return { result: present(result, context), batch: streamStep.batch }
  }

  return {
    open(request) {
      const { context, operation, variables } = request
      const userId = context.viewer?.id ?? ''
      const selection = Object.entries(variables).filter(([, value]) => !isCursor(value))
      const key = JSON.stringify([userId, operation.name, operation.query, selection])
      admit(userId, key)
      const group = groups.get(key) ?? { ...createGroup(onError), userId }
      groups.set(key, group)
      const startKey = `start ${JSON.stringify(variables)}`
      return createStream(request, {
        group,
        read: (after, viewer) => group.read(after ?? startKey, viewer, () => runStep(request, after, viewer)),
        presentError: (error) => present({ errors: [error] }, context),
        onEnd: (member) => release(userId, key, group, member),
      })
    },
    count: () => count,
    stopping: controller.signal,
    stop: () => controller.abort(),
  }
}

interface StreamParts {
  readonly group: Group
  readonly read: (after: string | null, viewer: Authentication['viewer']) => Promise<Step>
  readonly presentError: (error: Error) => FormattedExecutionResult
  readonly onEnd: (member: GroupMember) => void
}

function createStream(
  { authenticate }: StreamRequest,
  { group, read, presentError, onEnd }: StreamParts,
): ResultStream {
  let isWoken = false
  /** Remains until a result was sent. */
  let isHeartbeatDue = true
  let isEnded = false
  let waiter = Promise.withResolvers<void>()
  const member: GroupMember = {
    wake(reason) {
      isWoken = true
      if (reason === 'heartbeat') isHeartbeatDue = true
      waiter.resolve()
    },
  }
  group.members.add(member)
  const end = () => {
    if (isEnded) return
    isEnded = true
    waiter.resolve()
    onEnd(member)
  }

  async function* readResults(): AsyncGenerator<FormattedExecutionResult> {
    try {
      yield* readUntilEnd()
    } catch (error) {
      if (!isEnded) yield presentError(error as Error)
    }
  }

  async function* readUntilEnd(): AsyncGenerator<FormattedExecutionResult> {
    let after: string | null = null
    for (;;) {
      isWoken = false
      const authentication = await authenticate()
      if (isEnded) return
      if (!authentication)
        return yield presentError(new Unauthenticated('The token has expired or was revoked. Sign in again.'))
      const { result, batch } = await read(after, authentication.viewer)
      if (isEnded) return
      if (!batch) return yield result
      after = batch.cursor
      if (!batch.isEmpty || isHeartbeatDue) {
        isHeartbeatDue = false
        yield result
      }
      if (!batch.caughtUp) continue
      if (!isWoken) await wait(authentication.expiresAt)
      if (isEnded) return
    }
  }

  async function wait(expiresAt: Date | null): Promise<void> {
    waiter = Promise.withResolvers()
    const expiry = expiresAt && setTimeout(waiter.resolve, Math.min(expiresAt.getTime() - Date.now(), maxTimeout))
    await waiter.promise
    if (expiry) clearTimeout(expiry)
  }

  const results = readResults()
  return {
    async next() {
      const next = await results.next()
      if (next.done) end()
      return next
    },
    async return() {
      end()
      return results.return(undefined)
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** The maximum of Node.js timers in milliseconds. */
const maxTimeout = 2 ** 31 - 1
