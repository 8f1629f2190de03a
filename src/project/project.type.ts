import { ProjectRole } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { connectionTypes, pageArgs, relatedConnection } from '../paging/connection.type.ts'
import type { List } from '../paging/page.ts'
import type { FieldDependencies } from '../reading/look-ahead.ts'
import { nestedField } from '../reading/nested.ts'
import { userRelation } from '../user/user.loaders.ts'
import { userOrder } from '../user/user.sql.ts'
import { getProjectPermissions } from './project.loaders.ts'
import { type MemberRow, memberColumns, type ProjectRow } from './project.sql.ts'

builder.enumType('ProjectRole', {
  description:
    'Role of a user in a project. From VIEWER to MAINTAINER, each role includes the permissions of the previous one.',
  values: {
    [ProjectRole.VIEWER]: { description: 'May read tickets, comments and reports.' },
    [ProjectRole.REPORTER]: { description: 'May also create tickets, comment, and edit tickets that they reported.' },
    [ProjectRole.CONTRIBUTOR]: { description: 'May also edit, assign and label all tickets and change their status.' },
    [ProjectRole.MAINTAINER]: { description: 'May also archive tickets and manage labels, members and the project.' },
  },
})

export const ProjectMember = builder.prismaObject('ProjectMember', {
  description: 'A user with an individual role in a project.',
  fields: (t) => ({
    user: t.field({
      type: 'User',
      description: 'User who is the member.',
      ...nestedField(userRelation('userId')),
    }),
    role: t.expose('role', {
      type: 'ProjectRole',
      description: 'Individual role. The default role of the project applies if it is higher.',
    }),
  }),
})

const { Connection: ProjectMemberConnection } = connectionTypes<MemberRow>(ProjectMember, 'members')

builder.prismaObject('Project', {
  interfaces: ['Node'],
  description:
    'A container of tickets, such as a product, plant or team, with its own members, labels and ticket numbers.',
  fields: (t) => ({
    key: t.exposeString('key', {
      description:
        'Prefix of ticket keys, such as "CORE" in "CORE-42". Arguments for project ids accept it. Never changes.',
    }),
    name: t.exposeString('name', { description: 'Display name, at most 100 characters.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'Description in Markdown, at most 64 KiB.',
    }),
    defaultRole: t.expose('defaultRole', {
      type: 'ProjectRole',
      nullable: true,
      description: 'Minimum role of every signed-in user. Null if only members and ADMINs can see the project.',
    }),
    viewerRole: t.field({
      type: 'ProjectRole',
      description: 'Your role: the higher of your individual role and the default role. MAINTAINER for an ADMIN.',
      extensions: { reads: {} satisfies FieldDependencies },
      resolve: async ({ id }, _args, context) => (await getProjectPermissions(context, id)).viewerRole,
    }),
    members: t.field({
      type: ProjectMemberConnection,
      description: 'Users with an individual role, sorted by username.',
      args: pageArgs,
      ...nestedField(relatedConnection(sql`m.project_id`, () => memberList)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of creation.' }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of archiving. An archived project is read-only. Null if not archived.',
    }),
  }),
})

const memberList: List<MemberRow> = {
  columns: memberColumns,
  from: sql`project_members m JOIN users u ON u.id = m.user_id`,
  where: sql`TRUE`,
  order: userOrder,
}

export const { Connection: ProjectConnection, Edge: ProjectEdge } = connectionTypes<ProjectRow>('Project', 'projects')
