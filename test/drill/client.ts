import type { TypedDocumentString } from '../generated/graphql.ts'
import type { AnswerError } from '../support/caller.ts'
import type { Kind, Ledger, Outcome } from './ledger.ts'
import type { Served } from './served.ts'

/** No answer may take longer: whoever cannot be served is told so. */
const answerWithinMilliseconds = 15_000
const pauseMilliseconds = 100

/** What became of a request: what was answered, the code of an error, or LOST where there was no answer. */
export type Reply<Data> = { readonly data: Data; readonly code: null } | { readonly data: null; readonly code: string }

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
    if (reply.code === null) this.ledger.answered(since)
    else this.ledger.failed(reply.code, since)
    if (reply.code === 'LOST') await this.served.listens()
    // As callers are asked to with Retry-After, only sooner.
    if (reply.code === 'UNAVAILABLE') await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds))
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

  private async post<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Reply<Data>> {
    let answer: { data?: Data | null; errors?: readonly AnswerError[] }
    try {
      const response = await fetch(`${this.served.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(this.token !== '' && { authorization: `Bearer ${this.token}` }),
        },
        body: JSON.stringify({ query: document.toString(), variables }),
        signal: AbortSignal.timeout(answerWithinMilliseconds),
      })
      answer = (await response.json()) as typeof answer
    } catch (error) {
      if ((error as Error).name === 'TimeoutError')
        this.ledger.faults.push(
          `no answer within ${answerWithinMilliseconds / 1000} s to ${document.toString().trim().split(/[({]/)[0]}`,
        )
      return { data: null, code: 'LOST' }
    }
    const [error] = answer.errors ?? []
    if (!error && answer.data) return { data: answer.data, code: null }
    const code = error?.extensions?.code ?? 'no code'
    if (code !== 'UNAVAILABLE' && code !== 'CONFLICT') this.ledger.faults.push(`answered ${JSON.stringify(answer)}`)
    return { data: null, code }
  }
}
