import { builder } from '../builder.ts'
import { sql } from '../database/sql.ts'
import { maxStoredErrors } from '../import-merge/error.actions.ts'
import { connectionType, forwardArgs, relatedConnection } from '../paging/connection.type.ts'
import { projectRelation } from '../project/project.loaders.ts'
import { nestedField } from '../reading/nested.ts'
import { TicketConnection } from '../ticket/ticket-connection.type.ts'
import { userRelation } from '../user/user.loaders.ts'
import { importedTicketList, importList, rowErrorList } from './import.loaders.ts'
import type { ImportFaultRow, ImportRecord } from './import.sql.ts'

const ImportFault = builder.prismaObject('ImportFault', {
  description: 'A row error: an invalid cell, row or header of an imported file.',
  fields: (t) => ({
    row: t.exposeInt('row', { description: 'Row number. 1 is the first row after the header, 0 the header.' }),
    column: t.exposeString('column', {
      nullable: true,
      description: 'Header of the column, or the field that the file lacks. Null if the whole row is invalid.',
    }),
    value: t.exposeString('value', {
      nullable: true,
      description: 'Value of the cell, cut to 200 characters. Null if there is none.',
    }),
    message: t.exposeString('message', {
      description:
        'Problem, phrased to follow the column name, such as "must not be blank". Suggests similar names for an unknown name.',
    }),
  }),
})

const ImportFaultConnection = connectionType<ImportFaultRow>(ImportFault, 'row errors')

builder.prismaObject('Import', {
  interfaces: ['Node'],
  description: 'An import of tickets from a file, and its outcome. Includes dry runs and rejected files.',
  fields: (t) => ({
    project: t.field({
      type: 'Project',
      description: 'Project that the tickets belong to.',
      ...nestedField(projectRelation('projectId')),
    }),
    actor: t.field({ type: 'User', description: 'User who ran the import.', ...nestedField(userRelation('actorId')) }),
    fileName: t.exposeString('fileName', { description: 'Name of the file as uploaded, without folders.' }),
    kind: t.expose('kind', { type: 'TicketKind', description: 'Kind of all tickets in the file.' }),
    dryRun: t.exposeBoolean('dryRun', {
      description: 'True for a dry run, which changes no ticket. Its counts predict the outcome of the import.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of the import.' }),
    undoneAt: t.expose('undoneAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of the last undo. Null if never undone.',
    }),
    rowCount: t.exposeInt('rowCount', { description: 'Number of rows in the file, without the header.' }),
    createdCount: t.exposeInt('createdCount', { description: 'Number of tickets created.' }),
    updatedCount: t.exposeInt('updatedCount', { description: 'Number of existing tickets changed.' }),
    unchangedCount: t.exposeInt('unchangedCount', { description: 'Number of rows that equal their existing tickets.' }),
    rejectedCount: t.exposeInt('rejectedCount', { description: 'Number of rows with errors.' }),
    faultCount: t.exposeInt('faultCount', {
      description: 'Number of row errors, including those that are not stored in `faults`.',
    }),
    faults: t.field({
      type: ImportFaultConnection,
      description: `Row errors in the order of the file. Only the first ${maxStoredErrors} are stored.`,
      args: forwardArgs,
      ...nestedField(relatedConnection(sql`f.import_id`, () => rowErrorList)),
    }),
    rejectedRows: t.exposeString('rejectedRows', {
      nullable: true,
      extensions: { cost: 1000 },
      description:
        'Rows with errors that an import with `onError: SKIP` skipped, as CSV with an additional column "reason", to fix and import again. Formulas are prefixed with an apostrophe, which an import removes. At most 10 million characters. Null if no row was skipped.',
    }),
    tickets: t.field({
      type: TicketConnection,
      description: 'Tickets that the import created or changed, ordered by number, except those that an undo reverted.',
      args: forwardArgs,
      ...nestedField(relatedConnection(sql`it.import_id`, () => importedTicketList)),
    }),
  }),
})

const ImportConnection = connectionType<ImportRecord>('Import', 'imports')

builder.objectField('Project', 'imports', (t) =>
  t.field({
    type: ImportConnection,
    description: 'Imports into the project, newest first.',
    args: forwardArgs,
    ...nestedField(relatedConnection(sql`i.project_id`, () => importList)),
  }),
)
