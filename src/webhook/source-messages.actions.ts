import { GraphQLError, type GraphQLSchema } from 'graphql'
import type { Logger } from 'pino'
import type { Context } from '../context.ts'
import type { Statements } from '../database/statements.ts'
import { QueryTimeout, Unavailable } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import { type ChangeMessage, createMessageReader, type FeedRange, selectChanges } from './change-messages.loaders.ts'
import type { Source } from './source.loaders.ts'
import type { ValidateSource, ValidSource } from './source-validation.actions.ts'
import { disableWebhook } from './webhook.actions.ts'
import { withoutData } from './webhook-query.rules.ts'

/** Points of the queries of a page, so that it takes a bounded time. */
const pagePoints = 10_000
const maxPageSize = 100

interface Options {
  readonly db: Statements
  readonly schema: GraphQLSchema
  readonly createContext: (viewer: Viewer) => Context
  readonly validate: ValidateSource
  readonly log: Logger
}

/** Renders the messages of a webhook. Disables a webhook that cannot send, and returns none for it. */
export function createSourceReader({ db, schema, createContext, validate, log }: Options) {
  const readMessages = createMessageReader(schema, (error) =>
    log.error({ err: error }, 'unexpected error of a webhook'),
  )

  return async (source: Source, range: FeedRange): Promise<readonly ChangeMessage[]> => {
    const disable = async (reason: string) => {
      await disableWebhook(db, source.id, reason)
      return []
    }
    const validation = await validate(source)
    if ('reason' in validation) return disable(validation.reason)
    try {
      return await readPages(source, validation, range)
    } catch (error) {
      if (error instanceof QueryTimeout) return disable('The filter takes too long: narrow it.')
      if (error instanceof GraphQLError && !isTransient(error))
        return disable(`The changes cannot be read: ${error.message}`)
      throw error
    }
  }

  /** A change whose data cannot be read is sent without data, so that it delays no others. */
  async function readPages(source: Source, { filter, query }: ValidSource, range: FeedRange): Promise<ChangeMessage[]> {
    const messages: ChangeMessage[] = []
    let limit = Math.min(maxPageSize, Math.max(1, Math.floor(pagePoints / query.cost)))
    let after = Math.max(range.after, source.startedAfter)
    for (;;) {
      const changes = selectChanges({ ...source, filter }, source.owner, { after, until: range.until }, limit)
      const request = { changes, context: createContext(source.owner) }
      try {
        const page = await readMessages({ ...request, query })
        messages.push(...page)
        after = page.at(-1)?.position ?? range.until
        if (page.length < limit) return messages
      } catch (error) {
        if (!(error instanceof GraphQLError) || isTransient(error)) throw error
        if (limit > 1) limit = 1
        else {
          const [message] = await readMessages({ ...request, query: withoutData, error })
          if (!message) throw error
          messages.push(message)
          after = message.position
        }
      }
    }
  }
}

/** The database does not respond: the same request may succeed later. */
const isTransient = (error: GraphQLError) => error instanceof Unavailable && !(error instanceof QueryTimeout)
