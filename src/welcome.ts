import { demoPassword, demoUsers, isDemo } from '../prisma/seed.ts'
import { startSession } from './auth/token.actions.ts'
import type { Server } from './server.ts'
import { hasUsers } from './user/user.loaders.ts'

/** The console message of a server with demo data: its accounts and a link to GraphiQL. Null without demo data. */
export async function demoWelcome({ url, database: { db } }: Server): Promise<string | null> {
  if (!(await isDemo(db))) return null
  const { secret } = await startSession(db, demoUsers[0].id)
  const people = demoUsers.map(({ username, name, summary }) => `    ${username.padEnd(8)}${name}, ${summary}`)
  return `
  Snaglist is listening on ${url}/graphql

  Demo accounts, all with the password ${demoPassword}:
${people.join('\n')}

  GraphiQL, signed in as ${demoUsers[0].name}:
    ${url}/graphql#token=${secret}

  Example request with curl:
    curl ${url}/graphql -H 'authorization: Bearer ${secret}' -H 'content-type: application/json' \\
      -d '{"query":"{ tickets(first: 3) { totalCount nodes { key title status } } }"}'

  This server contains demo data. For an empty server, set SNAGLIST_DEMO=0 and another SNAGLIST_DATA.

`
}

export async function welcome({ url, database: { db } }: Server): Promise<string> {
  const isNew = !(await hasUsers(db))
  const first = `
  There are no accounts yet. The first user to sign up becomes ADMIN, in GraphiQL or with curl:
    curl ${url}/graphql -H 'content-type: application/json' -d '{"query":"mutation { signUp(input: { username: \\"ada\\", name: \\"Ada\\", password: \\"choose your password\\" }) { token } }"}'
`
  return `\n  Snaglist is listening on ${url}/graphql\n${isNew ? first : ''}\n`
}
