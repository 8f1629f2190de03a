import type { Readable } from 'node:stream'

/** Reads a request header by its name in lower case. */
export type Header = (name: string) => string | null | undefined

/** A request, whichever server it came through. */
export interface HttpRequest {
  readonly method: string
  /** The query string, without its question mark. */
  readonly search: string
  readonly header: Header
  /** The client's IP address. */
  readonly address: string
  readonly body: Readable
  /** Creates a signal that aborts with ClientDisconnected if the client disconnects before the response is complete. */
  readonly disconnection: () => AbortSignal
}

/** A response with a body of text. */
export interface HttpReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
