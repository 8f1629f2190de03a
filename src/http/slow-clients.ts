import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/**
 * Closes the connection after a response that ends before its request, like `lingering_close` of nginx: first ends the
 * sending side, and discards the rest of the body for a while. A connection that is closed with unread data is reset,
 * and a client that reads after it has sent everything would lose the response.
 */
export function closeLingering(request: IncomingMessage, response: ServerResponse, milliseconds: number): void {
  const { headers, socket } = request
  if (!headers['transfer-encoding'] && !Number(headers['content-length'])) return
  const { shouldKeepAlive } = response
  // Sends "Connection: close" unless the body has been received before the response begins.
  response.shouldKeepAlive = false
  request.once('end', () => {
    response.shouldKeepAlive = shouldKeepAlive
  })
  // Called by the HTTP server after the response.
  socket.destroySoon = () => {
    if (request.complete) return Socket.prototype.destroySoon.call(socket)
    socket.end()
    request.removeAllListeners('data').resume()
    request.once('end', () => socket.destroy())
    const timeout = setTimeout(() => socket.destroy(), milliseconds)
    socket.once('close', () => clearTimeout(timeout))
  }
}

export interface DurationLimit {
  readonly milliseconds: number
  /** Extends the limit for large responses. */
  readonly bytesPerMillisecond: number
}

const checksPerLimit = 20

/** Destroys a response that the client receives too slowly, even if it never pauses for long. */
export function limitDuration(
  { socket }: IncomingMessage,
  response: ServerResponse,
  { milliseconds, bytesPerMillisecond }: DurationLimit,
): void {
  const bytesBefore = socket.bytesWritten
  let start: number | null = null
  const timer = setInterval(() => {
    if (!response.headersSent || response.getHeader('content-type') === 'text/event-stream') return
    start ??= performance.now()
    const bytes = socket.bytesWritten - socket.writableLength - bytesBefore
    if (performance.now() > start + milliseconds + bytes / bytesPerMillisecond) response.destroy()
  }, milliseconds / checksPerLimit)
  response.once('close', () => clearInterval(timer))
}
