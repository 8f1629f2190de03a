import type { Cache, CacheExchangeOpts } from '@urql/exchange-graphcache'
import { relayPagination } from '@urql/exchange-graphcache/extras'
import type { UpdateDefectInput, UpdateIssueInput } from '../generated/graphql.ts'
import schema from '../generated/introspection.ts'

const embedded = () => null

/** The cache stores objects by `id`. Objects without `id` are part of the object that contains them. */
export const cacheConfig: CacheExchangeOpts = {
  schema,
  keys: {
    CommentPermissions: embedded,
    Excerpt: embedded,
    FieldChange: embedded,
    ImportFault: embedded,
    ImportPreviewRow: embedded,
    ImportedColumn: embedded,
    ProjectPermissions: embedded,
    Server: embedded,
    TextRange: embedded,
    TicketPermissions: embedded,
  },
  // Joins the pages of a list.
  resolvers: { Project: { tickets: relayPagination() } },
  optimistic: {
    updateIssue: ({ input }) => ({ __typename: 'UpdateIssuePayload', issue: patchedTicket('Issue', input) }),
    updateDefect: ({ input }) => ({ __typename: 'UpdateDefectPayload', defect: patchedTicket('Defect', input) }),
  },
  updates: {
    Mutation: {
      // Only the server knows which lists contain the tickets, and where.
      createIssue: (_result, _args, cache) => invalidateTicketLists(cache),
      createDefect: (_result, _args, cache) => invalidateTicketLists(cache),
      bulkUpdateStatus: (_result, _args, cache) => invalidateTicketLists(cache),
      importTickets: (_result, _args, cache) => invalidateTicketLists(cache),
    },
  },
}

/** The fields of a ticket that an update changes. The cache keeps the others. */
function patchedTicket(__typename: 'Issue' | 'Defect', input: unknown) {
  const { assigneeId, expectedVersion: _, ...fields } = input as UpdateIssueInput & UpdateDefectInput
  const assignee = assigneeId ? { __typename: 'User', id: assigneeId } : null
  return { __typename, ...fields, ...(assigneeId !== undefined && { assignee }) }
}

function invalidateTicketLists(cache: Cache): void {
  for (const { entityKey, fieldName, arguments: args } of projectLists(cache))
    cache.invalidate(entityKey, fieldName, args)
}

function projectLists(cache: Cache) {
  const projects = cache
    .inspectFields('Query')
    .filter(({ fieldName }) => fieldName === 'project')
    .map(({ fieldName, arguments: args }) => cache.resolve('Query', fieldName, args))
  return projects
    .filter((key) => typeof key === 'string')
    .flatMap((entityKey) =>
      cache
        .inspectFields(entityKey)
        .filter(({ fieldName }) => fieldName === 'tickets')
        .map((field) => ({ entityKey, ...field })),
    )
}
