import type { DeliveryStatus } from '../../prisma/generated/client.ts'
import { sql } from '../database/sql.ts'
import type { List } from '../paging/page.ts'
import { rowLoader } from '../reading/loader.ts'
import type { NestedField } from '../reading/look-ahead.ts'
import { toOne } from '../reading/nested.ts'
import type { Viewer } from '../viewer.ts'
import { visibleWebhooks } from './webhook.access.ts'
import {
  type DeliveryRow,
  deliveryColumns,
  deliveryOrder,
  type WebhookRow,
  webhookColumns,
  webhookOrder,
} from './webhook.sql.ts'

export const findWebhook = rowLoader<WebhookRow>(webhookColumns, sql`webhooks w`, visibleWebhooks)

export const findDelivery = rowLoader<DeliveryRow>(
  deliveryColumns,
  sql`webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id`,
  visibleWebhooks,
)

/** `property` contains the id of the webhook. */
export const webhookRelation = (property: string) => toOne(property, webhookColumns, sql`webhooks w`)

export const webhookList = (viewer: Viewer): List<WebhookRow> => ({
  columns: webhookColumns,
  from: sql`webhooks w`,
  where: visibleWebhooks(viewer),
  order: webhookOrder,
})

export const deliveryList = (status: DeliveryStatus | null): List<DeliveryRow> => ({
  columns: deliveryColumns,
  from: sql`webhook_deliveries d`,
  where: status ? sql`d.status = ${status}::delivery_status` : sql`TRUE`,
  order: deliveryOrder,
})

export const pendingCount: NestedField = {
  keyProperty: 'id',
  fragment: () => ({
    sql: sql`(SELECT count(*)::integer FROM webhook_deliveries d WHERE d.webhook_id = parent.id AND d.status = 'PENDING')`,
  }),
}
