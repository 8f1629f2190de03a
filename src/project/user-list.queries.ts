import { builder } from '../builder.ts'
import { checkArgument, projectReference, searchText } from '../check.ts'
import { requireViewer } from '../context.ts'
import { sql } from '../database/sql.ts'
import { allOf, containsText } from '../filter/comparators.ts'
import { connectionTypes, pageArgs, readConnection } from '../paging/connection.type.ts'
import { projectId } from '../reference.ts'
import { type UserRow, userColumns, userOrder } from '../user/user.sql.ts'
import { assignableUsers, visibleProject } from './project.access.ts'

const { Connection: UserConnection } = connectionTypes<UserRow>('User', 'users')

builder.queryFields((t) => ({
  users: t.field({
    type: UserConnection,
    description: 'Users, sorted by username. All by default, including deactivated ones.',
    args: {
      active: t.arg.boolean({ description: 'True returns active users, false deactivated ones.' }),
      assignableIn: t.arg.id({
        description:
          'Id or key of a project. Returns its possible assignees: active users with access to it. No users if you have none.',
      }),
      search: t.arg.string({
        description: 'Substring of the username or name, case-insensitive, at most 200 characters.',
      }),
      ...pageArgs,
    },
    resolve: (_root, { active, assignableIn, search, ...page }, context, info) => {
      const conditions = [containsText([sql`u.username`, sql`u.name`], checkArgument('search', search, searchText))]
      if (active !== null && active !== undefined) conditions.push(sql`u.active = ${active}`)
      if (assignableIn !== null && assignableIn !== undefined) {
        const project = projectId(checkArgument('assignableIn', assignableIn, projectReference))
        conditions.push(visibleProject(requireViewer(context), project), assignableUsers(project))
      }
      const where = allOf(conditions)
      return readConnection({ columns: userColumns, from: sql`users u`, where, order: userOrder }, page, context, info)
    },
  }),
}))
