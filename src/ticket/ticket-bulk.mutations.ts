import { z } from 'zod'
import { ticketReference } from '../check.ts'
import type { FieldError } from '../errors.ts'
import { mutation } from '../mutation.ts'
import { write } from '../write.ts'
import { filterCost } from './ticket.cost.ts'
import { getTicket } from './ticket.loaders.ts'
import { bulkUpdateStatus, type StatusBulkResult } from './ticket-bulk.actions.ts'
import { TicketFilterInput } from './ticket-filter.type.ts'
import { isDoneStatus } from './ticket-update.actions.ts'

const maxIds = 1000
const maxTicketsShown = 1000

/** How many tickets an input names or says that its filter matches, as it stands in the document. */
function countOf(input: unknown): number {
  const { ids, expectedCount } = (input ?? {}) as Readonly<Record<string, unknown>>
  return Array.isArray(ids) ? ids.length : typeof expectedCount === 'number' ? Math.max(0, expectedCount) : 0
}

const faultIf = (wrong: boolean, path: string, message: string): FieldError[] => (wrong ? [{ path, message }] : [])

mutation('bulkUpdateStatus', {
  description: 'Moves many tickets to a status: all of them or none. For CONTRIBUTORs of all their projects.',
  input: (t) => ({
    ids: t.idList({ description: `The tickets, by id or key: at most ${maxIds}. Give either these or a filter.` }),
    filter: t.field({
      type: TicketFilterInput,
      description: 'All tickets that this lets through; needs expectedCount.',
    }),
    expectedCount: t.int({ description: 'How many the filter is to match: CONFLICT when it matches another number.' }),
    status: t.field({ type: 'TicketStatus', required: true, description: 'Where they stand from now on.' }),
    resolution: t.field({
      type: 'Resolution',
      description: 'Why they are RESOLVED or CLOSED; left out, they keep theirs, and those without one get FIXED.',
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'Tells what would happen and changes nothing.' }),
  }),
  // It looks for its tickets twice.
  cost: (input) => 10 + countOf(input) / 10 + 2 * filterCost(input['filter']),
  rules: { ids: z.array(ticketReference).max(maxIds, `may list at most ${maxIds}`).nullable() },
  faults: ({ ids, filter, expectedCount, status, resolution }) => [
    ...faultIf((ids == null) === (filter == null), 'ids', 'must be given, or a filter instead: one of the two'),
    ...faultIf(filter != null && expectedCount == null, 'expectedCount', 'must stand beside a filter'),
    ...faultIf(filter == null && expectedCount != null, 'expectedCount', 'goes only with a filter'),
    ...faultIf(resolution != null && !isDoneStatus(status), 'resolution', 'goes only with RESOLVED or CLOSED'),
  ],
  resolve: ({ ids, filter, expectedCount, status, resolution, dryRun }, context): Promise<StatusBulkResult> =>
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
      description: 'How many tickets were named or matched.',
      resolve: ({ matchedIds }) => matchedIds.length,
    }),
    updatedCount: t.exposeInt('updatedCount', {
      description: 'How many of them changed, or would: those that stood there already do not.',
    }),
    batch: t.exposeID('batch', {
      nullable: true,
      description: 'Marks the change in the history of each ticket; null when nothing changed.',
    }),
    tickets: t.field({
      type: ['Ticket'],
      extensions: { size: (_args, above) => Math.min(maxTicketsShown, countOf(above['input'])) },
      description: `The tickets as they are now, by id; the first ${maxTicketsShown} of them.`,
      resolve: ({ matchedIds }, _args, context) =>
        Promise.all(matchedIds.slice(0, maxTicketsShown).map((id) => getTicket(context, id))),
    }),
  }),
})
