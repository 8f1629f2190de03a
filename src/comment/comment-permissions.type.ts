import { builder } from '../builder.ts'
import { requireViewer } from '../context.ts'
import type { ProjectPermissions } from '../project/project.access.ts'
import type { FieldDependencies } from '../reading/look-ahead.ts'
import { readNested } from '../reading/nested.ts'
import { canComment } from '../ticket/ticket.access.ts'
import { canDeleteComment, canEditComment } from './comment.access.ts'
import { commentPermissions } from './comment.loaders.ts'

const CommentPermissions = builder
  .objectRef<Record<'reply' | 'update' | 'delete', boolean>>('CommentPermissions')
  .implement({
    description: 'Your permissions for a comment. All are false in an archived project.',
    fields: (t) => ({
      reply: t.exposeBoolean('reply', { description: 'True if you may reply to it. Requires REPORTER.' }),
      update: t.exposeBoolean('update', {
        description:
          'True if you may edit its text: as its author with REPORTER, or as an ADMIN. False after deletion.',
      }),
      delete: t.exposeBoolean('delete', {
        description:
          'True if you may delete it: as its author with REPORTER, or as a MAINTAINER. False after deletion.',
      }),
    }),
  })

builder.objectField('Comment', 'viewerCan', (t) =>
  t.field({
    type: CommentPermissions,
    description: 'Your permissions for the comment.',
    extensions: {
      reads: { columns: ['authorId', 'deletedAt'], nested: commentPermissions } satisfies FieldDependencies,
    },
    resolve: async (comment, args, context, info) => {
      const permissions = await readNested<ProjectPermissions>(commentPermissions, comment, args, { context, info })
      const viewer = requireViewer(context)
      const exists = comment.deletedAt === null
      return {
        reply: canComment(permissions),
        update: exists && canEditComment(viewer, comment, permissions),
        delete: exists && canDeleteComment(viewer, comment, permissions),
      }
    },
  }),
)
