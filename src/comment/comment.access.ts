import { hasRole, type ProjectRights } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'

interface Written {
  readonly authorId: string
}

/** Whether the viewer may change what a comment says: who wrote it, and admins. */
export const canEditComment = (viewer: Viewer, { authorId }: Written, rights: ProjectRights) =>
  hasRole(rights, 'REPORTER') && (authorId === viewer.id || viewer.role === 'ADMIN')

/** Whether the viewer may delete a comment: who wrote it, and the project's maintainers. */
export const canDeleteComment = (viewer: Viewer, { authorId }: Written, rights: ProjectRights) =>
  hasRole(rights, 'MAINTAINER') || (hasRole(rights, 'REPORTER') && authorId === viewer.id)
