import type { DrillChangesQuery, DrillPageQuery, DrillPageQueryVariables } from '../generated/graphql.ts'
import type { Client } from './client.ts'
import * as documents from './documents.ts'

export type Filter = DrillPageQueryVariables['filter']
export type Batch = DrillChangesQuery['changes']
type Ticket = DrillPageQuery['tickets']['nodes'][number]

/** Reads all pages. The cursor is that of the first one: later changes may be in the pages already. */
async function readList(client: Client, filter: Filter) {
  const tickets = new Map<string, Ticket>()
  let page = (await client.ask(documents.Page, { filter, after: null })).tickets
  const cursor = page.changesCursor
  for (;;) {
    for (const node of page.nodes) tickets.set(node.id, node)
    if (!page.pageInfo.hasNextPage) return { cursor, tickets }
    page = (await client.ask(documents.Page, { filter, after: page.pageInfo.endCursor ?? null })).tickets
  }
}

/** A list of tickets that a client updates from the feed. */
export class Follower {
  readonly violations: string[] = []
  cursor = ''
  private readonly name: string
  readonly filter: Filter
  private tickets = new Map<string, Ticket>()
  private readonly received = new Set<string>()
  private readonly versions = new Map<string, number>()

  constructor(name: string, filter: Filter) {
    this.name = name
    this.filter = filter
  }

  /** Reads the list. */
  async start(client: Client): Promise<void> {
    Object.assign(this, await readList(client, this.filter))
  }

  apply({ cursor, changes }: Batch): void {
    for (const { id, matches, ticketId, version, ticket } of changes) {
      if (this.received.has(id)) this.violations.push(`${this.name} received change ${id} twice`)
      this.received.add(id)
      if (version !== null) this.checkVersion(ticketId, version)
      if (matches && ticket) this.tickets.set(ticketId, ticket)
      else this.tickets.delete(ticketId)
    }
    this.cursor = cursor
  }

  has(ticketId: string): boolean {
    return this.tickets.has(ticketId)
  }

  get changeCount(): number {
    return this.received.size
  }

  /** Compares the list with a new one. */
  async compare(client: Client): Promise<void> {
    const { tickets } = await readList(client, this.filter)
    const textOf = (ticket: Ticket | undefined) => JSON.stringify(ticket) ?? 'no ticket'
    for (const id of new Set([...tickets.keys(), ...this.tickets.keys()])) {
      const [followed, listed] = [textOf(this.tickets.get(id)), textOf(tickets.get(id))]
      if (followed !== listed) this.violations.push(`${this.name} has ${followed} instead of ${listed}`)
    }
  }

  /** A filter omits versions of tickets that do not match. */
  private checkVersion(ticketId: string, version: number): void {
    const previous = this.versions.get(ticketId)
    const isNext = Object.hasOwn(this.filter, 'status')
      ? version > (previous ?? 0)
      : version === (previous ?? version - 1) + 1
    if (!isNext) this.violations.push(`${this.name} received version ${version} of ${ticketId} after ${previous}`)
    this.versions.set(ticketId, version)
  }
}
