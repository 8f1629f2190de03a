import type { GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import { changeConditions } from '../change/change.filter.ts'
import type { Context } from '../context.ts'
import { BadUserInput } from '../errors.ts'
import type { TicketFilter } from '../ticket/ticket.filter.ts'
import type { Viewer } from '../viewer.ts'
import type { Source } from './source.loaders.ts'
import { ownerWithoutPermission } from './webhook.access.ts'
import { coerceFilter } from './webhook.rules.ts'
import { parseWebhookQuery, type WebhookQuery } from './webhook-query.rules.ts'

const maxParsedQueries = 1000

export interface ValidationOptions {
  readonly schema: GraphQLSchema
  readonly createContext: (viewer: Viewer) => Context
}

export interface ValidSource {
  readonly filter: TicketFilter | null
  readonly query: WebhookQuery
}

interface InvalidSource {
  /** Reason for which it cannot send. */
  readonly reason: string
}

/**
 * Parses the query and filter of a webhook, and checks the permission of its owner. They were valid when they were stored,
 * perhaps by another version of the server.
 */
export type ValidateSource = (source: Source) => Promise<ValidSource | InvalidSource>

export function createSourceValidator({ schema, createContext }: ValidationOptions): ValidateSource {
  const queries = new LRUCache<string, WebhookQuery>({ max: maxParsedQueries })

  return async (source) => {
    if (!source.isOwnerPermitted) return { reason: ownerWithoutPermission }
    const filter = source.filter === null ? null : coerceFilter(source.filter, schema)
    if (source.filter !== null && filter === null) return { reason: 'The filter is no longer valid.' }
    const filterError = findFilterError(filter, source.owner)
    if (filterError !== null) return { reason: `The filter is no longer valid: ${filterError}.` }
    const query = await parseQuery(source)
    return query.errors.length > 0
      ? { reason: `The query is no longer valid: it ${query.errors.join('; it ')}.` }
      : { filter, query }
  }

  async function parseQuery({ query: text, owner }: Source): Promise<WebhookQuery> {
    const known = queries.get(text)
    if (known) return known
    const query = parseWebhookQuery(text, schema, await createContext(owner).readDatabaseSize())
    queries.set(text, query)
    return query
  }
}

function findFilterError(filter: TicketFilter | null, owner: Viewer): string | null {
  try {
    changeConditions(filter, owner)
    return null
  } catch (error) {
    if (error instanceof BadUserInput) return error.message
    throw error
  }
}
