import { pino } from 'pino'
import { createApp } from '../app.ts'
import { startSession } from '../auth/token.actions.ts'
import { createViewerCache } from '../auth/viewer.cache.ts'
import type { Config } from '../config.ts'
import { type CommandContext, UsageError } from './command.ts'
import { withDatabase } from './database.ts'
import { type Send, withToken } from './send.ts'

/** The client calls an app in this process that uses the configured database, signed in as an ADMIN. */
export function withLocalClient(
  username: string,
  context: CommandContext,
  work: (send: Send) => Promise<void>,
): Promise<void> {
  const alternative = (url: string) => `use --url ${url} --token TOKEN instead of --as`
  return withDatabase(context, { alternative }, async (database, config) => {
    const admin = await database.prisma.user.findUnique({ where: { username, role: 'ADMIN', active: true } })
    if (!admin)
      throw new UsageError(`"${username}" is not an active user with the role ADMIN of the database ${nameOf(config)}.`)
    await using viewerCache = createViewerCache(database.db, null)
    const app = createApp({ config, database, viewerCache, log: pino({ level: 'silent' }) })
    const { secret } = await database.transaction((tx) => startSession(tx, admin.id))
    const send: Send = (path, init) => app.fetch(`http://localhost${path}`, withToken(secret, init))
    try {
      await work(send)
    } finally {
      await send('/graphql', signOut)
      await app.dispose()
    }
  })
}

/** Commands without the settings of the server use another database, such as that of the demo. */
const nameOf = ({ databaseUrl, dataDirectory }: Config) =>
  databaseUrl === null ? `in ${dataDirectory}` : new URL(databaseUrl).pathname.slice(1)

const signOut: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"query":"mutation { signOut { __typename } }"}',
}
