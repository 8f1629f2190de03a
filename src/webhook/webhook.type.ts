import { DeliveryStatus } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import { requireViewer } from '../context.ts'
import { sql } from '../database/sql.ts'
import { connectionTypes, pageArgs, relatedConnection } from '../paging/connection.type.ts'
import { projectRelation } from '../project/project.loaders.ts'
import { nestedField } from '../reading/nested.ts'
import type { DeliveryAttempt } from '../rows.ts'
import { userRelation } from '../user/user.loaders.ts'
import { maxStoredAttempts } from './retry-delay.ts'
import { deliveryList, pendingCount, webhookList, webhookRelation } from './webhook.loaders.ts'
import { maxWebhooks } from './webhook.rules.ts'
import type { DeliveryRow, WebhookRow } from './webhook.sql.ts'

builder.enumType('DeliveryStatus', {
  description: 'State of a webhook delivery.',
  values: {
    [DeliveryStatus.PENDING]: { description: 'Waits for its first or next attempt, or is being sent.' },
    [DeliveryStatus.DELIVERED]: { description: 'The endpoint responded with status 2xx.' },
    [DeliveryStatus.FAILED]: { description: 'The last retry failed, or the webhook was disabled.' },
  },
})

const DeliveryAttemptType = builder.objectRef<DeliveryAttempt>('DeliveryAttempt').implement({
  description: 'An attempt to send a delivery.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'Time of the request.', resolve: ({ at }) => at }),
    durationMs: t.exposeInt('durationMs', { description: 'Milliseconds until the end of the response or the error.' }),
    responseStatus: t.exposeInt('responseStatus', {
      nullable: true,
      description: 'HTTP status. Null if there was no response.',
    }),
    responseBody: t.exposeString('responseBody', {
      nullable: true,
      description: 'First kilobyte of the response as text. Null if there was no response.',
    }),
    error: t.exposeString('error', {
      nullable: true,
      description: 'Reason for which there was no complete response. Null if there was one, whatever its status.',
    }),
  }),
})

builder.prismaObject('WebhookDelivery', {
  interfaces: ['Node'],
  description: 'A message to the endpoint of a webhook. Stored for seven days, and while it is pending.',
  fields: (t) => ({
    webhook: t.field({
      type: 'Webhook',
      description: 'Webhook whose endpoint receives the message.',
      ...nestedField(webhookRelation('webhookId')),
    }),
    type: t.exposeString('type', {
      description: 'Type of the event: that of a change, such as "ticket.updated", or "webhook.test".',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time at which the message was queued.' }),
    status: t.expose('status', { type: 'DeliveryStatus', description: 'State of the delivery.' }),
    attempts: t.expose('attempts', {
      type: [DeliveryAttemptType],
      extensions: { size: maxStoredAttempts },
      description: `Attempts, oldest first. Only the last ${maxStoredAttempts} are stored.`,
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Time of the next attempt, or later if the endpoint fails. Null unless pending.',
      extensions: { reads: { columns: ['nextAt'] } },
      resolve: ({ nextAt }) => nextAt,
    }),
    payload: t.field({
      type: 'JSON',
      description: 'Body of the message: `type`, `timestamp`, `cursor`, `data` and, if there are any, `errors`.',
      extensions: { reads: { columns: ['body'] }, work: 1 },
      resolve: ({ body }) => JSON.parse(body),
    }),
  }),
})

const { Connection: WebhookDeliveryConnection } = connectionTypes<DeliveryRow>('WebhookDelivery', 'deliveries')

builder.prismaObject('Webhook', {
  interfaces: ['Node'],
  description:
    'An endpoint that changes are sent to, as Standard Webhooks defines. Only MAINTAINERs of its project and ADMINs see it.',
  fields: (t) => ({
    project: t.field({
      type: 'Project',
      nullable: true,
      description: 'Project whose changes are sent. Null for all projects.',
      ...nestedField(projectRelation('projectId')),
    }),
    owner: t.field({
      type: 'User',
      description:
        'User whose permissions decide about the changes and fields that are sent: the last one who changed `url`, `filter` or `query`, or enabled the webhook.',
      ...nestedField(userRelation('ownerId')),
    }),
    name: t.exposeString('name', { description: 'Display name, at most 100 characters.' }),
    url: t.exposeString('url', { description: 'URL of the endpoint, which may contain a secret of the receiver.' }),
    types: t.expose('types', { type: ['ChangeType'], description: 'Kinds of changes that are sent.' }),
    sources: t.expose('sources', { type: ['ChangeSource'], description: 'Origins of changes that are sent.' }),
    filter: t.expose('filter', {
      type: 'JSON',
      nullable: true,
      description: 'A TicketFilter for the tickets whose changes are sent. Null for all that are not archived.',
    }),
    sendLeaves: t.exposeBoolean('sendLeaves', {
      description: 'True if changes by which a ticket may have left the filter are sent too, with `matches: false`.',
    }),
    query: t.exposeString('query', {
      description: 'Selection on Change, whose result is sent as `data`, such as "{ type at ticket { key title } }".',
    }),
    enabled: t.exposeBoolean('enabled', {
      description: 'False if no changes are sent: disabled by `updateWebhook`, or for `disabledReason`.',
    }),
    disabledReason: t.exposeString('disabledReason', {
      nullable: true,
      description:
        'Reason for which the server disabled the webhook: the endpoint is gone (410) or has failed for three days, 100,000 deliveries are pending, the owner lacks a permission, or the query is no longer valid. Null otherwise.',
    }),
    pendingCount: t.int({
      description: 'Number of pending deliveries.',
      ...nestedField(pendingCount, { work: 5 }),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of creation.' }),
    deliveries: t.field({
      type: WebhookDeliveryConnection,
      description: 'Messages of the last seven days, newest first.',
      args: {
        status: t.arg({ type: 'DeliveryStatus', description: 'State of the deliveries. Defaults to all.' }),
        ...pageArgs,
      },
      ...nestedField(
        relatedConnection(sql`d.webhook_id`, (_context, args) =>
          deliveryList((args as { status?: DeliveryStatus | null }).status ?? null),
        ),
      ),
    }),
  }),
})

export const { Connection: WebhookConnection } = connectionTypes<WebhookRow>('Webhook', 'webhooks')

builder.objectField('Project', 'webhooks', (t) =>
  t.field({
    type: WebhookConnection,
    description: `Webhooks of the project, newest first, at most ${maxWebhooks}. Empty unless you are MAINTAINER.`,
    args: pageArgs,
    ...nestedField(relatedConnection(sql`w.project_id`, (context) => webhookList(requireViewer(context)))),
  }),
)
