import { z } from 'zod'
import { atMostItems, ticketReference } from '../check.ts'
import type { FieldError } from '../errors.ts'
import { mutation } from '../mutation.ts'
import { write } from '../write.ts'
import { filterScope, filterWork } from './ticket.cost.ts'
import { getTicket } from './ticket.loaders.ts'
import { type BulkStatusResult, bulkUpdateStatus } from './ticket-bulk.actions.ts'
import { TicketFilterInput } from './ticket-filter.type.ts'
import { isDoneStatus } from './ticket-update.actions.ts'

const maxIds = 1000
const maxReturnedTickets = 1000

/** The expected number of tickets of an input before coercion. */
function countOf(input: unknown): number {
  const { ids, expectedCount } = (input ?? {}) as Readonly<Record<string, unknown>>
  return Array.isArray(ids) ? ids.length : typeof expectedCount === 'number' ? Math.max(0, expectedCount) : 0
}

const errorIf = (isInvalid: boolean, path: string, message: string): FieldError[] =>
  isInvalid ? [{ path, message }] : []

mutation('bulkUpdateStatus', {
  description:
    'Sets the status of many tickets in one transaction: all or none. Requires CONTRIBUTOR in each of their projects.',
  inputDescription: 'Tickets, by ids or by filter, and their new status.',
  payloadDescription: 'Number of matched and updated tickets, and the tickets.',
  input: (t) => ({
    ids: t.idList({
      description: `Ids or keys of the tickets, at most ${maxIds}. Cannot be combined with \`filter\`; one of the two is required.`,
    }),
    filter: t.field({
      type: TicketFilterInput,
      description: 'Filter for the tickets. Requires `expectedCount`.',
    }),
    expectedCount: t.int({
      description:
        'Number of tickets that the filter must match. Fails with CONFLICT if it matches a different number.',
    }),
    status: t.field({ type: 'TicketStatus', required: true, description: 'New workflow status of all tickets.' }),
    resolution: t.field({
      type: 'Resolution',
      description:
        'Outcome, only with status RESOLVED or CLOSED. Defaults to the current resolution of each ticket, or FIXED.',
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'True returns the result without changing anything.' }),
  }),
  // The filter runs twice: to lock the tickets, and to read them.
  work: (input, size) => 10 + countOf(input) / 10 + 2 * filterWork(input['filter'], filterScope(input['filter'], size)),
  rules: { ids: z.array(ticketReference).max(maxIds, atMostItems(maxIds)).nullable() },
  validate: ({ ids, filter, expectedCount, status, resolution }) => [
    ...errorIf(ids == null && filter == null, 'ids', 'is required unless `filter` is set'),
    ...errorIf(ids != null && filter != null, 'ids', 'cannot be combined with `filter`'),
    ...errorIf(filter != null && expectedCount == null, 'expectedCount', 'is required with `filter`'),
    ...errorIf(filter == null && expectedCount != null, 'expectedCount', 'can only be combined with `filter`'),
    ...errorIf(
      resolution != null && !isDoneStatus(status),
      'resolution',
      'can only be set with status RESOLVED or CLOSED',
    ),
  ],
  resolve: ({ ids, filter, expectedCount, status, resolution, dryRun }, context): Promise<BulkStatusResult> =>
    write(context, (tx, viewer) =>
      bulkUpdateStatus(tx, viewer, {
        ids: ids ?? null,
        filter: filter ?? null,
        expectedCount: expectedCount ?? null,
        status,
        resolution: resolution ?? null,
        dryRun: dryRun ?? false,
      }),
    ),
  payload: (t) => ({
    matchedCount: t.int({
      description: 'Number of tickets that `ids` or `filter` matched.',
      resolve: ({ matchedIds }) => matchedIds.length,
    }),
    updatedCount: t.exposeInt('updatedCount', {
      description:
        'Number of tickets that changed, or would change in a dry run. Tickets that already have the requested status and resolution are not counted.',
    }),
    batch: t.exposeID('batch', {
      nullable: true,
      description: 'Id that the history events of this change have in common. Null if nothing changed.',
    }),
    tickets: t.field({
      type: ['Ticket'],
      extensions: { size: ({ parent }) => Math.min(maxReturnedTickets, countOf(parent?.args['input'])) },
      description: `Matched tickets after the update, sorted by id, including unchanged ones; in a dry run, in their current state. At most the first ${maxReturnedTickets}.`,
      resolve: ({ matchedIds }, _args, context) =>
        Promise.all(matchedIds.slice(0, maxReturnedTickets).map((id) => getTicket(context, id))),
    }),
  }),
})
