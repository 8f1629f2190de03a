import { pino } from 'pino'
import { createApp } from '../app.ts'
import { createCallers } from '../auth/caller.cache.ts'
import { startSession } from '../auth/token.actions.ts'
import { CommandFailed, UsageError, withDatabase } from './command.ts'

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

/** Asks a server for a path below its root; the caller is signed in. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>

/** Runs work that asks a server: the one at the URL, or one in this process over the configured database. */
export async function withClient({ url, token, as }: ClientOptions, work: (ask: Ask) => Promise<void>): Promise<void> {
  if (url !== undefined) {
    if (!URL.canParse(url)) throw new UsageError(`--url ${url} is no URL such as http://localhost:4000.`)
    if (token === undefined) throw new UsageError('Say who asks: --token TOKEN. `snaglist token` makes one.')
    const root = new URL(url).origin
    await work((path, init) => asked(fetch(root + path, signed(token, init)), root))
    return
  }
  if (as === undefined)
    throw new UsageError('Say where: --url and --token for a server, or --as ADMIN for the configured database.')
  await withDatabase(async (database, config) => {
    const username = as.toLowerCase()
    const admin = await database.prisma.user.findUnique({ where: { username, role: 'ADMIN', active: true } })
    if (!admin) throw new UsageError(`There is no active ADMIN ${username}.`)
    await using callers = createCallers(database.db, null)
    const app = createApp({ config, database, callers, log: pino({ level: 'silent' }) })
    const { secret } = await database.transaction((tx) => startSession(tx, admin.id))
    try {
      await work((path, init) => app.fetch(`http://localhost${path}`, signed(secret, init)))
    } finally {
      await app.fetch('http://localhost/graphql', signed(secret, graphqlRequest('mutation { signOut { __typename } }')))
      await app.dispose()
    }
  })
}

/** A request for a document of GraphQL. */
const graphqlRequest = (query: string, variables: object = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query, variables }),
})

function signed(token: string, init: RequestInit = {}): RequestInit {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${token}`)
  return { ...init, headers }
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
