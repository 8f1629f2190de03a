import { builder } from '../builder.ts'
import { checkArgument, id as idRule } from '../check.ts'
import { findImport } from './import.loaders.ts'

builder.queryField('import', (t) =>
  t.field({
    type: 'Import',
    nullable: true,
    description: 'One import; null where there is none that you may see.',
    args: { id: t.arg.id({ required: true, description: 'The id.' }) },
    resolve: (_root, { id }, context) => findImport(context, checkArgument('id', id, idRule)),
  }),
)
