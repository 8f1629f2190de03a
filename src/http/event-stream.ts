import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { FormattedExecutionResult } from 'graphql'
import { eventStreamType } from './content-type.ts'
import type { EventStream, HttpResponse } from './request.ts'
import { requestIdHeader } from './request-id.ts'

/** Results of a subscription. `return` ends them also while none is available. */
export interface ResultStream extends AsyncIterableIterator<FormattedExecutionResult> {
  readonly return: () => Promise<IteratorResult<FormattedExecutionResult>>
}

const completeEvent = 'event: complete\ndata:\n\n'
const nextEvent = (json: string) => `event: next\ndata: ${json}\n\n`

/** Streams with the same result send the same text. */
const texts = new WeakMap<FormattedExecutionResult, string>()

function eventOf(result: FormattedExecutionResult): string {
  const text = texts.get(result) ?? nextEvent(JSON.stringify(result))
  texts.set(result, text)
  return text
}

/** Streams that end together would return together. */
const stopSpreadMilliseconds = 2000

/** If the server stops, ends without `complete`, which clients do not follow by another request. */
export function eventsOf(results: ResultStream, stopping: AbortSignal): EventStream {
  const cancel = () => void results.return()
  const stop = () => void setTimeout(cancel, Math.random() * stopSpreadMilliseconds)
  stopping.addEventListener('abort', stop)
  async function* events(): AsyncGenerator<string> {
    try {
      for await (const result of results) yield eventOf(result)
      if (!stopping.aborted) yield completeEvent
    } finally {
      stopping.removeEventListener('abort', stop)
    }
  }
  return { events: events(), cancel }
}

export const streamResponse = (stream: EventStream, { requestId }: { readonly requestId: string }): HttpResponse => ({
  status: 200,
  headers: {
    'content-type': eventStreamType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // nginx would collect events.
    'x-accel-buffering': 'no',
    [requestIdHeader]: requestId,
  },
  body: '',
  stream,
})

/** Sends a result as an event to a client that accepts only these; errors of the connection keep their status. */
export function asEventStream(response: HttpResponse, contentType: string): HttpResponse {
  if (contentType !== eventStreamType || response.stream || ![200, 400].includes(response.status)) return response
  return {
    status: 200,
    headers: { ...response.headers, 'content-type': eventStreamType },
    body: nextEvent(response.body) + completeEvent,
  }
}

export function readableOf({ events, cancel }: EventStream): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next()
      if (next.done) controller.close()
      else controller.enqueue(encoder.encode(next.value))
    },
    cancel,
  })
}

const stallMilliseconds = 30_000

/** Disconnects a client that receives nothing for 30 seconds. */
export async function sendEvents(
  response: ServerResponse,
  { events, cancel }: EventStream,
  timeoutMilliseconds = stallMilliseconds,
): Promise<void> {
  response.once('close', cancel)
  response.flushHeaders()
  for await (const event of events) {
    if (response.closed) return
    if (response.write(event)) continue
    const stall = setTimeout(() => response.destroy(), timeoutMilliseconds)
    await Promise.race([once(response, 'drain'), once(response, 'close')]).catch(() => {})
    clearTimeout(stall)
  }
  response.end()
}
