import { builder } from '../builder.ts'
import { checkArgument, idList, id as idRule } from '../check.ts'
import type { Context } from '../context.ts'
import { findNode } from './node.loaders.ts'

const maxNodes = 100

const nodeOf = (context: Context, id: string) => findNode(context, id.toLowerCase())

builder.queryFields((t) => ({
  node: t.field({
    type: 'Node',
    nullable: true,
    description: 'Anything by its id; null where there is nothing that you may see.',
    args: { id: t.arg.id({ required: true, description: 'The id.' }) },
    resolve: (_root, { id }, context) => nodeOf(context, checkArgument('id', id, idRule)),
  }),
  nodes: t.field({
    type: ['Node'],
    nullable: { list: false, items: true },
    description: `Many things by their ids, in the order asked; null where there is nothing that you may see.`,
    args: { ids: t.arg.idList({ required: true, description: `The ids: at most ${maxNodes}.` }) },
    resolve: (_root, { ids }, context) => checkArgument('ids', ids, idList(maxNodes)).map((id) => nodeOf(context, id)),
  }),
}))
