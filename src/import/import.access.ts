import { type Sql, sql } from '../database/sql.ts'
import { Forbidden } from '../errors.ts'
import { type ImportFieldKey, importField } from '../import-file/field.parser.ts'
import { hasRole, mustHaveRole, type ProjectPermissions, visibleProjects } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'

export const visibleImports = (viewer: Viewer): Sql =>
  sql`EXISTS (SELECT FROM projects p WHERE p.id = i.project_id AND ${visibleProjects(viewer)})`

export function mustBeAbleToImport(field: ImportFieldKey, permissions: ProjectPermissions): void {
  const { name, onlyFor } = importField(field)
  if (onlyFor === 'MAINTAINER') mustHaveRole(permissions, 'MAINTAINER', `Importing ${name}`)
}

export function mustBeAbleToUndo(
  viewer: Viewer,
  { actorId }: { readonly actorId: string },
  permissions: ProjectPermissions,
): void {
  mustHaveRole(permissions, 'CONTRIBUTOR', 'Undoing an import')
  if (actorId !== viewer.id && !hasRole(permissions, 'MAINTAINER'))
    throw new Forbidden('Only the user who ran the import or a MAINTAINER of the project can undo it.')
}
