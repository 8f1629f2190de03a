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
  readonly succeededAt: number[] = []
  /** The number of errors by code. */
  readonly codes = new Map<string, number>()
  readonly violations: string[] = []
  /** The longest response time in milliseconds. */
  slowest = 0
  private readonly responses = new EventEmitter().setMaxListeners(0)

  succeeded(since: number): void {
    const now = performance.now()
    this.slowest = Math.max(this.slowest, now - since)
    this.succeededAt.push(now)
    this.responses.emit('response')
  }

  failed(code: string, since: number): void {
    if (code !== 'LOST') this.slowest = Math.max(this.slowest, performance.now() - since)
    this.codes.set(code, this.count(code) + 1)
    this.responses.emit('response')
  }

  count(code: string): number {
    return this.codes.get(code) ?? 0
  }

  /** Waits for more successful requests. */
  async successes(more: number): Promise<void> {
    const target = this.succeededAt.length + more
    while (this.succeededAt.length < target) await once(this.responses, 'response')
  }

  /** Waits for more requests that fail with a code. */
  async failures(code: string, more = 1): Promise<void> {
    const target = this.count(code) + more
    while (this.count(code) < target) await once(this.responses, 'response')
  }
}
