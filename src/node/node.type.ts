import { builder } from '../builder.ts'

builder.interfaceType('Node', {
  description: 'Anything with an id of its own, which `node` finds again.',
  resolveType: (node) => (node as { __typename?: string }).__typename,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Unique over all types; sorts by the time it was made (UUIDv7).' }),
  }),
})
