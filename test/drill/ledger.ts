import { EventEmitter, once } from 'node:events'

/** The object that a write creates. */
export type Kind = 'ticket' | 'change' | 'comment' | 'label' | 'labelling' | 'bulk'

/** `unknown`: no response, or UNAVAILABLE, since the connection may have broken after the commit. */
export type Outcome = 'acknowledged' | 'unknown' | 'rejected'

export interface Write {
  readonly kind: Kind
  /** The text that identifies the stored write; null if only the result contains it. */
  readonly marker: string | null
  readonly outcome: Outcome
  /** Ids, versions or counts in the result. */
  readonly result: string
}

/** The writes of a load with their outcomes, and the responses of all requests. */
export class Ledger {
  readonly writes: Write[] = []
  /** The times of successful responses, in milliseconds. */
  readonly successTimes: number[] = []
  /** The number of errors by code. */
  readonly codes = new Map<string, number>()
  readonly violations: string[] = []
  /** The longest response time in milliseconds. */
  slowest = 0
  private readonly responses = new EventEmitter().setMaxListeners(0)

  recordSuccess(since: number): void {
    const now = performance.now()
    this.slowest = Math.max(this.slowest, now - since)
    this.successTimes.push(now)
    this.responses.emit('response')
  }

  recordFailure(code: string, since: number): void {
    if (code !== 'LOST') this.slowest = Math.max(this.slowest, performance.now() - since)
    this.codes.set(code, this.count(code) + 1)
    this.responses.emit('response')
  }

  count(code: string): number {
    return this.codes.get(code) ?? 0
  }

  async waitForSuccesses(count: number): Promise<void> {
    const target = this.successTimes.length + count
    while (this.successTimes.length < target) await once(this.responses, 'response')
  }

  async waitForFailures(code: string, count = 1): Promise<void> {
    const target = this.count(code) + count
    while (this.count(code) < target) await once(this.responses, 'response')
  }
}
