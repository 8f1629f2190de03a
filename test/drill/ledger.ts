import { EventEmitter, once } from 'node:events'

/** What a write leaves behind. */
export type Kind = 'ticket' | 'change' | 'comment' | 'label' | 'labelling' | 'bulk'

/**
 * acknowledged: the answer said that it is done. unknown: no answer came, or one that the database does not answer: the
 * connection may have broken after the commit. refused: the answer said that it is not done.
 */
export type Outcome = 'acknowledged' | 'unknown' | 'refused'

/** A write that was asked for. */
export interface Write {
  readonly kind: Kind
  /** The words by which it is found again in what is stored; null where only the answer would have told them. */
  readonly marker: string | null
  readonly outcome: Outcome
  /** What the answer said of it: ids, versions, counts. */
  readonly told: string
}

/** The log of a load: each write with its outcome, and how requests were answered. */
export class Ledger {
  readonly writes: Write[] = []
  /** When requests were answered as they should be, in milliseconds. */
  readonly answeredAt: number[] = []
  /** How many answers there were of each code, and how many requests were lost without one. */
  readonly codes = new Map<string, number>()
  /** What must not happen. */
  readonly faults: string[] = []
  /** The longest that anybody waited for an answer, in milliseconds. */
  slowest = 0
  private readonly happened = new EventEmitter().setMaxListeners(0)

  /** Notes an answer without errors. */
  answered(since: number): void {
    const now = performance.now()
    this.slowest = Math.max(this.slowest, now - since)
    this.answeredAt.push(now)
    this.happened.emit('answer')
  }

  /** Notes an answer with an error, or with LOST that there was none. */
  failed(code: string, since: number): void {
    if (code !== 'LOST') this.slowest = Math.max(this.slowest, performance.now() - since)
    this.codes.set(code, this.count(code) + 1)
    this.happened.emit('answer')
  }

  count(code: string): number {
    return this.codes.get(code) ?? 0
  }

  /** Waits until some more requests were answered without errors. */
  async answers(more: number): Promise<void> {
    const wanted = this.answeredAt.length + more
    while (this.answeredAt.length < wanted) await once(this.happened, 'answer')
  }

  /** Waits until some more requests failed with a code. */
  async failures(code: string, more = 1): Promise<void> {
    const wanted = this.count(code) + more
    while (this.count(code) < wanted) await once(this.happened, 'answer')
  }
}
