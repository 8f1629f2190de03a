import { isDeepStrictEqual } from 'node:util'
import { type ChangeSource, type ChangeType, Prisma } from '../../prisma/generated/client.ts'
import { definedFields } from '../database/patch.ts'
import { sql } from '../database/sql.ts'
import type { Statements, Transaction } from '../database/statements.ts'
import { BadUserInput, NotFound } from '../errors.ts'
import { numberChanges } from '../feed/feed.actions.ts'
import { mustHaveRole, type ProjectPermissions, permissionColumns } from '../project/project.access.ts'
import { lockProject } from '../project/project.actions.ts'
import type { Viewer } from '../viewer.ts'
import { mustBeAbleToReceiveAllProjects, visibleWebhooks } from './webhook.access.ts'
import { maxWebhooks } from './webhook.rules.ts'
import { type WebhookRow, webhookColumns } from './webhook.sql.ts'

export interface NewWebhook {
  readonly projectId?: string | null | undefined
  readonly name: string
  readonly url: string
  readonly types: readonly ChangeType[]
  readonly sources: readonly ChangeSource[]
  readonly filter?: unknown
  readonly sendLeaves: boolean
  readonly query: string
}

const action = 'Managing webhooks'

/** `secret` is encrypted. */
export async function createWebhook(
  tx: Transaction,
  viewer: Viewer,
  { projectId: reference, filter, types, sources, ...webhook }: NewWebhook,
  secret: Uint8Array<ArrayBuffer>,
): Promise<WebhookRow> {
  const projectId = await lockTarget(tx, viewer, reference ?? null)
  if ((await tx.prisma.webhook.count({ where: { projectId } })) >= maxWebhooks)
    throw new BadUserInput([{ path: 'projectId', message: `already has ${maxWebhooks} webhooks: delete one first` }])
  const { id } = await tx.prisma.webhook.create({
    data: {
      ...webhook,
      types: [...types],
      sources: [...sources],
      projectId,
      ownerId: viewer.id,
      secret,
      filter: storedFilter(filter),
    },
    select: { id: true },
  })
  await startAtEnd(tx, id)
  return readWebhook(tx, id)
}

/** Skips the changes that were committed before. */
async function startAtEnd(tx: Transaction, id: string): Promise<void> {
  await numberChanges(tx)
  await tx.query(sql`UPDATE webhooks SET started_after = (SELECT last FROM feed) WHERE id = ${id}::uuid`)
}

/** Locks the project, or all webhooks of no project, against the creation of others. Returns the id of the project. */
async function lockTarget(tx: Transaction, viewer: Viewer, reference: string | null): Promise<string | null> {
  if (reference === null) {
    mustBeAbleToReceiveAllProjects(viewer)
    await tx.query(sql`LOCK TABLE webhooks IN SHARE ROW EXCLUSIVE MODE`)
    return null
  }
  const project = await lockProject(tx, viewer, reference)
  mustHaveRole(project, 'MAINTAINER', action)
  return project.id
}

const storedFilter = (filter: unknown) => (filter == null ? Prisma.DbNull : (filter as Prisma.InputJsonObject))

export async function readWebhook(db: Statements, id: string): Promise<WebhookRow> {
  const [{ row }] = await db.query<[{ row: string }]>(
    sql`SELECT ${webhookColumns.text} AS row FROM webhooks w WHERE w.id = ${id}::uuid`,
  )
  return webhookColumns.parse(row)
}

/** Throws NOT_FOUND unless the viewer can manage the webhook, FORBIDDEN if its project is archived. */
export async function lockWebhook(tx: Transaction, viewer: Viewer, id: string): Promise<WebhookRow> {
  const visible = sql`w.id = ${id}::uuid AND ${visibleWebhooks(viewer)}`
  await tx.query(sql`SELECT FROM webhooks w WHERE ${visible} FOR NO KEY UPDATE`)
  const [found] = await tx.query<(Partial<ProjectPermissions> & { row: string })[]>(sql`
    SELECT ${webhookColumns.text} AS row, ${permissionColumns(viewer)}
    FROM webhooks w LEFT JOIN projects p ON p.id = w.project_id WHERE ${visible}`)
  if (!found) throw new NotFound(`Webhook "${id}" was not found, or you cannot see it.`)
  if (found.projectKey) mustHaveRole(found as ProjectPermissions, 'MAINTAINER', action)
  return webhookColumns.parse(found.row)
}

export interface WebhookPatch extends Partial<Omit<NewWebhook, 'projectId'>> {
  readonly id: string
  readonly enabled?: boolean | undefined
}

/**
 * A webhook sends with the permissions of its owner: if another user could direct it elsewhere or choose its contents, that
 * user would receive what only the owner may see.
 */
export async function updateWebhook(
  tx: Transaction,
  viewer: Viewer,
  { id, filter, types, sources, enabled, ...patch }: WebhookPatch,
): Promise<WebhookRow> {
  const webhook = await lockWebhook(tx, viewer, id)
  const isEnabled = enabled === true && !webhook.enabled
  const changesFilter = filter !== undefined && !isDeepStrictEqual(filter, webhook.filter)
  const changesContents = (['url', 'query'] as const).some((name) => (patch[name] ?? webhook[name]) !== webhook[name])
  if (enabled === false) await disableWebhook(tx, id, null)
  await tx.prisma.webhook.update({
    where: { id },
    data: {
      ...definedFields(patch),
      ...(types && { types: [...types] }),
      ...(sources && { sources: [...sources] }),
      ...(filter !== undefined && { filter: storedFilter(filter) }),
      ...(isEnabled && { enabled: true, disabledReason: null, ...withoutFailures }),
      ...((isEnabled || changesFilter || changesContents) && { ownerId: viewer.id }),
    },
    select: { id: true },
  })
  if (isEnabled) await startAtEnd(tx, id)
  return readWebhook(tx, id)
}

/** The state of an endpoint that has not failed. */
export const withoutFailures = { failures: 0, failingSince: null, waitsUntil: null } as const

/** Also fails its pending deliveries, which `redeliverWebhook` can send. `reason` is null if a user disables it. */
export const disableWebhook = (db: Statements, id: string, reason: string | null) =>
  // All writers lock a webhook before its deliveries.
  db.query(sql`
    WITH disabled AS (
      UPDATE webhooks SET enabled = FALSE, disabled_reason = ${reason} WHERE id = ${id}::uuid RETURNING id)
    UPDATE webhook_deliveries d SET status = 'FAILED', next_at = NULL FROM disabled
    WHERE d.webhook_id = disabled.id AND d.status = 'PENDING'`)

/** Returns the id of its project. */
export async function deleteWebhook(tx: Transaction, viewer: Viewer, id: string): Promise<string | null> {
  const { projectId } = await lockWebhook(tx, viewer, id)
  await tx.prisma.webhook.delete({ where: { id }, select: { id: true } })
  return projectId
}

interface Rotation {
  /** Encrypted. */
  readonly secret: Uint8Array<ArrayBuffer>
  /** True if the current secret no longer signs, because it is known to others. */
  readonly expireOld: boolean
}

/** The current secret signs for another 24 hours, so that receivers have time to replace it. */
export async function rotateSecret(
  tx: Transaction,
  viewer: Viewer,
  id: string,
  { secret, expireOld }: Rotation,
): Promise<WebhookRow> {
  const webhook = await lockWebhook(tx, viewer, id)
  const previous = expireOld ? sql`NULL, NULL` : sql`secret, now() + interval '24 hours'`
  await tx.query(sql`
    UPDATE webhooks SET (previous_secret, previous_secret_until) = ROW(${previous}), secret = ${secret}
    WHERE id = ${id}::uuid`)
  return webhook
}
