import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { BadRequest, ClientDisconnected, PayloadTooLarge } from '../errors.ts'
import { createQuota, type Quota } from './quota.ts'
import type { HttpRequest } from './request.ts'

/** A user with large incomplete bodies can still send usual requests. */
const maxUncountedBytes = 16_000

/** Limits the memory for bodies that have not been received completely. */
export const createBodyQuota = (): Quota =>
  createQuota({
    maxPerOwner: 20_000_000,
    maxTotal: 100_000_000,
    ownerMessage: 'You have not completed 20 MB of other requests.',
    totalMessage: 'The server is receiving as many requests as it can. Try again later.',
  })

/** Throws BAD_REQUEST if the body is not UTF-8: decoding it would replace bytes, and the loss would be stored. */
export async function readBody(
  { openBody, header }: HttpRequest,
  maxBytes: number,
  countBytes: (bytes: number) => () => void,
): Promise<string> {
  const length = Number(header('content-length'))
  if (length > maxBytes) throw new PayloadTooLarge(maxBytes)
  using counts = new DisposableStack()
  const onChunk = (receivedBytes: number, newBytes: number) => {
    if (receivedBytes > maxUncountedBytes && receivedBytes !== length) counts.defer(countBytes(newBytes))
  }
  const bytes = await readBytes(openBody(), maxBytes, onChunk)
  if (!isUtf8(bytes)) throw new BadRequest('The request body is not valid UTF-8. Encode it as UTF-8.')
  // PowerShell writes a byte order mark, which JSON.parse rejects.
  return bytes.toString().replace(/^\ufeff/, '')
}

function readBytes(
  body: Readable,
  maxBytes: number,
  onChunk: (receivedBytes: number, newBytes: number) => void,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // A destroyed body emits no further events.
    if (body.destroyed) return reject(new ClientDisconnected())
    const chunks: Buffer[] = []
    let length = 0
    body.on('data', function add(chunk: Buffer) {
      length += chunk.length
      try {
        if (length > maxBytes) throw new PayloadTooLarge(maxBytes)
        onChunk(length, chunk.length)
        chunks.push(chunk)
      } catch (error) {
        // Destroying the body would reset the connection before the response is sent.
        body.off('data', add).pause()
        reject(error)
      }
    })
    body.once('end', () => resolve(Buffer.concat(chunks)))
    const disconnect = () => body.readableEnded || reject(new ClientDisconnected())
    body.once('error', disconnect)
    body.once('close', disconnect)
  })
}
