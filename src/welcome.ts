import { demoPassword, demoUsers, isDemo } from '../prisma/seed.ts'
import { startSession } from './auth/token.actions.ts'
import type { Server } from './server.ts'

/** What the console shows of a server that starts with the demo: its people, and ways in. Null without the demo. */
export async function demoWelcome({ url, database: { prisma, transaction } }: Server): Promise<string | null> {
  if (!(await isDemo(prisma))) return null
  const { secret } = await transaction((tx) => startSession(tx, demoUsers[0].id))
  const people = demoUsers.map(({ username, name, summary }) => `    ${username.padEnd(8)}${name}, ${summary}`)
  return `
  Snaglist listens on ${url}/graphql

  The demo's people, each with the password ${demoPassword}:
${people.join('\n')}

  GraphiQL, signed in as ${demoUsers[0].name}:
    ${url}/graphql#token=${secret}

  The same from a terminal:
    curl ${url}/graphql -H 'authorization: Bearer ${secret}' -H 'content-type: application/json' \\
      -d '{"query":"{ tickets(first: 3) { totalCount nodes { key title status } } }"}'

  This is a demo: start with SNAGLIST_DEMO=0 and another SNAGLIST_DATA for a server of your own.

`
}

/** What the console shows of any other server. */
export async function welcome({ url, database: { prisma } }: Server): Promise<string> {
  const isNew = (await prisma.user.findFirst({ select: { id: true } })) === null
  const first = `
  There is no account yet. The first to sign up becomes its ADMIN, in GraphiQL or so:
    curl ${url}/graphql -H 'content-type: application/json' -d '{"query":"mutation { signUp(input: { username: \\"ada\\", name: \\"Ada\\", password: \\"choose a good one\\" }) { token } }"}'
`
  return `\n  Snaglist listens on ${url}/graphql\n${isNew ? first : ''}\n`
}
