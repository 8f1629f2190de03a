import { builder } from '../builder.ts'

builder.interfaceType('Node', {
  description: 'An object with a globally unique id.',
  resolveType: (node) => (node as { __typename?: string }).__typename,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Globally unique identifier: a UUIDv7, which sorts by time of creation.' }),
  }),
})
