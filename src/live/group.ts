import type { FormattedExecutionResult } from 'graphql'
import pLimit from 'p-limit'
import type { ChangeSummary, StreamBatch } from '../context.ts'
import type { Viewer } from '../viewer.ts'

/** A result of the operation of a group, with the batch that its resolver has read; null if it failed. */
export interface Step {
  readonly result: FormattedExecutionResult
  readonly batch: StreamBatch | null
}

type WakeReason = 'changes' | 'heartbeat' | 'access'

export interface GroupMember {
  readonly wake: (reason: WakeReason) => void
}

/** The streams of a user with the same operation and variables. */
export interface Group {
  readonly members: Set<GroupMember>
  readonly wake: (reason: WakeReason) => void
  readonly onChanges: (changes: readonly ChangeSummary[] | null) => void
  /** Members that read from the same position run the operation once. `key` identifies the position. */
  readonly read: (key: string, viewer: Viewer, run: () => Promise<Step>) => Promise<Step>
  readonly close: () => void
}

const heartbeatMilliseconds = 30_000
const minIntervalMilliseconds = 100
/** A group that is slow to read leaves the database to others. */
const restFactor = 3
/** When the server is busy, steps take longer, so there are fewer, with more changes each. */
const lanes = pLimit(4)
const maxLaneRestMilliseconds = 1000

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** Runs work in a lane, which rests afterwards for the same duration. */
function runInLane<Result>(work: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    void lanes(async () => {
      const start = performance.now()
      await work().then(resolve, reject)
      await wait(Math.min(performance.now() - start, maxLaneRestMilliseconds))
    })
  })
}

export function createGroup(onError: (error: unknown) => void): Group {
  const members = new Set<GroupMember>()
  const pendingSteps = new Map<string, Promise<Step>>()
  let readableAt = 0
  /** That of the last batch; null until a batch was read with the current permissions. */
  let mayContain: StreamBatch['mayContain'] | null = null

  const wake = (reason: WakeReason) => {
    if (reason === 'access') mayContain = null
    for (const member of members) member.wake(reason)
  }
  const runStep = async (run: () => Promise<Step>): Promise<Step> => {
    const rest = readableAt - performance.now()
    if (rest > 0) await wait(rest)
    return runInLane(async () => {
      const start = performance.now()
      const step = await run()
      const end = performance.now()
      readableAt = step.batch?.caughtUp ? end + Math.max(minIntervalMilliseconds, restFactor * (end - start)) : 0
      mayContain ??= step.batch?.mayContain ?? null
      return step
    })
  }
  const heartbeat = setInterval(wake, heartbeatMilliseconds, 'heartbeat').unref()
  return {
    members,
    wake,
    onChanges(changes) {
      if (changes === null || mayContain === null) return wake('changes')
      mayContain(changes).then(
        (contains) => contains && wake('changes'),
        (error) => {
          onError(error)
          wake('changes')
        },
      )
    },
    read(key, { role }, run) {
      const stepKey = `${role} ${key}`
      const pendingStep = pendingSteps.get(stepKey)
      if (pendingStep) return pendingStep
      const step = runStep(run).finally(() => pendingSteps.delete(stepKey))
      pendingSteps.set(stepKey, step)
      return step
    },
    close: () => clearInterval(heartbeat),
  }
}
