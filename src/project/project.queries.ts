import { builder } from '../builder.ts'
import { checkArgument, projectReference, searchText } from '../check.ts'
import { requireViewer } from '../context.ts'
import { sql } from '../database/sql.ts'
import { allOf, containsText, nullCheck } from '../filter/comparators.ts'
import { pageArgs, readConnection } from '../paging/connection.type.ts'
import { visibleProjects } from './project.access.ts'
import { readProjectByReference } from './project.loaders.ts'
import { projectColumns, projectOrder } from './project.sql.ts'
import { ProjectConnection } from './project.type.ts'

builder.queryFields((t) => ({
  project: t.field({
    type: 'Project',
    nullable: true,
    description: 'A project, by id or key. Null if it was not found or you cannot see it.',
    args: { id: t.arg.id({ required: true, description: 'Id of the project, or key such as "CORE".' }) },
    resolve: (_root, { id }, context, info) =>
      readProjectByReference(checkArgument('id', id, projectReference), { context, info }),
  }),
  projects: t.field({
    type: ProjectConnection,
    description: 'Projects that you can see, sorted by key.',
    args: {
      archived: t.arg.boolean({
        defaultValue: false,
        description: 'True returns archived projects, false all others, null both.',
      }),
      search: t.arg.string({
        description: 'Substring of the key or name, case-insensitive, at most 200 characters.',
      }),
      ...pageArgs,
    },
    resolve: (_root, { archived, search, ...page }, context, info) => {
      const isArchived =
        archived === null || archived === undefined ? sql`TRUE` : nullCheck(sql`p.archived_at`, !archived)
      const matches = containsText([sql`p.key`, sql`p.name`], checkArgument('search', search, searchText))
      const where = allOf([visibleProjects(requireViewer(context)), isArchived, matches])
      const list = { columns: projectColumns, from: sql`projects p`, where, order: projectOrder }
      return readConnection(list, page, context, info)
    },
  }),
}))
