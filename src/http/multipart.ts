import { isUtf8 } from 'node:buffer'
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, statfs, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { Busboy, type Dicer } from '@fastify/busboy'
import { BadRequest, ClientDisconnected, PayloadTooLarge, Unavailable } from '../errors.ts'
import { requireUtf8 } from './content-type.ts'
import { createQuota, type Quota } from './quota.ts'
import type { Header, HttpRequest } from './request.ts'
import { Upload } from './upload.ts'

export const createUploadQuota = (): Quota =>
  createQuota({
    maxPerOwner: 2,
    maxTotal: 8,
    ownerMessage: 'You are already sending two requests with files, which is the limit.',
    totalMessage: 'The server is receiving as many requests with files as it can. Try again later.',
  })

interface FormLimits {
  readonly maxFieldBytes: number
  /** Of all files together. */
  readonly maxFileBytes: number
}

/** A form whose fields have been received, and whose files have not. Disposing it closes the files. */
export interface Form extends AsyncDisposable {
  readonly operations: string
  /** Puts the files into the variables, at the paths of the form's `map`. Throws if a path is invalid. */
  readonly putFiles: (parameters: object) => void
  /** Writes the files to disk, in constant memory. */
  readonly receiveFiles: () => Promise<void>
}

interface FieldPart {
  readonly kind: 'field'
  readonly name: string
  readonly value: string
}

interface FilePart {
  readonly kind: 'file'
  readonly name: string
  readonly fileName: string | undefined
  readonly stream: Readable
}

type Files = ReadonlyMap<string, Upload>
type FileMap = Readonly<Record<string, readonly string[]>>

const maxFiles = 5
/** Headers of parts. */
const maxOverheadBytes = 100_000
// The embedded database may be on the same disk.
const minFreeBytes = 128_000_000
const bytesPerSpaceCheck = 1_000_000

/** Reads the fields `operations` and `map`, which precede the files. */
export async function openForm(request: HttpRequest, limits: FormLimits): Promise<Form> {
  const contentLength = Number(request.header('content-length') ?? 0)
  if (contentLength > maxFormBytes(limits)) throw new PayloadTooLarge(limits.maxFileBytes)
  await requireSpace(contentLength)
  const signal = request.disconnection()
  const parts = readParts(request, limits, signal)
  const iterator: AsyncIterator<FieldPart | FilePart> = parts[Symbol.asyncIterator]()
  try {
    const fields = new Map<string, string>()
    let { value: part } = await iterator.next()
    for (; part?.kind === 'field'; { value: part } = await iterator.next()) fields.set(part.name, part.value)
    const operations = fields.get('operations')
    if (operations === undefined) throw malformedRequest('has no field `operations` before its files')
    const map = parseMap(fields.get('map'))
    if (!part) throw malformedRequest('has no files: send `application/json` instead')
    const files: Files = new Map(Object.keys(map).map((name) => [name, new Upload(signal)]))
    uploadOf(part.name, files)
    return {
      operations,
      putFiles: (parameters) => putFiles(parameters, map, files),
      async receiveFiles() {
        for (; part; { value: part } = await iterator.next()) {
          if (part.kind === 'field') throw malformedRequest(`has a field \`${part.name}\` after its files`)
          await store(part, files).catch((error) => {
            throw parts.errored ?? error
          })
        }
        for (const [name, { isStored }] of files) if (!isStored) throw malformedRequest(`has no file \`${name}\``)
      },
      async [Symbol.asyncDispose]() {
        parts.destroy()
        for (const file of files.values()) if (file.isStored) await file.stored.handle.close()
      },
    }
  } catch (error) {
    parts.destroy()
    throw error
  }
}

const maxFormBytes = ({ maxFieldBytes, maxFileBytes }: FormLimits) =>
  maxFileBytes + 2 * maxFieldBytes + maxOverheadBytes

/** Returns a stream of parts. The body pauses at a file until its stream is read. Destroying it leaves the rest unread. */
function readParts({ header, openBody }: HttpRequest, limits: FormLimits, signal: AbortSignal): Readable {
  const { maxFieldBytes, maxFileBytes } = limits
  const parser = openParser(header, {
    fieldSize: maxFieldBytes,
    fields: 2,
    files: maxFiles,
    fileSize: maxFileBytes,
    parts: maxFiles + 2,
  })
  const body = openBody()
  const fileStreams: Readable[] = []
  const parts = new Readable({
    objectMode: true,
    read() {},
    destroy(error, onDone) {
      body.unpipe(parser)
      // After an error the parser leaves file streams open.
      for (const stream of fileStreams) stream.destroy()
      onDone(error)
    },
  })
  const add = (part: FieldPart | FilePart) => void parts.push(part)
  const fail = (error: Error) => void parts.destroy(error)
  const failAsMalformed = (error: unknown) =>
    fail(malformedRequest(`cannot be read: ${error instanceof Error ? error.message : error}`))
  const failAsDisconnected = () => fail(new ClientDisconnected())
  // An error event without a listener would end the process.
  parts.on('error', () => {})

  partsOf(parser).prependListener('part', (part) =>
    part.once('header', (header: PartHeader) => {
      const [type] = header['content-type'] ?? []
      if (type === undefined) return
      try {
        requireUtf8(type)
      } catch (error) {
        fail(error as Error)
      }
      // Without a charset, Busboy returns the bytes of a field as Latin-1.
      header['content-type'] = [type.replace(/;.*/s, '')]
    }),
  )
  parser.on('field', (name, value, _nameCut, valueCut) => {
    if (valueCut) return fail(new PayloadTooLarge(maxFieldBytes))
    const bytes = Buffer.from(value, 'latin1')
    if (!isUtf8(bytes)) return fail(malformedRequest(`has a field \`${name}\` that is not valid UTF-8`))
    add({ kind: 'field', name, value: bytes.toString() })
  })
  parser.on('file', (name, stream, fileName) => {
    fileStreams.push(stream)
    stream.on('error', failAsMalformed)
    stream.on('limit', () => fail(new PayloadTooLarge(maxFileBytes)))
    if (isMisdecoded(fileName)) fail(malformedRequest('has a file name that is not valid UTF-8'))
    if (parts.destroyed) stream.destroy()
    else add({ kind: 'file', name, fileName, stream })
  })
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
    parser.on(limit, () =>
      fail(malformedRequest(`has too many parts: send \`operations\`, \`map\` and at most ${maxFiles} files`)),
    )
  parser.on('error', failAsMalformed)
  parser.on('finish', () => parts.push(null))

  let bytes = 0
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxFormBytes(limits)) fail(new PayloadTooLarge(maxFileBytes))
  })
  body.once('error', failAsDisconnected)
  signal.addEventListener('abort', failAsDisconnected)
  if (signal.aborted) failAsDisconnected()
  else body.pipe(parser)
  return parts
}

async function store({ name, fileName, stream }: FilePart, files: Files): Promise<void> {
  const file = uploadOf(name, files)
  if (file.isStored) throw malformedRequest(`has two files \`${name}\``)
  try {
    const handle = await openUnnamed()
    file.store({ handle, name: nameOf(fileName) })
    let uncheckedBytes = 0
    for await (const chunk of stream) {
      uncheckedBytes += chunk.length
      if (uncheckedBytes >= bytesPerSpaceCheck) {
        await requireSpace(uncheckedBytes)
        uncheckedBytes = 0
      }
      // `write` may write only part of a chunk to an almost full disk, without an error.
      await handle.appendFile(chunk)
    }
  } catch (error) {
    throw error instanceof Unavailable ? error : cannotStore(error)
  }
}

function uploadOf(part: string, files: Files): Upload {
  const file = files.get(part)
  if (!file) throw malformedRequest(`has a file part \`${part}\` that is not referenced in \`map\``)
  return file
}

/** Throws UNAVAILABLE if the bytes would not leave enough space on the disk. */
async function requireSpace(bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir()).catch((error) => {
    throw cannotStore(error)
  })
  if (bavail * bsize - bytes < minFreeBytes) throw cannotStore(new Error(`The disk of ${tmpdir()} is almost full.`))
}

const cannotStore = (cause: unknown) =>
  new Unavailable('The server cannot store files at the moment. Try again later.', cause)

type PartHeader = Record<string, string[] | undefined>

/** The events of Busboy do not contain the headers of the parts. */
const partsOf = (parser: object) => (parser as { readonly _parser: { readonly parser: Dicer } })._parser.parser

/** The parser decodes invalid UTF-8 as U+FFFD. */
const isMisdecoded = (text: string | undefined) => text?.includes('\ufffd') ?? false

/** Removes directories, control characters and lone surrogates. At most 255 UTF-16 code units. */
const nameOf = (fileName: string | undefined) =>
  basename((fileName ?? '').replaceAll('\\', '/'))
    .slice(0, 255)
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, '') || 'file'

/** Opens a new file that is deleted when it is closed or the process ends. */
async function openUnnamed(): Promise<FileHandle> {
  const path = join(tmpdir(), `snaglist-${randomUUID()}`)
  const handle = await open(path, 'wx+', 0o600)
  await unlink(path).catch(async (error: unknown) => {
    await handle.close()
    throw error
  })
  return handle
}

function openParser(header: Header, limits: object) {
  try {
    return new Busboy({ headers: { 'content-type': header('content-type') ?? '' }, limits, defCharset: 'latin1' })
  } catch {
    throw malformedRequest('has no boundary in its content type')
  }
}

function parseMap(text: string | undefined): FileMap {
  try {
    const map: unknown = JSON.parse(text ?? '')
    const isValid =
      typeof map === 'object' &&
      map !== null &&
      Object.values(map).every((paths) => Array.isArray(paths) && paths.every((path) => typeof path === 'string'))
    if (isValid) return map as FileMap
  } catch {}
  throw malformedRequest('has no field `map` that assigns files to variables, such as {"0": ["variables.input.file"]}')
}

function putFiles(parameters: object, map: FileMap, files: Files): void {
  for (const [name, paths] of Object.entries(map))
    for (const path of paths) {
      const steps = path.split('.')
      const last = steps.pop() ?? ''
      const parent = steps.reduce<unknown>(
        (value, step) => (isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined),
        parameters,
      )
      if (steps[0] !== 'variables' || !isObject(parent) || parent[last] !== null)
        throw malformedRequest(`has no null at \`${path}\` to replace with the file \`${name}\``)
      parent[last] = files.get(name)
    }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const malformedRequest = (problem: string) => new BadRequest(`The multipart request ${problem}.`)
