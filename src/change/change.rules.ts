import { z } from 'zod'
import type { ChangeSource, ChangeType } from '../../prisma/generated/client.ts'
import { checkInput } from '../check.ts'
import { BadUserInput } from '../errors.ts'
import { decodeFeedCursor, type FeedCursor } from '../feed/feed-cursor.ts'
import type { TicketFilter } from '../ticket/ticket.filter.ts'

export const maxBatchSize = 100

interface FeedArguments {
  readonly filter?: TicketFilter | null | undefined
  readonly types?: readonly ChangeType[] | null | undefined
  readonly sources?: readonly ChangeSource[] | null | undefined
  readonly after?: string | null | undefined
  readonly first?: number | null | undefined
}

/** Changes that a reader follows. Null selects all. */
export interface FeedSelection {
  readonly filter: TicketFilter | null
  readonly types: readonly ChangeType[] | null
  readonly sources: readonly ChangeSource[] | null
}

const rules = {
  first: z.number('must not be null').refine((first) => first >= 1 && first <= maxBatchSize, {
    error: ({ input }) => `must be between 1 and ${maxBatchSize} (got ${input})`,
  }),
  after: z
    .string()
    .refine((cursor) => decodeFeedCursor(cursor) !== null, 'is not a cursor of `changes` or a `changesCursor`')
    .nullable(),
}

/** Throws BAD_USER_INPUT with all errors of `first` and `after`. */
export function checkFeedArguments(args: FeedArguments): {
  readonly selection: FeedSelection
  readonly after: FeedCursor | null
  readonly first: number | null
} {
  const { validInput, errors } = checkInput(args, rules)
  if (errors.length > 0) throw new BadUserInput(errors)
  const { filter = null, types = null, sources = null, after, first = null } = validInput
  return { selection: { filter, types, sources }, after: after ? decodeFeedCursor(after) : null, first }
}
