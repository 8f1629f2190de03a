import { TokenScope } from '../../prisma/generated/client.ts'
import { builder } from '../builder.ts'

builder.enumType('TokenScope', {
  description: 'What an access token is good for.',
  values: {
    [TokenScope.READ]: { description: 'Queries alone.' },
    [TokenScope.WRITE]: { description: 'Everything that its owner may do.' },
  },
})

builder.objectType('AccessToken', {
  description: 'A token for a script, which acts as the user who made it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Names it when it is revoked; not the secret.' }),
    name: t.exposeString('name', { nullable: true, description: 'What it is for, in the words of its owner.' }),
    scope: t.expose('scope', { type: 'TokenScope', description: 'What it is good for.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ends; null when it does not.',
    }),
  }),
})
