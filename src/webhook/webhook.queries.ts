import { builder } from '../builder.ts'
import { requireViewer } from '../context.ts'
import { pageArgs, readConnection } from '../paging/connection.type.ts'
import { webhookList } from './webhook.loaders.ts'
import { WebhookConnection } from './webhook.type.ts'

builder.queryField('webhooks', (t) =>
  t.field({
    type: WebhookConnection,
    description: 'Webhooks that you can manage, newest first: those of your projects as MAINTAINER, all as ADMIN.',
    args: pageArgs,
    resolve: (_root, page, context, info) => readConnection(webhookList(requireViewer(context)), page, context, info),
  }),
)
