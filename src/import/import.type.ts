import { builder } from '../builder.ts'
import { maxColumns } from '../csv/records.ts'
import { sql } from '../database/sql.ts'
import { type ImportFieldKey, importField, importFieldKeys } from '../import-file/field.parser.ts'
import { type PresetKey, preset, presetKeys } from '../import-file/preset.parser.ts'
import { maxStoredErrors } from '../import-merge/error.actions.ts'
import { previewSize } from '../import-merge/preview.actions.ts'
import { connectionTypes, pageArgs, relatedConnection } from '../paging/connection.type.ts'
import { projectRelation } from '../project/project.loaders.ts'
import { nestedField } from '../reading/nested.ts'
import type { ImportedColumn, ImportPreviewRow } from '../rows.ts'
import { TicketConnection } from '../ticket/ticket-connection.type.ts'
import { userRelation } from '../user/user.loaders.ts'
import { importedTicketList, importList, rowErrorList, warningList } from './import.loaders.ts'
import type { ImportFaultRow, ImportRecord } from './import.sql.ts'

const enumValues = <Value extends string>(values: readonly Value[], description: (value: Value) => string) =>
  Object.fromEntries(values.map((value) => [value, { description: description(value) }])) as Record<
    Value,
    { description: string }
  >

export const ImportField = builder.enumType('ImportField', {
  description:
    'Field of a ticket that a column is imported into. Defaults apply to new tickets; an empty cell keeps the value of an existing one.',
  values: enumValues<ImportFieldKey | 'IGNORE'>([...importFieldKeys, 'IGNORE'], (value) =>
    value === 'IGNORE' ? 'No field: the column is ignored.' : importField(value).description,
  ),
})

export const ImportPreset = builder.enumType('ImportPreset', {
  description: 'Tracker whose CSV files an import can read: its columns, words, formats of dates and separators.',
  values: enumValues<PresetKey>(presetKeys, (value) => `CSV files of ${preset(value).tracker}.`),
})

const ImportedColumnType = builder.objectRef<ImportedColumn>('ImportedColumn').implement({
  description: 'A column of an imported file, and its use.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'Header of the column, or "column 3" for the third column if it has no header.',
    }),
    fields: t.field({
      type: [ImportField],
      description: 'Fields that the column was imported into. Empty if it was ignored.',
      resolve: ({ fields }) => [...fields] as ImportFieldKey[],
    }),
  }),
})

const ImportAction = builder.enumType('ImportAction', {
  description: 'Effect of a row of an imported file.',
  values: {
    CREATE: { description: 'A new ticket.' },
    UPDATE: { description: 'A change of the ticket with the external key.' },
    KEEP: { description: 'No change: the row equals its ticket.' },
    REJECT: { description: 'No effect, because of an error in the row.' },
  } as const,
})

const ImportPreviewRowType = builder.objectRef<ImportPreviewRow>('ImportPreviewRow').implement({
  description: 'The effect that a row of a file would have.',
  fields: (t) => ({
    row: t.exposeInt('row', { description: 'Row number. 1 is the first row after the header.' }),
    action: t.field({ type: ImportAction, description: 'Effect of the row.', resolve: ({ action }) => action }),
    kind: t.expose('kind', { type: 'TicketKind', nullable: true, description: 'Kind of the ticket, if it is known.' }),
    externalKey: t.exposeString('externalKey', {
      nullable: true,
      description: 'Key of the ticket in its source system. Null if the row has none.',
    }),
    title: t.exposeString('title', { nullable: true, description: 'Title of the ticket after the import.' }),
    status: t.expose('status', { type: 'TicketStatus', description: 'Status of the ticket after the import.' }),
    changes: t.field({
      type: ['FieldChange'],
      description: 'Changes of an existing ticket.',
      resolve: ({ changes }) => [...changes],
    }),
  }),
})

const ImportFault = builder.prismaObject('ImportFault', {
  description: 'An error or a warning: an invalid or suspect cell, row or header of an imported file.',
  fields: (t) => ({
    row: t.exposeInt('row', {
      description: 'Row number. 1 is the first row after the header, 0 the header. Blank rows count.',
    }),
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

const { Connection: ImportFaultConnection } = connectionTypes<ImportFaultRow>(ImportFault, 'row errors')

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
    kind: t.expose('kind', {
      type: 'TicketKind',
      nullable: true,
      description: 'Kind of all tickets in the file. Null if a column states the kind of each ticket.',
    }),
    dryRun: t.exposeBoolean('dryRun', {
      description: 'True for a dry run, which changes no ticket. Its counts predict the outcome of the import.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Time of the import.' }),
    undoneAt: t.expose('undoneAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Time of the last undo. Null if never undone.',
    }),
    rowCount: t.exposeInt('rowCount', {
      description: 'Number of rows in the file, without the header and blank rows.',
    }),
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
      args: pageArgs,
      ...nestedField(relatedConnection(sql`f.import_id`, () => rowErrorList)),
    }),
    warningCount: t.exposeInt('warningCount', {
      description:
        'Number of warnings, including those that are not stored in `warnings`. Equal ones of several rows are one.',
    }),
    warnings: t.field({
      type: ImportFaultConnection,
      description: `Doubtful values of imported rows, such as numbers that a spreadsheet has rounded. \`row\` is the first row with the value. Only the first ${maxStoredErrors} are stored.`,
      args: pageArgs,
      ...nestedField(relatedConnection(sql`f.import_id`, () => warningList)),
    }),
    columns: t.expose('columns', {
      type: [ImportedColumnType],
      extensions: { size: maxColumns },
      description: 'Columns of the file in its order, with their uses.',
    }),
    preview: t.expose('preview', {
      type: [ImportPreviewRowType],
      extensions: { size: previewSize },
      description: `First ${previewSize} rows of a dry run, with the effects of the valid ones even if the file would be rejected. Empty for other imports, and if the header or the CSV syntax is invalid.`,
    }),
    rejectedRows: t.exposeString('rejectedRows', {
      nullable: true,
      extensions: { work: 1000 },
      description:
        'Rows with errors that an import with `onError: SKIP` skipped, as CSV with an additional column "reason", to fix and import again. Formulas are prefixed with an apostrophe, which an import removes. At most 10 million characters. Null if no row was skipped.',
    }),
    tickets: t.field({
      type: TicketConnection,
      description: 'Tickets that the import created or changed, ordered by number, except those that an undo reverted.',
      args: pageArgs,
      ...nestedField(relatedConnection(sql`it.import_id`, () => importedTicketList)),
    }),
  }),
})

const { Connection: ImportConnection } = connectionTypes<ImportRecord>('Import', 'imports')

builder.objectField('Project', 'imports', (t) =>
  t.field({
    type: ImportConnection,
    description: 'Imports into the project, newest first.',
    args: pageArgs,
    ...nestedField(relatedConnection(sql`i.project_id`, () => importList)),
  }),
)
