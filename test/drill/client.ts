import type { TypedDocumentString } from '../generated/graphql.ts'
import type { ResponseError } from '../support/client.ts'
import type { Kind, Ledger, Outcome } from './ledger.ts'
import type { ServerProcess } from './server-process.ts'

const maxResponseMilliseconds = 15_000
const pauseMilliseconds = 100

/** The data of a result, or the code of its error; LOST without a response. */
export type Reply<Data> = { readonly data: Data; readonly code: null } | { readonly data: null; readonly code: string }

interface ApiResponse<Data = unknown> {
  readonly data?: Data | null
  readonly errors?: readonly ResponseError[]
}

export function outcomeOf(code: string | null): Outcome {
  if (code === null) return 'acknowledged'
  return code === 'LOST' || code === 'UNAVAILABLE' ? 'unknown' : 'rejected'
}

/** Sends requests and records each response in a ledger. */
export class Client {
  token = ''
  readonly server: ServerProcess
  readonly ledger: Ledger

  constructor(server: ServerProcess, ledger: Ledger) {
    this.server = server
    this.ledger = ledger
  }

  /** Records errors other than UNAVAILABLE and CONFLICT as violations. Waits for a restart after a lost request. */
  async send<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Reply<Data>> {
    const since = performance.now()
    const reply = await this.post(document, variables)
    await this.record(reply.code, since)
    return reply
  }

  /** Throws if the request fails. */
  async ask<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data> {
    const { data, code } = await this.post(document, variables)
    if (data === null) throw new Error(`${code} instead of a result of ${document}`)
    return data
  }

  /** Sends a write and records its outcome. `resultOf` extracts what must be stored. */
  async write<Data, Variables>(
    kind: Kind,
    marker: string,
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    resultOf: (data: Data) => string,
  ): Promise<Reply<Data>> {
    const reply = await this.send(document, variables)
    this.ledger.writes.push({
      kind,
      marker,
      outcome: outcomeOf(reply.code),
      result: reply.data === null ? '' : resultOf(reply.data),
    })
    return reply
  }

  /**
   * A complete export must contain every ticket that was acknowledged before it started. A broken connection is allowed,
   * and the limit of concurrent exports, since all clients have one token.
   */
  async export(): Promise<void> {
    const since = performance.now()
    const { writes } = this.ledger
    const acknowledged = writes.filter(({ kind, outcome }) => kind === 'ticket' && outcome === 'acknowledged').length
    let hasStarted = false
    let isLimited = false
    const code = await this.codeOfRequest('an export', async () => {
      const response = await this.fetch('/export/tickets.csv')
      hasStarted = response.status === 200
      isLimited = response.status === 429
      if (isLimited) return null
      if (!hasStarted) return this.codeOf((await response.json()) as ApiResponse)
      const rows = (await response.text()).trimEnd().split('\n').length - 1
      if (rows < acknowledged)
        this.ledger.violations.push(`an export contains ${rows} of ${acknowledged} acknowledged tickets`)
      return null
    })
    if (isLimited || (code === 'LOST' && hasStarted)) return
    await this.record(code, since)
  }

  private async post<Data, Variables>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
  ): Promise<Reply<Data>> {
    let data: Data | null = null
    const code = await this.codeOfRequest(document.toString().trim().split(/[({]/)[0] ?? '', async () => {
      const response = await this.fetch('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: document.toString(), variables }),
      })
      const result = (await response.json()) as ApiResponse<Data>
      if (!result.errors && result.data) data = result.data
      return data === null ? this.codeOf(result) : null
    })
    return code === null ? { data: data as Data, code } : { data: null, code }
  }

  private fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, ...(this.token !== '' && { authorization: `Bearer ${this.token}` }) }
    const signal = AbortSignal.timeout(maxResponseMilliseconds)
    return fetch(`${this.server.url}${path}`, { ...init, headers, signal })
  }

  /** Returns the code of the response; LOST without one. */
  private async codeOfRequest(name: string, request: () => Promise<string | null>): Promise<string | null> {
    try {
      return await request()
    } catch (error) {
      if ((error as Error).name === 'TimeoutError')
        this.ledger.violations.push(`no response within ${maxResponseMilliseconds / 1000} s to ${name}`)
      return 'LOST'
    }
  }

  private codeOf(result: ApiResponse): string {
    const code = result.errors?.[0]?.extensions?.code ?? 'no code'
    if (code !== 'UNAVAILABLE' && code !== 'CONFLICT') this.ledger.violations.push(`result ${JSON.stringify(result)}`)
    return code
  }

  /** Records a response. Waits after a lost request or UNAVAILABLE. */
  private async record(code: string | null, since: number): Promise<void> {
    if (code === null) this.ledger.recordSuccess(since)
    else this.ledger.recordFailure(code, since)
    if (code === 'LOST') await this.server.waitUntilListening()
    // Sooner than Retry-After.
    if (code === 'UNAVAILABLE') await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds))
  }
}
