import { z } from 'zod'
import { ticketReference } from '../check.ts'
import { write } from '../context.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { mutation } from '../mutation.ts'
import { getTicket } from './ticket.loaders.ts'
import { bulkUpdateStatus, type StatusBulkResult } from './ticket-bulk.actions.ts'
import { isDoneStatus } from './ticket-update.actions.ts'

const maxIds = 1000
const maxTicketsShown = 1000

mutation('bulkUpdateStatus', {
  description: 'Moves many tickets to a status: all of them or none. For CONTRIBUTORs of all their projects.',
  input: (t) => ({
    ids: t.idList({ description: `The tickets, by id or key: at most ${maxIds}. Give either these or a filter.` }),
    filter: t.field({ type: 'TicketFilter', description: 'All tickets that this lets through; needs expectedCount.' }),
    expectedCount: t.int({ description: 'How many the filter is to match: CONFLICT when it matches another number.' }),
    status: t.field({ type: 'TicketStatus', required: true, description: 'Where they stand from now on.' }),
    resolution: t.field({
      type: 'Resolution',
      description: 'Why they are RESOLVED or CLOSED; left out, they keep theirs, and those without one get FIXED.',
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'Tells what would happen and changes nothing.' }),
  }),
  rules: { ids: z.array(ticketReference).max(maxIds, `may list at most ${maxIds}`).nullable() },
  resolve: ({ ids, filter, expectedCount, status, resolution, dryRun }, context): Promise<StatusBulkResult> => {
    const faults: FieldError[] = []
    const fault = (path: string, message: string) => faults.push({ path: `input.${path}`, message })
    if ((ids == null) === (filter == null)) fault('ids', 'or a filter must be given, and not both')
    if (filter != null && expectedCount == null) fault('expectedCount', 'must stand beside a filter')
    if (filter == null && expectedCount != null) fault('expectedCount', 'goes only with a filter')
    if (resolution && !isDoneStatus(status)) fault('resolution', 'goes only with the status RESOLVED or CLOSED')
    if (faults.length > 0) throw new BadUserInput(faults)
    return write(context, (tx, viewer) =>
      bulkUpdateStatus(tx, viewer, {
        ids: ids ?? null,
        filter: filter ?? null,
        expectedCount: expectedCount ?? null,
        status,
        resolution: resolution ?? null,
        dryRun: dryRun ?? false,
      }),
    )
  },
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
      description: `The tickets as they are now, by id; the first ${maxTicketsShown} of them.`,
      resolve: ({ matchedIds }, _args, context) =>
        Promise.all(matchedIds.slice(0, maxTicketsShown).map((id) => getTicket(context, id))),
    }),
  }),
})
