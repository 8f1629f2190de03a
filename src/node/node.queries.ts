import { builder } from '../builder.ts'
import { checkArgument, idList, id as idRule } from '../check.ts'
import { findNode } from './node.loaders.ts'

const maxNodes = 100

builder.queryFields((t) => ({
  node: t.field({
    type: 'Node',
    nullable: true,
    description: 'An object of any type, by id. Null if it was not found or you cannot see it.',
    args: { id: t.arg.id({ required: true, description: 'Id of the object, a UUID.' }) },
    resolve: (_root, { id }, context) => findNode(context, checkArgument('id', id, idRule)),
  }),
  nodes: t.field({
    type: ['Node'],
    extensions: { size: ({ args: { ids } }) => (Array.isArray(ids) ? ids.length : 1) },
    nullable: { list: false, items: true },
    description: 'Objects of any type, in the order of `ids`. Null for each that was not found or that you cannot see.',
    args: { ids: t.arg.idList({ required: true, description: `Ids of the objects, at most ${maxNodes}.` }) },
    resolve: (_root, { ids }, context) =>
      checkArgument('ids', ids, idList(maxNodes)).map((id) => findNode(context, id)),
  }),
}))
