import type { Readable } from 'node:stream'

export type Header = (name: string) => string | null | undefined

/** A request to the HTTP server, or in process. */
export interface HttpRequest {
  readonly method: string
  readonly search: string
  readonly header: Header
  readonly address: string
  /** Asks a client that sent `Expect: 100-continue` for the body. */
  readonly openBody: () => Readable
  /** Creates a signal that aborts with ClientDisconnected if the client disconnects before the response is complete. */
  readonly disconnection: () => AbortSignal
  /** Calls the function when the response has been sent, or the connection is closed. */
  readonly onClose: (listener: () => void) => void
}

/** Texts of server-sent events. */
export interface EventStream {
  readonly events: AsyncIterable<string>
  /** Ends the events also while none is available. */
  readonly cancel: () => void
}

export interface HttpResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Follows the headers instead of a body. */
  readonly stream?: EventStream
}
