import { builder } from '../builder.ts'
import { checkArgument, id as idRule } from '../check.ts'
import { findImport } from './import.loaders.ts'

builder.queryField('import', (t) =>
  t.field({
    type: 'Import',
    nullable: true,
    description: 'An import, by id. Null if it was not found or you cannot see it.',
    args: { id: t.arg.id({ required: true, description: 'Id of the import, a UUID.' }) },
    resolve: (_root, { id }, context) => findImport(context, checkArgument('id', id, idRule)),
  }),
)
