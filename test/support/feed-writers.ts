import fc from 'fast-check'
import { addComment } from '../../src/comment/comment.actions.ts'
import type { Database } from '../../src/database/open.ts'
import type { Statements, Transaction } from '../../src/database/statements.ts'
import { runOptimistically } from '../../src/database/transaction.ts'
import { archiveTicket } from '../../src/ticket/ticket-archive.actions.ts'
import { bulkUpdateStatus } from '../../src/ticket/ticket-bulk.actions.ts'
import { createTicket } from '../../src/ticket/ticket-create.actions.ts'
import { updateTicket } from '../../src/ticket/ticket-update.actions.ts'
import type { Viewer } from '../../src/viewer.ts'

/** Tickets that all writers change. */
export const sharedTicketCount = 4

const ticket = fc.nat(sharedTicketCount - 1)
const status = fc.constantFrom('OPEN' as const, 'IN_PROGRESS' as const, 'CLOSED' as const)
const title = fc.constantFrom('one', 'two', 'three')
const patch = fc.record({ status, title })

const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('update' as const), ticket, patch }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('comment' as const), ticket }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('create' as const), title }) },
)
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never

const transaction = fc.record({
  type: fc.constant('transaction' as const),
  operations: fc.array(operation, { minLength: 1, maxLength: 3 }),
  archived: fc.option(fc.boolean()),
  /** While the transaction is open, a reader numbers the changes of others. */
  isRead: fc.boolean(),
  isCommitted: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
})
const bulk = fc.record({
  type: fc.constant('bulk' as const),
  status,
  tickets: fc.uniqueArray(ticket, { minLength: 2 }),
})
const optimistic = fc.record({ type: fc.constant('optimistic' as const), operation })

/** The writes of one writer. */
export const writes = fc.array(fc.oneof(transaction, bulk, optimistic), { minLength: 2, maxLength: 5 })
type Write = typeof writes extends fc.Arbitrary<(infer Value)[]> ? Value : never

interface WriterOptions {
  readonly database: Database
  readonly viewer: Viewer
  /** Ids of the shared tickets in the order in which transactions lock them. */
  readonly ids: readonly string[]
  /** Key of a project of the writer: a new ticket locks its project until the end of the transaction. */
  readonly project: string
  readonly read: () => Promise<unknown>
}

/** Runs the writes one after another. */
export async function runWriter({ database, viewer, ids, project, read }: WriterOptions, plan: readonly Write[]) {
  const idOf = (index: number) => ids[index] as string

  const apply = (db: Statements, each: Operation): Promise<unknown> => {
    switch (each.type) {
      case 'create':
        return createTicket(db, viewer, { projectId: project, kind: 'ISSUE', title: each.title })
      case 'update':
        return updateTicket(db, viewer, { id: idOf(each.ticket), patch: each.patch })
      case 'comment':
        return addComment(db, viewer, { ticketId: idOf(each.ticket), body: 'Text' })
    }
  }
  const applyTogether = async (tx: Transaction, each: Extract<Write, { type: 'transaction' }>) => {
    const ticketOf = (single: Operation) => ('ticket' in single ? single.ticket : -1)
    for (const single of each.operations.toSorted((a, b) => ticketOf(a) - ticketOf(b))) await apply(tx, single)
    if (each.archived !== null) await archiveTicket(tx, viewer, idOf(sharedTicketCount - 1), each.archived)
    if (each.isRead) await read()
    if (!each.isCommitted) throw new Rollback()
  }
  const write = (each: Write): Promise<unknown> => {
    switch (each.type) {
      case 'optimistic':
        return runOptimistically(database, (db) => apply(db, each.operation))
      case 'bulk': {
        const update = { filter: null, expectedCount: null, resolution: null, dryRun: false, status: each.status }
        return database.transaction((tx) => bulkUpdateStatus(tx, viewer, { ...update, ids: each.tickets.map(idOf) }))
      }
      case 'transaction':
        return database.transaction((tx) => applyTogether(tx, each)).catch(ignoreRollback)
    }
  }
  for (const each of plan) await write(each)
}

class Rollback extends Error {}
const ignoreRollback = (error: unknown) => {
  if (!(error instanceof Rollback)) throw error
}
