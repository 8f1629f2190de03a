import { type CommandContext, CommandError, UsageError } from './command.ts'
import { type Send, withToken } from './send.ts'

export interface ClientOptions {
  readonly url?: string | undefined
  readonly token?: string | undefined
  readonly as?: string | undefined
}

/** Without a URL, the client calls an app in this process that uses the configured database. */
export async function withClient(
  { url, token, as }: ClientOptions,
  context: CommandContext,
  work: (send: Send) => Promise<void>,
): Promise<void> {
  if (url !== undefined) {
    if (!/^https?:\/\//.test(url) || !URL.canParse(url))
      throw new UsageError(`--url must be a URL such as http://localhost:4000 (got "${url}").`)
    if (token === undefined)
      throw new UsageError(
        '--url requires --token TOKEN. Create a token with the mutation `createAccessToken`, or with `snaglist token` on that server.',
      )
    const root = new URL(url).origin
    await work((path, init) => withConnectionError(fetch(root + path, withToken(token, init)), root))
    return
  }
  if (as === undefined)
    throw new UsageError(
      'Specify a server with --url URL --token TOKEN, or the configured database with --as USERNAME, an ADMIN.',
    )
  // Imported here, because the schema and the database load slowly.
  const { withLocalClient } = await import('./local-client.ts')
  await withLocalClient(as.toLowerCase(), context, work)
}

const withConnectionError = (response: Promise<Response>, root: string) =>
  response.catch((error) => {
    throw new CommandError(`${root} does not respond: ${error.cause?.message ?? error.message}. Check --url.`)
  })

interface Result {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string }[]
}

/** Returns the data of a response. Throws CommandError with the messages of its errors. */
export async function dataOf<Data>(response: Response): Promise<Data> {
  const text = await response.text()
  let result: Result
  try {
    result = JSON.parse(text)
  } catch {
    throw new CommandError(`The server returned status ${response.status} without JSON. Check --url.`)
  }
  if (result.errors?.length) throw new CommandError(result.errors.map(({ message }) => message).join('\n'))
  return result.data as Data
}
