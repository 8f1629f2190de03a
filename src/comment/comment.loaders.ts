import { requireViewer } from '../context.ts'
import { sql } from '../database/sql.ts'
import { type ProjectPermissions, permissionColumns } from '../project/project.access.ts'
import { timeOf } from '../reading/columns.ts'
import { rowLoader } from '../reading/loader.ts'
import type { NestedField } from '../reading/look-ahead.ts'
import { toOne } from '../reading/nested.ts'
import { lastCommentTime } from '../ticket/comment-time.sql.ts'
import { visibleTicketsByReference } from '../ticket/ticket.access.ts'
import { type CommentRow, commentColumns } from './comment.sql.ts'

export const findComment = rowLoader<CommentRow>(
  commentColumns,
  sql`comments c JOIN tickets t ON t.id = c.ticket_id`,
  visibleTicketsByReference,
)

/** `property` contains the id of the comment. */
export const commentRelation = (property: string) => toOne(property, commentColumns, sql`comments c`)

/** The permissions of the viewer in the project of a comment. */
export const commentPermissions: NestedField = {
  keyProperty: 'ticketId',
  fragment: (_args, _selected, { context }) => ({
    sql: sql`(SELECT row_to_json(permissions) FROM (SELECT ${permissionColumns(requireViewer(context))}
      FROM tickets t JOIN projects p ON p.id = t.project_id WHERE t.id = parent.id) permissions)`,
    // A viewer who has lost access in this request can still read its payload.
    decode: (permissions: ProjectPermissions) => ({ ...permissions, viewerRole: permissions.viewerRole ?? 'VIEWER' }),
  }),
}

export const ticketCommentedAt: NestedField = {
  keyProperty: 'id',
  fragment: () => ({ sql: lastCommentTime(sql`parent.id`), decode: timeOf }),
}

/** Number of comments that are not deleted. */
export const commentCount: NestedField = {
  keyProperty: 'id',
  fragment: () => ({
    sql: sql`(SELECT count(*) FROM comments c WHERE c.ticket_id = parent.id AND c.deleted_at IS NULL)`,
  }),
}
