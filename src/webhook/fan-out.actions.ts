import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { numberChanges } from '../feed/feed.actions.ts'
import type { ChangeMessage, FeedRange } from './change-messages.loaders.ts'
import { readSources, type Source } from './source.loaders.ts'
import { createSourceReader } from './source-messages.actions.ts'
import { createSourceValidator, type ValidateSource } from './source-validation.actions.ts'
import { disableWebhook } from './webhook.actions.ts'

/** Positions that are read together. */
const rangeSize = 200
const maxPendingDeliveries = 100_000

/**
 * Queues a delivery for each change and webhook that sends it, up to the end of the feed. Servers may read a range
 * concurrently; the first one to move the position stores its deliveries.
 */
export type FanOut = () => Promise<void>

/** The first call of the function validates all webhooks, and disables those that became invalid by another version. */
export function createFanOut(options: Omit<Parameters<typeof createSourceReader>[0], 'validate'>): FanOut {
  const { db } = options
  const validate = createSourceValidator(options)
  const readMessages = createSourceReader({ ...options, validate })
  let isValidated = false
  return async () => {
    if (!isValidated) await disableInvalid(db, validate)
    isValidated = true
    for (;;) {
      const sources = await readSources(db)
      if (sources.length === 0) return
      await numberChanges(db)
      const range = await nextRange(db, sources)
      if (!range) return
      const deliveries: Delivery[] = []
      for (const source of await selectConcerned(db, sources, range))
        for (const message of await readMessages(source, range)) deliveries.push({ ...message, webhookId: source.id })
      if (await storeDeliveries(db, range, deliveries)) await disableOverflowing(db, deliveries)
    }
  }
}

async function disableInvalid(db: Statements, validate: ValidateSource): Promise<void> {
  for (const source of await readSources(db)) {
    const validation = await validate(source)
    if ('reason' in validation) await disableWebhook(db, source.id, validation.reason)
  }
}

interface StoredRange extends FeedRange {
  /** The stored position, which may be older than all webhooks. */
  readonly stored: number
}

/** Null at the end of the feed. */
async function nextRange(db: Statements, sources: readonly Source[]): Promise<StoredRange | null> {
  const [{ stored, floor, last }] = await db.query<[{ stored: number; floor: number; last: number }]>(sql`
    SELECT coalesce((SELECT position FROM webhook_feed), 0)::float8 AS stored, floor::float8, last::float8 FROM feed`)
  const after = Math.max(stored, floor, Math.min(...sources.map(({ startedAfter }) => startedAfter)))
  return after < last ? { stored, after, until: Math.min(last, after + rangeSize) } : null
}

/** The webhooks that may send some of the changes of a range. */
async function selectConcerned(db: Statements, sources: readonly Source[], { after, until }: FeedRange) {
  const changes = await db.query<{ projectId: string; type: string; source: string; last: number }[]>(sql`
    SELECT project_id AS "projectId", type::text, source::text, max(position)::float8 AS last FROM changes
    WHERE position > ${after} AND position <= ${until} GROUP BY 1, 2, 3`)
  return sources.filter((webhook) =>
    changes.some(
      ({ projectId, type, source, last }) =>
        last > webhook.startedAfter &&
        (webhook.projectId === null || webhook.projectId === projectId) &&
        (webhook.types as readonly string[]).includes(type) &&
        (webhook.sources as readonly string[]).includes(source),
    ),
  )
}

type Delivery = ChangeMessage & { readonly webhookId: string }

/** Returns false if another server has moved the position. */
async function storeDeliveries(
  db: Statements,
  { stored, until }: StoredRange,
  deliveries: readonly Delivery[],
): Promise<boolean> {
  const webhookIds = deliveries.map(({ webhookId }) => webhookId)
  const [{ moved }] = await db.query<[{ moved: boolean }]>(sql`
    WITH moved AS (
      INSERT INTO webhook_feed (position) VALUES (${until})
      ON CONFLICT (id) DO UPDATE SET position = excluded.position WHERE webhook_feed.position = ${stored}
      RETURNING position),
    enabled AS (SELECT id FROM webhooks WHERE enabled AND id = ANY(${webhookIds}::uuid[]) FOR KEY SHARE),
    queued AS (
      INSERT INTO webhook_deliveries (webhook_id, change_id, type, body)
      SELECT delivery.webhook_id, delivery.change_id, delivery.type, delivery.body
      FROM moved, unnest(${webhookIds}::uuid[], ${deliveries.map(({ changeId }) => changeId)}::uuid[],
        ${deliveries.map(({ type }) => type)}::text[], ${deliveries.map(({ body }) => body)}::text[])
        WITH ORDINALITY AS delivery(webhook_id, change_id, type, body, number)
      JOIN enabled ON enabled.id = delivery.webhook_id
      ORDER BY delivery.number
      ON CONFLICT DO NOTHING)
    SELECT EXISTS (SELECT FROM moved) AS moved`)
  return moved
}

async function disableOverflowing(db: Statements, deliveries: readonly Delivery[]): Promise<void> {
  const ids = [...new Set(deliveries.map(({ webhookId }) => webhookId))]
  const overflowing = await db.query<{ id: string }[]>(sql`
    SELECT w.id FROM unnest(${ids}::uuid[]) w(id) WHERE (
      SELECT count(*) FROM (
        SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'PENDING'
        LIMIT ${maxPendingDeliveries}) pending) = ${maxPendingDeliveries}`)
  for (const { id } of overflowing) await disableWebhook(db, id, '100,000 deliveries were pending.')
}
