import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { BadRequest, ClientDisconnected, PayloadTooLarge } from '../errors.ts'
import type { HttpRequest } from './request.ts'

/** Throws BAD_REQUEST if the body is not UTF-8: decoding it would replace bytes, and the loss would be stored. */
export async function readBody({ openBody, header }: HttpRequest, maxBytes: number): Promise<string> {
  if (Number(header('content-length')) > maxBytes) throw new PayloadTooLarge(maxBytes)
  const bytes = await readBytes(openBody(), maxBytes)
  if (!isUtf8(bytes)) throw new BadRequest('The request body is not valid UTF-8. Encode it as UTF-8.')
  return bytes.toString()
}

function readBytes(body: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // A destroyed body emits no further events.
    if (body.destroyed) return reject(new ClientDisconnected())
    const chunks: Buffer[] = []
    let length = 0
    body.on('data', function add(chunk: Buffer) {
      length += chunk.length
      if (length <= maxBytes) return chunks.push(chunk)
      // Destroying the body would reset the connection before the response is sent.
      body.off('data', add).pause()
      reject(new PayloadTooLarge(maxBytes))
    })
    body.once('end', () => resolve(Buffer.concat(chunks)))
    const disconnect = () => body.readableEnded || reject(new ClientDisconnected())
    body.once('error', disconnect)
    body.once('close', disconnect)
  })
}
