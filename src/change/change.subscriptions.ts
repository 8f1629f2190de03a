import { builder } from '../builder.ts'
import { requireStreamStep } from '../context.ts'
import { numberChanges } from '../feed/feed.actions.ts'
import { decodeFeedCursor } from '../feed/feed-cursor.ts'
import { changesWork } from './change.cost.ts'
import { changesFieldsOf, readChanges, summaryCondition } from './change.loaders.ts'
import { checkFeedArguments, maxBatchSize } from './change.rules.ts'
import { ChangeBatch, feedArgs } from './change.type.ts'

builder.subscriptionField('changes', (t) =>
  t.field({
    type: ChangeBatch,
    description:
      'Changes of tickets and comments that you can see, as they are committed: first those after the cursor, if there is one, then new ones. Every 30 seconds without a change, sends an empty batch, which moves the cursor. Ends with CURSOR_EXPIRED when the projects that you can see change, and with UNAUTHENTICATED when the token ends.',
    extensions: { work: changesWork },
    args: feedArgs,
    subscribe: () => {
      throw new Error('A subscription is executed for each batch, by live/streams.ts.')
    },
    resolve: async (_root, args, context, info) => {
      const step = requireStreamStep(context)
      const { selection, after } = checkFeedArguments(args)
      if (step.after === null) await numberChanges(context.db)
      const start = (step.after === null ? after : decodeFeedCursor(step.after)) ?? 'LATEST'
      const batch = await readChanges({ selection, start, limit: maxBatchSize }, changesFieldsOf(info), {
        context,
        info,
      })
      step.batch = {
        cursor: batch.cursor,
        isEmpty: batch.changes.length === 0,
        caughtUp: batch.caughtUp,
        mayContain: summaryCondition(context, selection),
      }
      return batch
    },
  }),
)
