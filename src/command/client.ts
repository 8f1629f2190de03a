import { type Ask, signed } from './ask.ts'
import { CommandFailed, type Io, UsageError } from './command.ts'

/** Where a command works: on a server, or on the configured database as one of its admins. */
export const clientOptions = {
  url: { type: 'string' },
  token: { type: 'string' },
  as: { type: 'string' },
} as const

export interface ClientOptions {
  readonly url?: string | undefined
  readonly token?: string | undefined
  readonly as?: string | undefined
}

/** Runs work that asks a server: the one at the URL, or one in this process over the configured database. */
export async function withClient(
  { url, token, as }: ClientOptions,
  io: Io,
  work: (ask: Ask) => Promise<void>,
): Promise<void> {
  if (url !== undefined) {
    if (!URL.canParse(url)) throw new UsageError(`--url ${url} is no URL such as http://localhost:4000.`)
    if (token === undefined) throw new UsageError('Say who asks: --token TOKEN. `snaglist token` makes one.')
    const root = new URL(url).origin
    await work((path, init) => asked(fetch(root + path, signed(token, init)), root))
    return
  }
  if (as === undefined)
    throw new UsageError('Say where: --url and --token for a server, or --as ADMIN for the configured database.')
  // The schema and the database are needed only here.
  const { withLocalClient } = await import('./local-client.ts')
  await withLocalClient(as.toLowerCase(), io, work)
}

const asked = (response: Promise<Response>, root: string) =>
  response.catch((error) => {
    throw new CommandFailed(`${root} does not answer: ${error.cause?.message ?? error.message}`)
  })

interface Answer {
  readonly data?: unknown
  readonly errors?: readonly { readonly message: string }[]
}

/** The data of an answer of the API; throws what its errors say. */
export async function dataOf<Data>(response: Response): Promise<Data> {
  const text = await response.text()
  let answer: Answer
  try {
    answer = JSON.parse(text)
  } catch {
    throw new CommandFailed(`The server answers ${response.status}, and no JSON.`)
  }
  if (answer.errors?.length) throw new CommandFailed(answer.errors.map(({ message }) => message).join('\n'))
  return answer.data as Data
}
