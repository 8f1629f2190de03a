import type { Readable } from 'node:stream'
import { ClientDisconnected, PayloadTooLarge } from '../errors.ts'
import type { HttpRequest } from './request.ts'

export async function readBody({ body, header }: HttpRequest, maxBytes: number): Promise<string> {
  if (Number(header('content-length')) > maxBytes) throw new PayloadTooLarge(maxBytes)
  return (await readBytes(body, maxBytes)).toString()
}

function readBytes(body: Readable, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // A destroyed body emits no further events.
    if (body.destroyed) return reject(new ClientDisconnected())
    const chunks: Buffer[] = []
    let length = 0
    body.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= maxBytes) return chunks.push(chunk)
      // Destroying the body would reset the connection before the response is sent.
      body.pause()
      reject(new PayloadTooLarge(maxBytes))
    })
    body.once('end', () => resolve(Buffer.concat(chunks)))
    const disconnect = () => body.readableEnded || reject(new ClientDisconnected())
    body.once('error', disconnect)
    body.once('close', disconnect)
  })
}
