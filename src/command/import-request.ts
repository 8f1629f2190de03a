import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { importDocument } from '../graphql/import-document.ts'

/** Creates a multipart request that streams the file. `onSent` receives the number of bytes of each chunk. */
export function importRequest(file: string, input: object, onSent: (bytes: number) => void): RequestInit {
  const boundary = `snaglist-${crypto.randomUUID()}`
  const part = (name: string, rest: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${rest}\r\n\r\n`
  const fileName = basename(file).replaceAll(/["\r\n]/g, '_')
  async function* body() {
    yield `${part('operations', '')}${JSON.stringify({ query: importDocument, variables: { input } })}\r\n`
    yield `${part('map', '')}{"0":["variables.input.file"]}\r\n`
    yield `${part('0', `; filename="${fileName}"\r\ncontent-type: text/csv`)}`
    for await (const chunk of createReadStream(file)) {
      yield chunk
      onSent(chunk.length)
    }
    yield `\r\n--${boundary}--\r\n`
  }
  return {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Readable.toWeb(Readable.from(body())) as BodyInit,
    duplex: 'half',
  } as RequestInit
}
