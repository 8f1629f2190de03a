import type { TypedDocumentString } from '../generated/graphql.ts'
import type { ResponseError } from '../support/client.ts'
import type { Kind, Ledger, Outcome } from './ledger.ts'
import type { Served } from './served.ts'

/** No answer may take longer: whoever cannot be served is told so. */
const answerWithinMilliseconds = 15_000
const pauseMilliseconds = 100

/** What became of a request: what was answered, the code of an error, or LOST where there was no answer. */
export type Reply<Data> = { readonly data: Data; readonly code: null } | { readonly data: null; readonly code: string }

interface ApiResponse<Data = unknown> {
  readonly data?: Data | null
  readonly errors?: readonly ResponseError[]
}

/** What the code of an answer to a write says of it. */
export function outcomeOf(code: string | null): Outcome {
  if (code === null) return 'acknowledged'
  return code === 'LOST' || code === 'UNAVAILABLE' ? 'unknown' : 'refused'
}

/** Somebody who asks a server, and notes each answer in a ledger. */
export class Client {
  token = ''
  private readonly served: Served
  readonly ledger: Ledger

  constructor(served: Served, ledger: Ledger) {
    this.served = served
    this.ledger = ledger
  }

  /**
   * Sends a document. Any error but UNAVAILABLE and CONFLICT is a fault, and so is an answer that takes too long. After a
   * request that was lost it waits until the server listens again.
   */
  async send<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Reply<Data>> {
    const since = performance.now()
    const reply = await this.post(document, variables)
    await this.note(reply.code, since)
    return reply
  }

  /** Sends a document that must succeed. */
  async ask<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data> {
    const { data, code } = await this.post(document, variables)
    if (data === null) throw new Error(`${code} instead of an answer to ${document}`)
    return data
  }

  /** Sends a write and notes what became of it; `told` reads from the answer what should be stored. */
  async write<Data, Variables>(
    kind: Kind,
    marker: string,
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    told: (data: Data) => string,
  ): Promise<Reply<Data>> {
    const reply = await this.send(document, variables)
    this.ledger.writes.push({
      kind,
      marker,
      outcome: outcomeOf(reply.code),
      told: reply.data === null ? '' : told(reply.data),
    })
    return reply
  }

  /**
   * Reads an export of all tickets to its end. One that breaks off has told so, and is no loss; one that ends as it should
   * has every ticket that was acknowledged before it began.
   */
  async export(): Promise<void> {
    const since = performance.now()
    const { writes } = this.ledger
    const filed = writes.filter(({ kind, outcome }) => kind === 'ticket' && outcome === 'acknowledged').length
    let begun = false
    const code = await this.asking('an export', async () => {
      const response = await this.fetch('/export/tickets.csv')
      begun = response.status === 200
      if (!begun) return this.codeOf((await response.json()) as ApiResponse)
      const rows = (await response.text()).trimEnd().split('\n').length - 1
      if (rows < filed) this.ledger.faults.push(`an export of ${rows} tickets, of ${filed} that were filed`)
      return null
    })
    if (code === 'LOST' && begun) return
    await this.note(code, since)
  }

  private async post<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Reply<Data>> {
    let data: Data | null = null
    const code = await this.asking(document.toString().trim().split(/[({]/)[0] ?? '', async () => {
      const response = await this.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: document.toString(), variables }),
      })
      const answer = (await response.json()) as ApiResponse<Data>
      if (!answer.errors && answer.data) data = answer.data
      return data === null ? this.codeOf(answer) : null
    })
    return code === null ? { data: data as Data, code } : { data: null, code }
  }

  private fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, ...(this.token !== '' && { authorization: `Bearer ${this.token}` }) }
    const signal = AbortSignal.timeout(answerWithinMilliseconds)
    return fetch(`${this.served.url}${path}`, { ...init, headers, signal })
  }

  /** Asks for something: the code of what came back, or LOST where nothing did. */
  private async asking(what: string, request: () => Promise<string | null>): Promise<string | null> {
    try {
      return await request()
    } catch (error) {
      if ((error as Error).name === 'TimeoutError')
        this.ledger.faults.push(`no answer within ${answerWithinMilliseconds / 1000} s to ${what}`)
      return 'LOST'
    }
  }

  private codeOf(answer: ApiResponse): string {
    const code = answer.errors?.[0]?.extensions?.code ?? 'no code'
    if (code !== 'UNAVAILABLE' && code !== 'CONFLICT') this.ledger.faults.push(`answered ${JSON.stringify(answer)}`)
    return code
  }

  /** Notes an answer, and waits where there was none, or one that asks to wait. */
  private async note(code: string | null, since: number): Promise<void> {
    if (code === null) this.ledger.answered(since)
    else this.ledger.failed(code, since)
    if (code === 'LOST') await this.served.listens()
    // As callers are asked to with Retry-After, only sooner.
    if (code === 'UNAVAILABLE') await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds))
  }
}
