import type { Logger } from 'pino'
import { demoAccounts, demoUsers, isDemo } from '../prisma/seed.ts'
import { startSession } from './auth/token.actions.ts'
import { type Config, isLoopback } from './config.ts'
import type { Server } from './server.ts'
import { hasUsers } from './user/user.loaders.ts'

/** The console message of a server outside of production. */
export async function welcomeText(server: Server, config: Config): Promise<string> {
  const { url, database } = server
  const text = (await isDemo(database.db))
    ? await demoText(server, config)
    : (await hasUsers(database.db))
      ? ''
      : `
  There are no accounts yet. The first user to sign up becomes ADMIN, in GraphiQL or with curl:
    ${curl(url, 'mutation { signUp(input: { username: "ada", name: "Ada", password: "choose your password" }) { token } }')}
`
  const origins = config.corsOrigins === 'localhost' ? localhostNote : ''
  return `\n  Snaglist is listening on ${url}/graphql\n${text}${origins}\n`
}

const localhostNote = `
  Pages of localhost can call this API, on any port. SNAGLIST_CORS_ORIGINS sets other origins.
`

/** Accounts of the demo and example requests. Only the console of this machine's developer shows a token. */
async function demoText({ url, database: { db } }: Server, { host, databaseUrl }: Config): Promise<string> {
  const examples = isLoopback(host)
    ? signedInExamples(url, (await startSession(db, demoUsers[0].id)).secret)
    : `  Sign in with curl:
    ${curl(url, 'mutation { signIn(input: { username: "ada", password: "snaglist-demo" }) { token } }')}`
  const setting =
    databaseUrl === null ? 'SNAGLIST_DEMO=0 and another SNAGLIST_DATA' : 'DATABASE_URL to another database'
  return `
${demoAccounts.replaceAll(/^/gm, '  ')}

${examples}

  This server contains demo data. For an empty server, set ${setting}.
`
}

const signedInExamples = (url: string, token: string) => `  GraphiQL, signed in as ${demoUsers[0].name}:
    ${url}/graphql#token=${token}

  Example request with curl:
    curl ${url}/graphql -H 'authorization: Bearer ${token}' -H 'content-type: application/json' \\
      -d '{"query":"{ tickets(first: 3) { totalCount nodes { key title status } } }"}'`

const curl = (url: string, query: string) =>
  `curl ${url}/graphql -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`

/** In production, the log has one JSON object per line and no tokens. */
export async function logWelcome({ url, database: { db } }: Server, log: Logger): Promise<void> {
  log.info({ url }, `listening on ${url}/graphql`)
  if (await isDemo(db)) log.warn('The database contains demo data: the passwords of its accounts are public.')
  else if (!(await hasUsers(db))) log.warn('There are no accounts yet. The first user to sign up becomes ADMIN.')
}
