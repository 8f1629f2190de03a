import { z } from 'zod'
import { builder } from '../builder.ts'
import { checkInput } from '../check.ts'
import { BadUserInput } from '../errors.ts'
import { decodeFeedCursor } from '../feed/feed-cursor.ts'
import { fieldsNamed, selectedField, subfieldsOf } from '../reading/look-ahead.ts'
import { TicketFilterInput } from '../ticket/ticket-filter.type.ts'
import { changesWork } from './change.cost.ts'
import { readChanges } from './change.loaders.ts'
import { ChangeBatch, maxBatchSize } from './change.type.ts'

const feedArgs = builder.args((t) => ({
  filter: t.field({
    type: TicketFilterInput,
    description: 'Changes of these tickets. Defaults to all that are not archived.',
  }),
  types: t.field({ type: ['ChangeType'], description: 'Kinds of changes. Defaults to all.' }),
  sources: t.field({ type: ['ChangeSource'], description: 'Origins of changes. Defaults to all.' }),
  after: t.string({
    description:
      'Cursor of a batch or a change, or `changesCursor` of a list. Defaults to the beginning of the stored changes.',
  }),
}))

const rules = {
  first: z.number('must not be null').refine((first) => first >= 1 && first <= maxBatchSize, {
    error: ({ input }) => `must be between 1 and ${maxBatchSize} (got ${input})`,
  }),
  after: z
    .string()
    .refine((cursor) => decodeFeedCursor(cursor) !== null, 'is not a cursor of `changes` or a `changesCursor`')
    .nullable(),
}

builder.queryField('changes', (t) =>
  t.field({
    type: ChangeBatch,
    description:
      'Changes of tickets and comments that you can see, oldest first. Contains every change once, when it is committed.',
    extensions: { work: changesWork },
    args: {
      ...feedArgs,
      first: t.arg.int({
        defaultValue: maxBatchSize,
        description: `Maximum number of changes, 1 to ${maxBatchSize}.`,
      }),
    },
    resolve: (_root, args, context, info) => {
      const { validInput, errors } = checkInput(args, rules)
      if (errors.length > 0) throw new BadUserInput(errors)
      const { filter, types, sources, after, first } = validInput
      const changes = fieldsNamed(subfieldsOf(selectedField(info), info), 'changes')
      return readChanges(
        {
          selection: { filter: filter ?? null, types: types ?? null, sources: sources ?? null },
          after: after ? decodeFeedCursor(after) : null,
          limit: first ?? maxBatchSize,
        },
        changes.flatMap((field) => subfieldsOf(field, info)),
        { context, info },
      )
    },
  }),
)
