import type { CacheExchangeOpts, UpdateResolver } from '@urql/exchange-graphcache'
import type { UpdateDefectInput, UpdateIssueInput } from '../generated/graphql.ts'
import schema from '../generated/introspection.ts'
import { updateLists } from '../live/list-updates.ts'

const embedded = () => null

/** Only the server knows which lists contain a ticket, and where. A dry run changes none. */
const invalidateLists: UpdateResolver = (_result, { input }, cache) => {
  if (!(input as { dryRun?: boolean }).dryRun) cache.invalidate('Project')
}

/** The cache stores objects by `id`. Objects without `id` are part of the object that contains them. */
export const cacheConfig: CacheExchangeOpts = {
  schema,
  keys: {
    Change: embedded,
    ChangeBatch: embedded,
    CommentPermissions: embedded,
    Excerpt: embedded,
    FieldChange: embedded,
    ImportFault: embedded,
    ProjectPermissions: embedded,
    TextRange: embedded,
    TicketPermissions: embedded,
  },
  optimistic: {
    updateIssue: ({ input }) => ({ __typename: 'UpdateIssuePayload', issue: patchedTicket('Issue', input) }),
    updateDefect: ({ input }) => ({ __typename: 'UpdateDefectPayload', defect: patchedTicket('Defect', input) }),
  },
  updates: {
    Mutation: {
      createIssue: invalidateLists,
      createDefect: invalidateLists,
      bulkUpdateStatus: invalidateLists,
      importTickets: invalidateLists,
    },
    Subscription: { changes: updateLists as UpdateResolver },
  },
}

/** The fields of a ticket that an update changes. The cache keeps the others. */
function patchedTicket(__typename: 'Issue' | 'Defect', input: unknown) {
  const { assigneeId, expectedVersion: _, ...fields } = input as UpdateIssueInput & UpdateDefectInput
  const assignee = assigneeId ? { __typename: 'User', id: assigneeId } : null
  return { __typename, ...fields, ...(assigneeId !== undefined && { assignee }) }
}
