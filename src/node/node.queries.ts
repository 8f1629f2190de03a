import { z } from 'zod'
import { builder } from '../builder.ts'
import { atMostItems, checkArgument } from '../check.ts'
import { findNode } from './node.loaders.ts'

const maxNodes = 100
const nodeList = z.array(z.string()).max(maxNodes, atMostItems(maxNodes))

builder.queryFields((t) => ({
  node: t.field({
    type: 'Node',
    nullable: true,
    description:
      'An object of any type, by id, or by the key of a ticket or project. Null if it was not found or you cannot see it.',
    args: { id: t.arg.id({ required: true, description: 'Id of the object, or key such as "CORE-42" or "CORE".' }) },
    resolve: (_root, { id }, context) => findNode(context, id),
  }),
  nodes: t.field({
    type: ['Node'],
    extensions: { size: ({ args: { ids } }) => (Array.isArray(ids) ? ids.length : 1) },
    nullable: { list: false, items: true },
    description: 'Objects of any type, in the order of `ids`. Null for each that was not found or that you cannot see.',
    args: { ids: t.arg.idList({ required: true, description: `Ids or keys of the objects, at most ${maxNodes}.` }) },
    resolve: (_root, { ids }, context) => checkArgument('ids', ids, nodeList).map((id) => findNode(context, id)),
  }),
}))
