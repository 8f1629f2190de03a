import { hasRole, type ProjectPermissions } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'
import type { CommentRow } from './comment.sql.ts'

type WithAuthor = Pick<CommentRow, 'authorId'>

export const canEditComment = (viewer: Viewer, { authorId }: WithAuthor, permissions: ProjectPermissions) =>
  hasRole(permissions, 'REPORTER') && (authorId === viewer.id || viewer.role === 'ADMIN')

export const canDeleteComment = (viewer: Viewer, { authorId }: WithAuthor, permissions: ProjectPermissions) =>
  hasRole(permissions, 'MAINTAINER') || (hasRole(permissions, 'REPORTER') && authorId === viewer.id)
