import { sql } from '../database/sql.ts'
import { type Order, uuid } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'

export type WebhookRow = Row<'Webhook'>

export const webhookColumns = columnsOf<WebhookRow>('w', {
  id: 'always',
  projectId: 'plain',
  ownerId: 'plain',
  name: 'plain',
  url: 'plain',
  types: 'plain',
  sources: 'plain',
  filter: 'plain',
  sendLeaves: 'plain',
  query: 'plain',
  enabled: 'plain',
  disabledReason: 'plain',
  createdAt: 'time',
})

export type DeliveryRow = Row<'WebhookDelivery'>

export const deliveryColumns = columnsOf<DeliveryRow>('d', {
  id: 'always',
  webhookId: 'plain',
  type: 'plain',
  body: 'plain',
  status: 'plain',
  nextAt: 'time',
  attempts: 'plain',
  createdAt: 'time',
})

/** Newest first. */
export const webhookOrder: Order = [{ name: 'id', sql: sql`w.id`, type: uuid, descending: true }]

/** Newest first. */
export const deliveryOrder: Order = [{ name: 'id', sql: sql`d.id`, type: uuid, descending: true }]
