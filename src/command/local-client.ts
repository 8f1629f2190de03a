import { pino } from 'pino'
import { createApp } from '../app.ts'
import { startSession } from '../auth/token.actions.ts'
import { createViewerCache } from '../auth/viewer.cache.ts'
import { type Ask, signed } from './ask.ts'
import { type Io, UsageError } from './command.ts'
import { withDatabase } from './database.ts'

/** Runs work that asks a server in this process, over the configured database, as one of its admins. */
export function withLocalClient(username: string, io: Io, work: (ask: Ask) => Promise<void>): Promise<void> {
  return withDatabase(io, async (database, config) => {
    const admin = await database.prisma.user.findUnique({ where: { username, role: 'ADMIN', active: true } })
    if (!admin) throw new UsageError(`There is no active ADMIN ${username}.`)
    await using viewerCache = createViewerCache(database.db, null)
    const app = createApp({ config, database, viewerCache, log: pino({ level: 'silent' }) })
    const { secret } = await database.transaction((tx) => startSession(tx, admin.id))
    const ask: Ask = (path, init) => app.fetch(`http://localhost${path}`, signed(secret, init))
    try {
      await work(ask)
    } finally {
      await ask('/graphql', signOut)
      await app.dispose()
    }
  })
}

const signOut: RequestInit = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"query":"mutation { signOut { __typename } }"}',
}
