import { UserRole } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import type { FieldDependencies } from '../reading/look-ahead.ts'

builder.enumType('UserRole', {
  description: 'Role of an account on the server, independent of its roles in projects.',
  values: {
    [UserRole.MEMBER]: { description: 'Has the permissions of its project roles.' },
    [UserRole.ADMIN]: { description: 'Is MAINTAINER of every project and manages accounts.' },
  },
})

builder.prismaObject('User', {
  interfaces: ['Node'],
  description: 'An account of a person or a script.',
  fields: (t) => ({
    username: t.exposeString('username', {
      description:
        'Unique name to sign in with, in lower case. Arguments for user ids accept it, except `node` and `nodes`.',
    }),
    name: t.exposeString('name', { description: 'Display name, at most 100 characters.' }),
    email: t.field({
      type: 'EmailAddress',
      nullable: true,
      description: 'Contact address. Null if not set, or if you are neither the user nor an ADMIN.',
      extensions: { reads: { columns: ['email'] } satisfies FieldDependencies },
      resolve: ({ id, email }, _args, { viewer }) => (viewer?.id === id || viewer?.role === 'ADMIN' ? email : null),
    }),
    role: t.expose('role', { type: 'UserRole', description: 'Role on the server.' }),
    active: t.exposeBoolean('active', {
      description:
        'True if the account can sign in and be assigned. Tickets and comments of a deactivated account remain.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of creation.' }),
  }),
})
