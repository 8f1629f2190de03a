import { builder } from '../builder.ts'
import { checkArgument, id as idRule, ticketReference } from '../check.ts'
import { requireViewer } from '../context.ts'
import { pageArgs, readConnection } from '../paging/connection.type.ts'
import { readPreview } from './preview.loaders.ts'
import { webhookList } from './webhook.loaders.ts'
import { WebhookConnection } from './webhook.type.ts'
import { maxQueryCost } from './webhook-query.rules.ts'

const WebhookPreview = builder.objectRef<{ readonly payload: unknown }>('WebhookPreview').implement({
  description: 'A message that a webhook would send.',
  fields: (t) => ({
    payload: t.expose('payload', {
      type: 'JSON',
      description: 'Body of the message, as in `WebhookDelivery.payload`.',
    }),
  }),
})

builder.queryFields((t) => ({
  webhooks: t.field({
    type: WebhookConnection,
    description: 'Webhooks that you can manage, newest first: those of your projects as MAINTAINER, all as ADMIN.',
    args: pageArgs,
    resolve: (_root, page, context, info) => readConnection(webhookList(requireViewer(context)), page, context, info),
  }),
  previewWebhook: t.field({
    type: WebhookPreview,
    nullable: true,
    description:
      'The message of a webhook for the last change of a ticket, with your permissions, whether or not it would be sent. Sends nothing. Null if the webhook or the ticket was not found or you cannot see it, or if the ticket is not part of the last 100,000 changes.',
    extensions: { work: maxQueryCost },
    args: {
      id: t.arg.id({ required: true, description: 'UUID of the webhook.' }),
      ticketId: t.arg.id({ required: true, description: 'Id of the ticket, or key such as "CORE-42".' }),
    },
    resolve: (_root, { id, ticketId }, context, { schema }) =>
      readPreview(
        { webhookId: checkArgument('id', id, idRule), ticket: checkArgument('ticketId', ticketId, ticketReference) },
        context,
        schema,
      ),
  }),
}))
