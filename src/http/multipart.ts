import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy } from '@fastify/busboy'
import { BadRequest, ClientDisconnected, PayloadTooLarge, Unavailable } from '../errors.ts'
import type { Header, HttpRequest } from './request.ts'
import { Upload } from './upload.ts'

interface FileLimits {
  readonly maxBodyBytes: number
  readonly maxFileBytes: number
}

interface ReceivedForm extends AsyncDisposable {
  readonly operations: string
  /** Puts the files into the variables, at the paths of the form's `map`. Throws if a path is invalid. */
  readonly putFiles: (parameters: object) => void
}

const maxFiles = 5

/** Writes files to disk, in constant memory. */
export async function receiveFiles(request: HttpRequest, limits: FileLimits): Promise<ReceivedForm> {
  const files = new Map<string, Upload>()
  const close = async () => {
    for (const { handle } of files.values()) await handle.close()
  }
  try {
    const { operations, map } = await readParts(request, files, limits)
    return { operations, putFiles: (parameters) => putFiles(parameters, map, files), [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    // Clients read the response only after they have sent the body.
    request.body.resume()
    throw error
  }
}

interface Parts {
  readonly operations: string
  readonly map: Readonly<Record<string, readonly string[]>>
}

async function readParts(
  { header, body, disconnection }: HttpRequest,
  files: Map<string, Upload>,
  { maxBodyBytes, maxFileBytes }: FileLimits,
): Promise<Parts> {
  const signal = disconnection()
  const fields = new Map<string, string>()
  const writes: Promise<void>[] = []
  const fileStreams: Readable[] = []
  const storageFailure = new AbortController()
  let error: unknown = null
  const limits = { fieldSize: maxBodyBytes, fields: 2, files: maxFiles, fileSize: maxFileBytes, parts: maxFiles + 2 }
  const parser = openParser(header, limits)
  parser.on('field', (name, value, _nameCut, valueCut) => {
    if (valueCut) error ??= new PayloadTooLarge(maxBodyBytes)
    if (isMisdecoded(value)) error ??= malformedRequest(`has a field \`${name}\` that is not valid UTF-8`)
    fields.set(name, value)
  })
  parser.on('file', (name, file, fileName) => {
    fileStreams.push(file)
    if (isMisdecoded(fileName)) error ??= malformedRequest('has a file name that is not valid UTF-8')
    // An error event without a listener would end the process.
    file.on('error', ({ message }) => {
      error ??= malformedRequest(`cannot be read: ${message}`)
      file.destroy()
    })
    file.on('limit', () => {
      error ??= new PayloadTooLarge(maxFileBytes)
    })
    const save = async () => {
      const handle = await openUnnamed()
      const duplicate = files.get(name)
      if (duplicate) error ??= malformedRequest(`has two files \`${name}\``)
      await duplicate?.handle.close()
      files.set(name, new Upload(handle, nameOf(fileName), signal))
      // `write` may write only part of a chunk to an almost full disk, without an error.
      for await (const chunk of file) await handle.appendFile(chunk)
    }
    writes.push(
      save().catch((cause: unknown) => {
        error ??= new Unavailable('The server cannot store files at the moment. Try again later.', cause)
        storageFailure.abort()
      }),
    )
  })
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
    parser.on(limit, () => {
      error ??= malformedRequest(`has too many parts: send \`operations\`, \`map\` and at most ${maxFiles} files`)
    })
  try {
    await pipeline(body, parser, { signal: AbortSignal.any([signal, storageFailure.signal]) })
  } catch (cause) {
    error ??= signal.aborted
      ? new ClientDisconnected()
      : malformedRequest(cause instanceof Error ? `cannot be read: ${cause.message}` : 'cannot be read')
    // After an error the parser leaves file streams open.
    for (const file of fileStreams) file.destroy()
  }
  await Promise.all(writes)
  if (error) throw error
  if (files.size === 0) throw malformedRequest('has no files: send `application/json` instead')
  const operations = fields.get('operations')
  if (operations === undefined) throw malformedRequest('has no field `operations`')
  return { operations, map: parseMap(fields.get('map')) }
}

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
  await unlink(path)
  return handle
}

function openParser(header: Header, limits: object) {
  try {
    return new Busboy({ headers: { 'content-type': header('content-type') ?? '' }, limits })
  } catch {
    throw malformedRequest('has no boundary in its content type')
  }
}

function parseMap(text: string | undefined): Parts['map'] {
  try {
    const map: unknown = JSON.parse(text ?? '')
    const isValid =
      typeof map === 'object' &&
      map !== null &&
      Object.values(map).every((paths) => Array.isArray(paths) && paths.every((path) => typeof path === 'string'))
    if (isValid) return map as Parts['map']
  } catch {}
  throw malformedRequest('has no field `map` that assigns files to variables, such as {"0": ["variables.input.file"]}')
}

function putFiles(parameters: object, map: Parts['map'], files: ReadonlyMap<string, Upload>): void {
  for (const name of files.keys())
    if (!map[name]?.length) throw malformedRequest(`has a file part \`${name}\` that is not referenced in \`map\``)
  for (const [name, paths] of Object.entries(map))
    for (const path of paths) {
      const file = files.get(name)
      if (!file) throw malformedRequest(`has no file \`${name}\``)
      const steps = path.split('.')
      const last = steps.pop() ?? ''
      const parent = steps.reduce<unknown>(
        (value, step) => (isObject(value) && Object.hasOwn(value, step) ? value[step] : undefined),
        parameters,
      )
      if (steps[0] !== 'variables' || !isObject(parent) || parent[last] !== null)
        throw malformedRequest(`has no null at \`${path}\` to replace with the file \`${name}\``)
      parent[last] = file
    }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const malformedRequest = (problem: string) => new BadRequest(`The multipart request ${problem}.`)
