import type { GraphQLSchema } from 'graphql'
import { type Context, requireViewer } from '../context.ts'
import { BadUserInput } from '../errors.ts'
import { numberChanges } from '../feed/feed.actions.ts'
import { createMessageReader, selectLastChange } from './change-messages.loaders.ts'
import { findWebhook } from './webhook.loaders.ts'
import { coerceFilter } from './webhook.rules.ts'
import { parseWebhookQuery } from './webhook-query.rules.ts'

/** The body of the message for the last change of a ticket, read with the permissions of the viewer. */
export async function readPreview(
  { webhookId, ticket }: { readonly webhookId: string; readonly ticket: string },
  context: Context,
  schema: GraphQLSchema,
): Promise<{ payload: unknown } | null> {
  const webhook = await findWebhook(context, webhookId)
  if (!webhook) return null
  await numberChanges(context.db)
  const query = parseWebhookQuery(webhook.query, schema, await context.readDatabaseSize())
  if (query.errors.length > 0) throw new BadUserInput(query.errors.map((message) => ({ path: 'query', message })))
  const filter = webhook.filter === null ? null : coerceFilter(webhook.filter, schema)
  const readMessages = createMessageReader(schema, (error) => {
    throw error
  })
  const changes = selectLastChange(ticket, filter, requireViewer(context))
  const [message] = await readMessages({ query, changes, context })
  return message ? { payload: JSON.parse(message.body) } : null
}
