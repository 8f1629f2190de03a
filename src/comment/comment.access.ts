import { hasRole, type ProjectRights } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'
import type { CommentRow } from './comment.sql.ts'

type WithAuthor = Pick<CommentRow, 'authorId'>

export const canEditComment = (viewer: Viewer, { authorId }: WithAuthor, rights: ProjectRights) =>
  hasRole(rights, 'REPORTER') && (authorId === viewer.id || viewer.role === 'ADMIN')

export const canDeleteComment = (viewer: Viewer, { authorId }: WithAuthor, rights: ProjectRights) =>
  hasRole(rights, 'MAINTAINER') || (hasRole(rights, 'REPORTER') && authorId === viewer.id)
