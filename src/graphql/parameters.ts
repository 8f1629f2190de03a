import type { Context } from '../context.ts'
import { requireViewer } from '../context.ts'
import { BadRequest, ReadOnlyToken, Unauthenticated } from '../errors.ts'
import { createBodyQuota, readBody } from '../http/body.ts'
import { isMultipart, requireJson, requireUncompressed, requireUtf8 } from '../http/content-type.ts'
import { createUploadQuota, type Form, openForm } from '../http/multipart.ts'
import type { Quota } from '../http/quota.ts'
import type { HttpRequest } from '../http/request.ts'
import { checkParameterLimits } from './document-limits.ts'

/** https://graphql.github.io/graphql-over-http/draft/#sec-Request-Parameters */
export interface Parameters {
  readonly query: string
  readonly variables?: Readonly<Record<string, unknown>> | null
  readonly operationName?: string | null
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
  if (method === 'GET') {
    // CSRF: links and images of other origins cannot send this header.
    if (!header('authorization'))
      throw new Unauthenticated(
        'A GET request requires a token: send it as "Authorization: Bearer snag_…", or use POST.',
        401,
      )
    return withoutFiles(parseQueryString(request.search))
  }
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
  for (const name of ['query', 'operationName', 'variables', 'extensions'])
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
  if (Array.isArray(parameters)) throw new BadRequest('Batching is not supported.')
  if (!isObject(parameters))
    throw new BadRequest(`POST body is expected to be object but received ${typeOf(parameters)}`)
  return checkParameters(parameters)
}

/** Ignores other members, which the specification reserves for future parameters. */
function checkParameters(parameters: Readonly<Record<string, unknown>>): Parameters {
  const { query, variables, operationName, extensions } = parameters
  if (query === undefined || query === null) throw new BadRequest('Must provide query string.')
  if (typeof query !== 'string')
    throw new BadRequest(`Expected "query" param to be a string, but given ${typeOf(query)}.`)
  for (const [name, value] of Object.entries({ variables, extensions }))
    if (value !== undefined && value !== null && !isObject(value))
      throw new BadRequest(`Expected "${name}" param to be empty or an object, but given ${typeOf(value)}.`)
  if (operationName !== undefined && operationName !== null && typeof operationName !== 'string')
    throw new BadRequest(`Expected "operationName" param to be a string, but given ${typeOf(operationName)}.`)
  checkParameterLimits({ query, variables })
  return { query, variables: variables as Parameters['variables'] & object, operationName: operationName ?? null }
}

const typeOf = (value: unknown) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
