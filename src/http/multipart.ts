import { randomUUID } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Busboy } from '@fastify/busboy'
import { GraphQLError } from 'graphql'
import { CallerGone, PayloadTooLarge, Unavailable } from '../errors.ts'
import { type Header, type Parameters, parametersOf } from './shortcut.ts'
import { Upload } from './upload.ts'

/** Whether a request brings files, as in the GraphQL multipart request specification (jaydenseric, version 2). */
export const hasFiles = (method: string | undefined, header: Header): boolean =>
  method === 'POST' && /^multipart\/form-data(;|$)/i.test(header('content-type') ?? '')

/** A request with its files, which are gone when it is disposed of. */
interface Received extends AsyncDisposable {
  /** What the request asks for without its files, as JSON. */
  readonly body: string
  readonly parameters: Parameters | null
  /** Why the request is refused, if it is. */
  readonly refusal: unknown
}

interface ReceiveOptions {
  readonly maxBodyBytes: number
  readonly maxFileBytes: number
  readonly signal: AbortSignal
  /** Why the request is refused before it is read, if it is. */
  readonly refusal: unknown
}

const maxFiles = 5

/** Takes a request with files in, in constant memory. Its faults are told as what it is refused for. */
export async function receiveFiles(header: Header, request: Readable, options: ReceiveOptions): Promise<Received> {
  if (options.refusal) {
    request.resume()
    return refused(options.refusal)
  }
  const files = new Map<string, Upload>()
  const close = async () => {
    for (const { handle } of files.values()) await handle.close()
  }
  try {
    const { operations, map } = await readParts(header, request, files, options)
    const parameters = parametersOf(operations)
    if (parameters) putFiles(parameters, map, files)
    return { body: operations, parameters, refusal: null, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    request.resume()
    return refused(error)
  }
}

// Yoga words the refusal, and wants to be asked for something.
const refused = (refusal: unknown): Received => ({
  body: '{"query":"{__typename}"}',
  parameters: null,
  refusal,
  [Symbol.asyncDispose]: async () => {},
})

interface Parts {
  readonly operations: string
  readonly map: Readonly<Record<string, readonly string[]>>
}

async function readParts(
  header: Header,
  request: Readable,
  files: Map<string, Upload>,
  { maxBodyBytes, maxFileBytes, signal }: ReceiveOptions,
): Promise<Parts> {
  const fields = new Map<string, string>()
  const written: Promise<void>[] = []
  const incoming: Readable[] = []
  const full = new AbortController()
  let fault: unknown = null
  const limits = { fieldSize: maxBodyBytes, fields: 2, files: maxFiles, fileSize: maxFileBytes, parts: maxFiles + 2 }
  const parser = openParser(header, limits)
  parser.on('field', (name, value, _nameCut, valueCut) => {
    if (valueCut) fault ??= new PayloadTooLarge(maxBodyBytes)
    fields.set(name, value)
  })
  parser.on('file', (name, file, fileName) => {
    incoming.push(file)
    // Heard from the start: an error that nobody hears ends the process.
    file.on('error', (error) => {
      fault ??= malformed(`cannot be read: ${error.message}`)
      file.destroy()
    })
    file.on('limit', () => {
      fault ??= new PayloadTooLarge(maxFileBytes)
    })
    const save = async () => {
      const handle = await openUnnamed()
      const same = files.get(name)
      if (same) fault ??= malformed(`has two files \`${name}\``)
      await same?.handle.close()
      files.set(name, new Upload(handle, nameOf(fileName), signal))
      // Not `write`, which on a disk that is almost full writes a part, and tells no error.
      for await (const chunk of file) await handle.appendFile(chunk)
    }
    written.push(
      save().catch((error: unknown) => {
        fault ??= new Unavailable('The server cannot store files now. Try again in a moment.', error)
        full.abort()
      }),
    )
  })
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
    parser.on(limit, () => {
      fault ??= malformed('has more parts than operations, map and the files')
    })
  try {
    await pipeline(request, parser, { signal: AbortSignal.any([signal, full.signal]) })
  } catch (error) {
    fault ??= signal.aborted
      ? new CallerGone()
      : malformed(error instanceof Error ? `cannot be read: ${error.message}` : '')
    // The parser leaves them open, and whoever reads them waiting.
    for (const file of incoming) file.destroy()
  }
  await Promise.all(written)
  if (fault) throw fault
  if (files.size === 0) throw malformed('has no files: send it as application/json')
  const operations = fields.get('operations')
  if (operations === undefined) throw malformed('has no field `operations`')
  return { operations, map: parseMap(fields.get('map')) }
}

/** The name of a file, without the folders it was in and what no text can hold. */
const nameOf = (given: string | undefined) =>
  basename((given ?? '').replaceAll('\\', '/'))
    .slice(0, 255)
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, '') || 'file'

/** A new file without a name, which is gone once it is closed, however this process ends. */
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
    throw malformed('has no boundary')
  }
}

function parseMap(text: string | undefined): Parts['map'] {
  try {
    const map: unknown = JSON.parse(text ?? '')
    const fits =
      typeof map === 'object' &&
      map !== null &&
      Object.values(map).every((paths) => Array.isArray(paths) && paths.every((path) => typeof path === 'string'))
    if (fits) return map as Parts['map']
  } catch {}
  throw malformed('has no field `map` that says which variables are which files')
}

/** Puts files where the map says: at paths such as "variables.input.file". Every file has its place. */
function putFiles(parameters: Parameters, map: Parts['map'], files: ReadonlyMap<string, Upload>): void {
  for (const name of files.keys()) if (!map[name]?.length) throw malformed(`has a file \`${name}\` that goes nowhere`)
  for (const [name, paths] of Object.entries(map))
    for (const path of paths) {
      const file = files.get(name)
      if (!file) throw malformed(`has no file \`${name}\``)
      const steps = path.split('.')
      const last = steps.pop() ?? ''
      const holder = steps.reduce<unknown>(
        (value, step) => (isHolder(value) && Object.hasOwn(value, step) ? value[step] : undefined),
        parameters,
      )
      if (steps[0] !== 'variables' || !isHolder(holder) || holder[last] !== null)
        throw malformed(`has no null at ${path}, where the file \`${name}\` is to go`)
      holder[last] = file
    }
}

const isHolder = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const malformed = (what: string) =>
  new GraphQLError(`The multipart request ${what}.`, { extensions: { code: 'BAD_REQUEST', http: { status: 400 } } })
