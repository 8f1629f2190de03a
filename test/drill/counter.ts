import { Client } from './client.ts'
import * as documents from './documents.ts'
import type { Load } from './load.ts'
import { createTicket } from './requests.ts'
import type { ServerProcess } from './server-process.ts'

const clientCount = 50
const incrementsPerClient = 8

/**
 * Clients on all servers increment a number, the title of one issue: they read it, add one, write it with
 * `expectedVersion`, and retry on CONFLICT. The load must have stopped.
 */
export async function countTogether(
  servers: readonly ServerProcess[],
  { ledger, token }: Load,
): Promise<{ readonly summary: string; readonly violations: readonly string[] }> {
  const clients = Array.from({ length: clientCount }, (_, n) => {
    const client = new Client(servers[n % servers.length] as ServerProcess, ledger)
    client.token = token
    return client
  })
  const [first] = clients as [Client]
  const id = await createTicket(first, 'counter')
  const codes = (await Promise.all(clients.map((client) => increment(client, id)))).flat()
  const acknowledged = codes.filter((code) => code === null).length
  const conflicts = codes.filter((code) => code === 'CONFLICT').length
  const unknown = codes.length - acknowledged - conflicts
  const { issue } = await first.ask(documents.Counter, { id })
  const [value, events] = [numberOf(issue?.title), issue?.history.totalCount ?? 0]
  const isExact = acknowledged <= value && value <= acknowledged + unknown && events === value
  const summary =
    `${clientCount} clients on ${servers.length} server${servers.length === 1 ? '' : 's'} incremented a number: ` +
    `${acknowledged} acknowledged, ${unknown} unknown, ${conflicts} conflicts; value ${value}, ${events} history events`
  return {
    summary,
    violations: [
      ...(isExact ? [] : [`increments were lost or repeated: ${summary}`]),
      ...(acknowledged + unknown < clientCount * incrementsPerClient ? [`increments are missing: ${summary}`] : []),
    ],
  }
}

/** Returns the code of each attempt; null for an acknowledged one. */
async function increment(client: Client, id: string): Promise<(string | null)[]> {
  const codes: (string | null)[] = []
  while (codes.filter((code) => code !== 'CONFLICT').length < incrementsPerClient) {
    const { issue } = await client.ask(documents.Counter, { id })
    const title = String(numberOf(issue?.title) + 1)
    const { code } = await client.write(
      'change',
      title,
      documents.Retitle,
      { id, title, expectedVersion: issue?.version ?? 0 },
      ({ updateIssue }) => `${updateIssue.issue.id} ${updateIssue.issue.version}`,
    )
    codes.push(code)
  }
  return codes
}

/** A new issue is titled "Filed". */
const numberOf = (title: string | undefined) => Number(title) || 0
