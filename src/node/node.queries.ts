import { builder } from '../builder.ts'
import { checkArgument, idList, id as idRule } from '../check.ts'
import { findNode } from './node.loaders.ts'

const maxNodes = 100

builder.queryFields((t) => ({
  node: t.field({
    type: 'Node',
    nullable: true,
    description: 'Anything by its id; null where there is nothing that you may see.',
    args: { id: t.arg.id({ required: true, description: 'The id.' }) },
    resolve: (_root, { id }, context) => findNode(context, checkArgument('id', id, idRule)),
  }),
  nodes: t.field({
    type: ['Node'],
    extensions: { size: ({ ids }) => (Array.isArray(ids) ? ids.length : 1) },
    nullable: { list: false, items: true },
    description: `Many things by their ids, in the order asked; null where there is nothing that you may see.`,
    args: { ids: t.arg.idList({ required: true, description: `The ids: at most ${maxNodes}.` }) },
    resolve: (_root, { ids }, context) =>
      checkArgument('ids', ids, idList(maxNodes)).map((id) => findNode(context, id)),
  }),
}))
