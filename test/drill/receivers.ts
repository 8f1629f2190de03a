import { randomInt } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Webhook } from 'standardwebhooks'
import type { CreateWebhookInput } from '../generated/graphql.ts'
import { type ReceivedRequest, type Receiver, startReceiver } from '../support/receiver.ts'

/** `number` counts the requests to the receiver from 1. */
type Respond = (response: ServerResponse, number: number) => unknown

export interface Behavior {
  readonly name: string
  readonly respond: Respond
  /** LATE: accepts a message after failures. */
  readonly acceptance: 'PROMPT' | 'LATE' | 'NEVER'
  readonly types?: CreateWebhookInput['types']
  readonly kind?: 'DEFECT'
}

const failures = 6
const redirected = '/redirected'
const chunk = Buffer.alloc(65_536, 'x')
const gigabyte = 2 ** 30
/** More than the buffers of a connection. */
const maxUnreadBytes = 2 ** 25

const accept: Respond = (response) => response.writeHead(204).end()
const unlessEarly =
  (fail: Respond): Respond =>
  (response, number) =>
    (number <= failures ? fail : accept)(response, number)

async function sendGigabyte(response: ServerResponse): Promise<void> {
  let sentBytes = 0
  const chunks = function* () {
    for (; sentBytes < gigabyte; sentBytes += chunk.length) yield chunk
  }
  // The server closes the connection.
  await pipeline(Readable.from(chunks()), response.writeHead(200)).catch(() => {})
  if (sentBytes > maxUnreadBytes) throw new Error(`a server read ${sentBytes} bytes of a response`)
}

export const behaviors: readonly Behavior[] = [
  { name: 'immediate', acceptance: 'PROMPT', respond: accept },
  {
    name: 'slow',
    acceptance: 'PROMPT',
    types: ['TICKET_CREATED', 'COMMENT_ADDED'],
    respond: (response) => setTimeout(accept, randomInt(200), response),
  },
  { name: 'for defects', acceptance: 'PROMPT', kind: 'DEFECT', respond: accept },
  { name: 'with 1 GB', acceptance: 'PROMPT', respond: sendGigabyte },
  { name: 'failing first', acceptance: 'LATE', respond: unlessEarly((response) => response.writeHead(500).end()) },
  {
    name: 'throttling first',
    acceptance: 'LATE',
    respond: unlessEarly((response) => response.writeHead(429, { 'retry-after': '1' }).end()),
  },
  { name: 'hanging', acceptance: 'NEVER', respond: () => {} },
  { name: 'closing', acceptance: 'NEVER', respond: (response) => response.destroy() },
  {
    name: 'redirecting',
    acceptance: 'NEVER',
    respond: (response) => response.writeHead(307, { location: redirected }).end(),
  },
  { name: 'gone', acceptance: 'NEVER', respond: (response) => response.writeHead(410).end() },
]

/** A receiver that verifies and records its messages. */
export class Recorder implements AsyncDisposable {
  readonly behavior: Behavior
  /** Of the webhook. */
  secret = ''
  readonly violations: string[] = []
  /** The number of receptions of each message by id. */
  readonly receptions = new Map<string, number>()
  /** The ids of messages that were responded to with 2xx. */
  readonly accepted = new Set<string>()
  /** The longest time from a change to its first reception in milliseconds. */
  slowest = 0
  private readonly bodies = new Map<string, string>()
  private receiver: Receiver | null = null

  constructor(behavior: Behavior) {
    this.behavior = behavior
  }

  /** Returns the URL. */
  async start(): Promise<string> {
    let count = 0
    this.receiver = await startReceiver(async (response, request) => {
      this.record(request, response)
      try {
        await this.behavior.respond(response, ++count)
      } catch (error) {
        this.report(String(error))
      }
    })
    return this.receiver.url
  }

  /** Resolves when the next request has been received. */
  async waitForRequest(): Promise<void> {
    await this.receiver?.waitFor(this.receiver.requests.length + 1)
  }

  report(violation: string): void {
    this.violations.push(`webhook "${this.behavior.name}": ${violation}`)
  }

  private record({ url, headers, body }: ReceivedRequest, response: ServerResponse): void {
    const id = String(headers['webhook-id'])
    if (url === redirected) this.report('a redirect was followed')
    try {
      new Webhook(this.secret).verify(body, headers as Record<string, string>)
    } catch (error) {
      this.report(`${error} of message ${id}`)
    }
    if ((this.bodies.get(id) ?? body) !== body) this.report(`message ${id} has several bodies`)
    if (!this.bodies.has(id)) this.slowest = Math.max(this.slowest, Date.now() - Date.parse(JSON.parse(body).timestamp))
    this.bodies.set(id, body)
    this.receptions.set(id, (this.receptions.get(id) ?? 0) + 1)
    response.once('close', () => {
      if (response.headersSent && response.statusCode < 300) this.accepted.add(id)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver?.[Symbol.asyncDispose]()
  }
}
