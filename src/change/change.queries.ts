import { builder } from '../builder.ts'
import { numberChanges } from '../feed/feed.actions.ts'
import { changesWork } from './change.cost.ts'
import { changesFieldsOf, readChanges } from './change.loaders.ts'
import { checkFeedArguments, maxBatchSize } from './change.rules.ts'
import { ChangeBatch, feedArgs } from './change.type.ts'

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
    resolve: async (_root, args, context, info) => {
      const { selection, after, first } = checkFeedArguments(args)
      await numberChanges(context.db)
      const start = after ?? 'OLDEST'
      return readChanges({ selection, start, limit: first ?? maxBatchSize }, changesFieldsOf(info), { context, info })
    },
  }),
)
