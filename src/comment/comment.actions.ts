import { empty, type Sql, sql } from '../database/sql.ts'
import type { Statements, Transaction } from '../database/statements.ts'
import { LostRace } from '../database/transaction.ts'
import { BadUserInput, Conflict, Forbidden, NotFound } from '../errors.ts'
import { recordInFeed } from '../feed/feed.sql.ts'
import { mustHaveRole, type ProjectPermissions, permissionColumns, roleSuffices } from '../project/project.access.ts'
import { ticketsByReference } from '../reference.ts'
import { visibleTicketsByReference } from '../ticket/ticket.access.ts'
import type { Viewer } from '../viewer.ts'
import { canDeleteComment, canEditComment } from './comment.access.ts'
import { type CommentRow, commentColumns } from './comment.sql.ts'

export interface NewComment {
  readonly ticketId: string
  readonly parentId?: string | null | undefined
  readonly body: string
}

export async function addComment(db: Statements, viewer: Viewer, comment: NewComment): Promise<CommentRow> {
  // One statement is sufficient. In a transaction, after it has written nothing, the reason is found.
  if (db.inTransaction) await mustBeAbleToAdd(db, viewer, comment)
  return insertComment(db, viewer, comment)
}

async function mustBeAbleToAdd(tx: Statements, viewer: Viewer, { ticketId, parentId }: NewComment): Promise<void> {
  const [ticket] = await tx.query<(ProjectPermissions & { id: string })[]>(sql`
    SELECT t.id, ${permissionColumns(viewer)} FROM tickets t JOIN projects p ON p.id = t.project_id
    WHERE ${ticketsByReference([ticketId])} AND ${visibleTicketsByReference(viewer)}`)
  if (!ticket) throw new NotFound(`Ticket "${ticketId}" was not found, or you cannot see it.`)
  mustHaveRole(ticket, 'REPORTER', 'Commenting')
  if (!parentId) return
  const parents = await tx.query<unknown[]>(sql`
    SELECT FROM comments WHERE id = ${parentId}::uuid AND ticket_id = ${ticket.id}::uuid AND deleted_at IS NULL FOR SHARE`)
  if (parents.length === 0)
    throw new BadUserInput([{ path: 'parentId', message: 'is not a comment of this ticket, or was deleted' }])
}

/** Throws LostRace if a precondition is not met, or if another transaction is deleting the parent. */
async function insertComment(
  db: Statements,
  viewer: Viewer,
  { ticketId, parentId, body }: NewComment,
): Promise<CommentRow> {
  const parentExists = sql`AND EXISTS (
    SELECT FROM comments parent WHERE parent.id = ${parentId}::uuid AND parent.ticket_id = t.id AND parent.deleted_at IS NULL
    FOR SHARE SKIP LOCKED)`
  const [row] = await db.query<{ comment: string }[]>(sql`
    WITH ticket AS (
      SELECT t.id, t.project_id, t.number FROM tickets t JOIN projects p ON p.id = t.project_id
      WHERE ${ticketsByReference([ticketId])} AND ${roleSuffices(viewer, sql`'REPORTER'`)} ${parentId ? parentExists : empty}),
    added AS (
      INSERT INTO comments AS c (ticket_id, author_id, parent_id, body, created_at)
      SELECT ticket.id, ${viewer.id}::uuid, ${parentId ?? null}::uuid, ${body}, clock_timestamp() FROM ticket
      RETURNING c.id, c.created_at, ${commentColumns.text} AS comment),
    fed AS (${recordInFeed({
      from: sql`ticket c, added`,
      type: sql`'COMMENT_ADDED'`,
      actorId: viewer.id,
      at: sql`added.created_at`,
      commentId: sql`added.id`,
    })})
    SELECT comment FROM added`)
  if (!row) throw new LostRace()
  return commentColumns.parse(row.comment)
}

export async function editComment(tx: Transaction, viewer: Viewer, id: string, body: string): Promise<CommentRow> {
  const comment = await lockComment(tx, viewer, id)
  if (!canEditComment(viewer, comment, comment)) {
    mustHaveRole(comment, 'REPORTER', 'Editing a comment')
    throw new Forbidden('Only its author or an ADMIN can edit a comment.')
  }
  if (comment.deletedAt) throw new Conflict('A deleted comment cannot be edited.')
  if (body !== comment.body)
    await changeComment(tx, viewer, id, 'COMMENT_EDITED', {
      set: sql`body = ${body}, edited_at = clock_timestamp()`,
      at: sql`edited_at`,
    })
  return readComment(tx, id)
}

/**
 * Empties a comment with replies, and removes one without, together with deleted ancestors that have no other replies.
 * Returns the id of the ticket.
 */
export async function deleteComment(tx: Transaction, viewer: Viewer, id: string): Promise<string> {
  const comment = await lockComment(tx, viewer, id)
  if (!canDeleteComment(viewer, comment, comment)) {
    mustHaveRole(comment, 'REPORTER', 'Deleting a comment')
    throw new Forbidden('Only its author or a MAINTAINER can delete a comment.')
  }
  await lockAncestors(tx, id)
  if (comment.deletedAt === null)
    await changeComment(tx, viewer, id, 'COMMENT_DELETED', {
      set: sql`body = '', deleted_at = clock_timestamp()`,
      at: sql`deleted_at`,
    })
  await removeDeletedLeaves(tx, id)
  return comment.ticketId
}

const changeComment = (
  tx: Transaction,
  viewer: Viewer,
  id: string,
  type: 'COMMENT_EDITED' | 'COMMENT_DELETED',
  { set, at }: { readonly set: Sql; readonly at: Sql },
) =>
  tx.query(sql`
    WITH changed AS (UPDATE comments SET ${set} WHERE id = ${id}::uuid RETURNING ticket_id, id AS comment_id, ${at} AS at)
    ${recordInFeed({
      from: sql`tickets c JOIN changed ON changed.ticket_id = c.id`,
      type: sql`${type}`,
      actorId: viewer.id,
      at: sql`changed.at`,
      commentId: sql`changed.comment_id`,
    })}`)

/**
 * Waits for concurrent replies, which the following statements see. Replies and deletions lock comments from the bottom up,
 * and then the time of the last comment, which their triggers update. Another order causes deadlocks.
 */
const lockAncestors = (tx: Transaction, id: string) =>
  tx.query(sql`
    WITH RECURSIVE ancestors AS (
      SELECT parent_id AS id, 1 AS height FROM comments WHERE id = ${id}::uuid
      UNION ALL SELECT c.parent_id, height + 1 FROM ancestors a JOIN comments c ON c.id = a.id)
    SELECT FROM comments c JOIN ancestors a ON a.id = c.id ORDER BY a.height FOR UPDATE OF c`)

/** Removes a deleted comment without replies, then its parent under the same condition, and so on. */
async function removeDeletedLeaves(tx: Transaction, id: string): Promise<void> {
  for (let next: string | null = id; next !== null; ) {
    const removedComments: { parentId: string | null }[] = await tx.query(sql`
      DELETE FROM comments c WHERE id = ${next}::uuid AND deleted_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM comments reply WHERE reply.parent_id = c.id)
      RETURNING parent_id AS "parentId"`)
    next = removedComments[0]?.parentId ?? null
  }
}

async function lockComment(tx: Transaction, viewer: Viewer, id: string): Promise<CommentRow & ProjectPermissions> {
  const target = sql`c.id = ${id}::uuid AND ${visibleTicketsByReference(viewer)}`
  await tx.query(sql`
    SELECT FROM comments c JOIN tickets t ON t.id = c.ticket_id WHERE ${target} FOR UPDATE OF c`)
  const rows = await tx.query<(CommentRow & ProjectPermissions)[]>(sql`
    SELECT ${commentColumns.all}, ${permissionColumns(viewer)} FROM comments c
    JOIN tickets t ON t.id = c.ticket_id JOIN projects p ON p.id = t.project_id
    WHERE ${target}`)
  if (!rows[0]) throw new NotFound(`Comment "${id}" was not found, or you cannot see it.`)
  return rows[0]
}

async function readComment(tx: Transaction, id: string): Promise<CommentRow> {
  const rows = await tx.query<[CommentRow]>(sql`SELECT ${commentColumns.all} FROM comments c WHERE c.id = ${id}::uuid`)
  return rows[0]
}
