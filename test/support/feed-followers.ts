import type { FollowedBatchQueryVariables, FollowedListQuery } from '../generated/graphql.ts'
import { graphql } from '../generated/index.ts'
import type { Client } from './client.ts'

const List = graphql(`
  query FollowedList($filter: TicketFilter) {
    tickets(first: 100, filter: $filter) { changesCursor totalCount nodes { id title status version commentCount } }
  }
`)
const Batch = graphql(`
  query FollowedBatch($filter: TicketFilter, $after: String!, $first: Int!) {
    changes(filter: $filter, after: $after, first: $first) {
      cursor caughtUp changes { id matches ticketId version ticket { id title status version commentCount } }
    }
  }
`)

export type Filter = NonNullable<FollowedBatchQueryVariables['filter']>

/** Matches all tickets, archived ones included. */
export const everyTicket: Filter = { archived: null }
type Ticket = FollowedListQuery['tickets']['nodes'][number]

/** Tickets by id. Throws if they are more than a page. */
async function readList(client: Client, filter: Filter) {
  const { changesCursor, totalCount, nodes } = (await client.ask(List, { filter })).tickets
  if (totalCount > nodes.length) throw new Error(`The list has ${totalCount} tickets.`)
  return { cursor: changesCursor, tickets: new Map<string, Ticket>(nodes.map((node) => [node.id, node])) }
}

const ordered = (tickets: ReadonlyMap<string, Ticket>) => [...tickets.values()].sort((a, b) => (a.id < b.id ? -1 : 1))

/** The matches of a filter in the order of ids. */
export const listTickets = async (client: Client, filter: Filter) => ordered((await readList(client, filter)).tickets)

/** A list of tickets that a client updates from the feed. */
export interface Follower {
  readonly filter: Filter
  /** Ids of all changes that the client has received. */
  readonly received: readonly string[]
  /** Applies the next batch. Returns true at the end of the feed. */
  readonly advance: (batchSize?: number) => Promise<boolean>
  /** The list of the client in the order of ids. */
  readonly tickets: readonly Ticket[]
}

export async function startFollower(client: Client, filter: Filter): Promise<Follower> {
  const { tickets, ...start } = await readList(client, filter)
  const received: string[] = []
  let after = start.cursor
  return {
    filter,
    received,
    async advance(batchSize = 100) {
      const { changes: batch } = await client.ask(Batch, { filter, after, first: batchSize })
      for (const { id, matches, ticketId, ticket } of batch.changes) {
        received.push(id)
        if (matches && ticket) tickets.set(ticketId, ticket)
        else tickets.delete(ticketId)
      }
      after = batch.cursor
      return batch.caughtUp
    },
    get tickets() {
      return ordered(tickets)
    },
  }
}

export async function advanceToEnd(follower: Follower): Promise<void> {
  while (!(await follower.advance())) {}
}
