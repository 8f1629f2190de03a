import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { maxStoredErrors } from '../import-merge/error.actions.ts'
import { connectionType, forwardArgs, relatedConnection } from '../paging/connection.type.ts'
import { projectRelation } from '../project/project.loaders.ts'
import { nestedField } from '../reading/nested.ts'
import { TicketConnection } from '../ticket/ticket-connection.type.ts'
import { userRelation } from '../user/user.loaders.ts'
import { faultList, importedTicketList, importList } from './import.loaders.ts'
import type { ImportFaultRow, ImportRecord } from './import.sql.ts'

const ImportFault = builder.objectRef<ImportFaultRow>('ImportFault').implement({
  description: 'What is wrong in one place of a file.',
  fields: (t) => ({
    row: t.exposeInt('row', { description: 'The row: 1 is the first one after the header, 0 the header itself.' }),
    column: t.exposeString('column', { nullable: true, description: 'The column; null where it is the whole row.' }),
    value: t.exposeString('value', { nullable: true, description: 'What stands there: 200 characters of it at most.' }),
    message: t.exposeString('message', {
      description: 'What is wrong with it, and for a word that is not known the nearest ones that are.',
    }),
  }),
})

const ImportFaultConnection = connectionType<ImportFaultRow>(ImportFault, 'faults')

builder.objectType('Import', {
  interfaces: ['Node'],
  description: 'A file of tickets that was imported, or tried, or refused.',
  fields: (t) => ({
    project: t.field({ type: 'Project', description: 'Where it went.', ...nestedField(projectRelation('projectId')) }),
    actor: t.field({ type: 'User', description: 'Who imported it.', ...nestedField(userRelation('actorId')) }),
    fileName: t.exposeString('fileName', { description: 'The name of the file.' }),
    kind: t.expose('kind', { type: 'TicketKind', description: 'What its rows are.' }),
    dryRun: t.exposeBoolean('dryRun', {
      description: 'Whether it was only tried: then the counts tell what would be.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
    undoneAt: t.expose('undoneAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last taken back; null where it was not.',
    }),
    rowCount: t.exposeInt('rowCount', { description: 'How many rows the file has, without the header.' }),
    createdCount: t.exposeInt('createdCount', { description: 'How many tickets it made.' }),
    updatedCount: t.exposeInt('updatedCount', { description: 'How many tickets it changed.' }),
    unchangedCount: t.exposeInt('unchangedCount', { description: 'How many rows say what their tickets say already.' }),
    rejectedCount: t.exposeInt('rejectedCount', { description: 'How many rows are at fault.' }),
    faultCount: t.exposeInt('faultCount', { description: 'How many faults they have.' }),
    faults: t.field({
      type: ImportFaultConnection,
      description: `What is wrong in the file, in its order: the first ${maxStoredErrors} faults are kept.`,
      args: forwardArgs,
      ...nestedField(relatedConnection(sql`f.import_id`, () => faultList)),
    }),
    rejectedRows: t.exposeString('rejectedRows', {
      nullable: true,
      extensions: { cost: 1000 },
      description:
        'With SKIP, the rows that were not taken, as CSV with a column "reason": mend them and import them again. 10 million characters at most; null where all were taken.',
    }),
    tickets: t.field({
      type: TicketConnection,
      description: 'The tickets that it made or changed, by number. An import that was undone has none.',
      args: forwardArgs,
      ...nestedField(relatedConnection(sql`it.import_id`, () => importedTicketList)),
    }),
  }),
})

const ImportConnection = connectionType<ImportRecord>('Import', 'imports')

builder.objectField('Project', 'imports', (t) =>
  t.field({
    type: ImportConnection,
    description: 'Files that were imported into it, newest first.',
    args: forwardArgs,
    ...nestedField(relatedConnection(sql`i.project_id`, () => importList)),
  }),
)
