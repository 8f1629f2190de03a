import type { Context } from '../context.ts'
import { requireViewer } from '../context.ts'
import { BadRequest, BatchingNotSupported, ReadOnlyToken } from '../errors.ts'
import { createBodyQuota, readBody } from '../http/body.ts'
import { isMultipart, requireJson, requireUncompressed, requireUtf8 } from '../http/content-type.ts'
import { createUploadQuota, type Form, openForm } from '../http/multipart.ts'
import type { Quota } from '../http/quota.ts'
import type { HttpRequest } from '../http/request.ts'
import { checkParameterLimits } from './document-limits.ts'

/** https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters */
export interface Parameters {
  readonly query: string | null
  /** https://github.com/graphql/graphql-over-http/pull/264 */
  readonly documentId?: string | null
  readonly persistedQuery?: PersistedQuery | null
  readonly variables?: Readonly<Record<string, unknown>> | null
  readonly operationName?: string | null
}

/** Extension of automatic persisted queries. */
interface PersistedQuery {
  readonly version: unknown
  readonly sha256Hash: string
}

/** Disposing it closes the files in the variables. */
interface ReceivedParameters extends AsyncDisposable {
  readonly parameters: Parameters
  /** Its files are in the variables, but have not been received. */
  readonly form: Form | null
}

const maxBodyBytes = 1_000_000
const maxAnonymousBodyBytes = 64_000
/** Sufficient for a sign-in. */
const maxRefusedBodyBytes = 4000
const maxFileBytes = 1_000_000_000

export interface ParameterQuotas {
  readonly uploads: Quota
  readonly bodies: Quota
}

export const createParameterQuotas = (): ParameterQuotas => ({
  uploads: createUploadQuota(),
  bodies: createBodyQuota(),
})

/**
 * Reads a query string, a JSON body, or the fields of a form with files, which requires a token with scope WRITE. With a
 * refusal, throws it unless the body is short.
 */
export async function readParameters(
  request: HttpRequest,
  context: Context,
  { uploads, bodies }: ParameterQuotas,
  refusal: Error | null,
): Promise<ReceivedParameters> {
  const { method, header } = request
  if (method === 'GET') return withoutFiles(parseQueryString(request.search))
  if (method !== 'POST')
    throw new BadRequest('GraphQL only supports GET and POST requests.', {
      status: 405,
      headers: { allow: 'GET, POST' },
    })
  requireUncompressed(request)
  requireUtf8(header('content-type'))
  if (isMultipart(request)) {
    const { id } = requireViewer(context)
    if (context.token?.scope === 'READ') throw new ReadOnlyToken()
    await using resources = new AsyncDisposableStack()
    resources.defer(uploads(`user ${id}`))
    const form = resources.use(await openForm(request, { maxFieldBytes: maxBodyBytes, maxFileBytes }))
    const parameters = parseParameters(form.operations)
    form.putFiles(parameters)
    const received = resources.move()
    return { parameters, form, [Symbol.asyncDispose]: () => received.disposeAsync() }
  }
  requireJson(request)
  const maxBytes = context.viewer ? maxBodyBytes : refusal ? maxRefusedBodyBytes : maxAnonymousBodyBytes
  const owner = context.viewer ? `user ${context.viewer.id}` : `address ${context.address}`
  const body = await readBody(request, maxBytes, (bytes) => bodies(owner, bytes)).catch((error: unknown) => {
    throw refusal ?? error
  })
  return withoutFiles(parseParameters(body))
}

const withoutFiles = (parameters: Parameters): ReceivedParameters => ({
  parameters,
  form: null,
  [Symbol.asyncDispose]: async () => {},
})

function parseQueryString(search: string): Parameters {
  const values = new URLSearchParams(search)
  for (const name of ['query', 'documentId', 'operationName', 'variables', 'extensions'])
    if (values.getAll(name).length > 1) throw new BadRequest(`The parameter "${name}" must not be repeated.`)
  const json = (name: string) => {
    const text = values.get(name)
    try {
      return text ? (JSON.parse(text) as unknown) : undefined
    } catch {
      throw new BadRequest(`The parameter "${name}" is not valid JSON.`)
    }
  }
  return checkParameters({
    query: values.get('query') || undefined,
    documentId: values.get('documentId') || undefined,
    operationName: values.get('operationName') || undefined,
    variables: json('variables'),
    extensions: json('extensions'),
  })
}

function parseParameters(json: string): Parameters {
  let parameters: unknown
  try {
    parameters = JSON.parse(json)
  } catch {
    throw new BadRequest('POST body sent invalid JSON.')
  }
  if (Array.isArray(parameters)) throw new BatchingNotSupported(parameters.length)
  if (!isObject(parameters))
    throw new BadRequest(`POST body is expected to be object but received ${typeOf(parameters)}`)
  return checkParameters(parameters)
}

/** Ignores other members, which the specification reserves for future parameters. */
export function checkParameters(parameters: Readonly<Record<string, unknown>>): Parameters {
  const { query = null, documentId = null, variables, operationName, extensions } = parameters
  for (const [name, value] of Object.entries({ query, documentId, operationName }))
    if (value !== undefined && value !== null && typeof value !== 'string')
      throw new BadRequest(`Expected "${name}" param to be a string, but given ${typeOf(value)}.`)
  for (const [name, value] of Object.entries({ variables, extensions }))
    if (value !== undefined && value !== null && !isObject(value))
      throw new BadRequest(`Expected "${name}" param to be empty or an object, but given ${typeOf(value)}.`)
  const persistedQuery = readPersistedQuery(extensions as object | null | undefined)
  if (query === null && documentId === null && !persistedQuery) throw new BadRequest('Must provide query string.')
  if (documentId !== null && query !== null) throw new BadRequest('Send either "query" or "documentId".')
  checkParameterLimits({ query: (query as string | null) ?? '', variables })
  return {
    query,
    documentId,
    persistedQuery,
    variables,
    operationName: operationName ?? null,
  } as Parameters
}

function readPersistedQuery(extensions: object | null | undefined): PersistedQuery | null {
  const { persistedQuery = null } = (extensions ?? {}) as { persistedQuery?: unknown }
  if (persistedQuery === null) return null
  const { version, sha256Hash } = isObject(persistedQuery) ? persistedQuery : {}
  if (typeof sha256Hash !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256Hash))
    throw new BadRequest('"extensions.persistedQuery.sha256Hash" must be a SHA-256 in hexadecimal.')
  return { version, sha256Hash }
}

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
