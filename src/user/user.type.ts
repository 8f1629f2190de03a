import { UserRole } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'
import { connectionType } from '../paging/connection.type.ts'
import type { Reads } from '../reading/look-ahead.ts'
import type { UserRow } from './user.sql.ts'

builder.enumType('UserRole', {
  description: 'What an account may do on the whole server.',
  values: {
    [UserRole.MEMBER]: { description: 'May do what the roles in projects allow.' },
    [UserRole.ADMIN]: { description: 'May see and do everything, in every project.' },
  },
})

builder.prismaObject('User', {
  interfaces: ['Node'],
  description: 'An account: a person, or a script that signs in.',
  fields: (t) => ({
    username: t.exposeString('username', {
      description: 'The name that signs in, in lower case; stands for the id in every argument.',
    }),
    name: t.exposeString('name', { description: 'The name that people read.' }),
    email: t.field({
      type: 'EmailAddress',
      nullable: true,
      description: 'Seen by the user and by admins; null for everybody else.',
      extensions: { reads: { columns: ['email'] } satisfies Reads },
      resolve: ({ id, email }, _args, { viewer }) => (viewer?.id === id || viewer?.role === 'ADMIN' ? email : null),
    }),
    role: t.expose('role', { type: 'UserRole', description: 'What the account may do on the whole server.' }),
    active: t.exposeBoolean('active', {
      description: 'False once closed: it cannot sign in or be assigned; what it did stays.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the account was made.' }),
  }),
})

export const UserConnection = connectionType<UserRow>('User', 'users')
