import { ProjectRole } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { connectionType, forwardArgs, relatedConnection } from '../paging/connection.type.ts'
import type { List } from '../paging/page.ts'
import type { Reads } from '../reading/look-ahead.ts'
import { nestedField } from '../reading/nested.ts'
import { userRelation } from '../user/user.loaders.ts'
import { userOrder } from '../user/user.sql.ts'
import { getProjectRights } from './project.loaders.ts'
import { type MemberRow, memberColumns, type ProjectRow } from './project.sql.ts'

builder.enumType('ProjectRole', {
  description: 'What somebody may do in a project. Each may do all that the one before may.',
  values: {
    [ProjectRole.VIEWER]: { description: 'Reads.' },
    [ProjectRole.REPORTER]: { description: 'Also files tickets, comments, and edits what they filed.' },
    [ProjectRole.CONTRIBUTOR]: { description: 'Also edits, assigns, labels and moves every ticket.' },
    [ProjectRole.MAINTAINER]: { description: 'Also manages labels, members and the project, and archives.' },
  },
})

export const ProjectMember = builder.objectRef<MemberRow>('ProjectMember').implement({
  description: 'A user with a role of their own in a project.',
  fields: (t) => ({
    user: t.field({
      type: 'User',
      description: 'Who.',
      ...nestedField(userRelation('userId')),
    }),
    role: t.expose('role', {
      type: 'ProjectRole',
      description: 'What they may do there, unless the project allows everybody more.',
    }),
  }),
})

const ProjectMemberConnection = connectionType<MemberRow>(ProjectMember, 'members')

builder.objectType('Project', {
  interfaces: ['Node'],
  description: 'What tickets belong to: a product, a plant, a team. It has its own members, labels and numbers.',
  fields: (t) => ({
    key: t.exposeString('key', {
      description:
        'Begins the key of its tickets, such as "CORE" in CORE-42; stands for the id in every argument. Never changes.',
    }),
    name: t.exposeString('name', { description: 'The name that people read.' }),
    description: t.exposeString('description', { nullable: true, description: 'What it is about, in Markdown.' }),
    defaultRole: t.expose('defaultRole', {
      type: 'ProjectRole',
      nullable: true,
      description: 'What every signed-in user may do here; null when only members see it.',
    }),
    viewerRole: t.field({
      type: 'ProjectRole',
      description: 'What you may do here.',
      extensions: { reads: {} satisfies Reads },
      resolve: async ({ id }, _args, context) => (await getProjectRights(context, id)).viewerRole,
    }),
    members: t.field({
      type: ProjectMemberConnection,
      description: 'Who has a role of their own here, by username.',
      args: forwardArgs,
      ...nestedField(relatedConnection(sql`m.project_id`, () => memberList)),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    archivedAt: t.expose('archivedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it can only be read; null while in use.',
    }),
  }),
})

const memberList: List<MemberRow> = {
  columns: memberColumns,
  from: sql`project_members m JOIN users u ON u.id = m.user_id`,
  where: sql`TRUE`,
  order: userOrder,
}

export const ProjectConnection = connectionType<ProjectRow>('Project', 'projects')
