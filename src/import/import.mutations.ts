import { z } from 'zod'
import { builder } from '../builder.ts'
import { id, notNull, projectReference, text } from '../check.ts'
import { requireViewer } from '../context.ts'
import { runStepOnce } from '../idempotency/idempotency.ts'
import { isDateFormat } from '../import-file/date.parser.ts'
import { type ImportFieldKey, importField, importFieldKeys } from '../import-file/field.parser.ts'
import { mutation } from '../mutation.ts'
import { getTicket } from '../ticket/ticket.loaders.ts'
import { write } from '../write.ts'
import { importTickets } from './import.actions.ts'
import { getImport } from './import.loaders.ts'
import { type UndoResult, undoImport } from './undo.actions.ts'

const enumValues = <Value extends string>(values: readonly Value[], description: (value: Value) => string) =>
  Object.fromEntries(values.map((value) => [value, { description: description(value) }])) as Record<
    Value,
    { description: string }
  >

const ImportField = builder.enumType('ImportField', {
  description: 'What a column of a file is read as.',
  values: enumValues<ImportFieldKey | 'IGNORE'>([...importFieldKeys, 'IGNORE'], (value) =>
    value === 'IGNORE' ? 'Nothing: the column is left out.' : importField(value).description,
  ),
})

const ImportColumnInput = builder.inputType('ImportColumn', {
  description: 'Where a column goes. The same column may go to several fields.',
  fields: (t) => ({
    from: t.string({ required: true, description: 'Its header, without regard to case, spaces and underscores.' }),
    to: t.field({ type: ImportField, required: true, description: 'What it is read as.' }),
  }),
})

const ImportValueInput = builder.inputType('ImportValue', {
  description: 'What stands for another word in a column.',
  fields: (t) => ({
    column: t.field({ type: ImportField, required: true, description: 'The field that the word is read for.' }),
    from: t.string({ required: true, description: 'The word in the file, without regard to case.' }),
    to: t.string({ required: true, description: 'What it means.' }),
  }),
})

const ImportErrorPolicy = builder.enumType('ImportErrorPolicy', {
  description: 'What becomes of a file that has rows at fault.',
  values: {
    REJECT_ALL: { description: 'Nothing of it is imported.' },
    SKIP: { description: 'The good rows are imported, and the others given back.' },
  } as const,
})

const maxMappings = 200

const importCost = 5000

mutation('importTickets', {
  cost: importCost,
  description:
    'Imports tickets from a CSV file, sent as a multipart request. For CONTRIBUTORs of the project. A row whose external key the project knows goes to that ticket, any other makes a new one. Cells that are empty say nothing. What is wrong with rows is told in `faults`, not in errors.',
  input: (t) => ({
    projectId: t.id({ required: true, description: 'The id or the key of the project.' }),
    kind: t.field({ type: 'TicketKind', required: true, description: 'What the rows are.' }),
    file: t.field({
      type: 'Upload',
      required: true,
      description: 'CSV in UTF-8 with a header, separated by commas, semicolons or tabs.',
    }),
    columns: t.field({
      type: [ImportColumnInput],
      description:
        'Where columns go. Those whose header is the name of a field, such as "createdAt", need not be told.',
    }),
    values: t.field({
      type: [ImportValueInput],
      description: 'What words of the file mean, beside the words of enums and their common synonyms.',
    }),
    dateFormat: t.string({
      description: 'How dates are written, such as "M/D/YYYY" or "DD.MM.YYYY HH:mm", in UTC. ISO 8601 when left out.',
    }),
    createLabels: t.boolean({
      defaultValue: false,
      description: 'Whether to make labels that the project does not have. For MAINTAINERs.',
    }),
    onError: t.field({
      type: ImportErrorPolicy,
      defaultValue: 'REJECT_ALL',
      description: 'What becomes of a file that has rows at fault.',
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'Tells what would happen and changes nothing.' }),
  }),
  rules: {
    projectId: projectReference,
    columns: z.array(z.unknown()).max(maxMappings, `may list at most ${maxMappings}`).nullable(),
    values: z.array(z.unknown()).max(maxMappings, `may list at most ${maxMappings}`).nullable(),
    dateFormat: text(50).refine(isDateFormat, 'must name the year, month and day, such as "M/D/YYYY"').nullable(),
    createLabels: notNull,
    onError: notNull,
    dryRun: notNull,
  },
  validate: ({ values }) =>
    (values ?? []).flatMap(({ column }, index) =>
      column === 'IGNORE' ? [{ path: `values.${index}.column`, message: 'must be a field' }] : [],
    ),
  resolve: async ({ projectId, kind, file, columns, values, dateFormat, createLabels, onError, dryRun }, context) => {
    const viewer = requireViewer(context)
    const importId = await importTickets(
      (work) => context.bulkTransaction((tx) => runStepOnce(tx, context.idempotency, () => work(tx))),
      viewer,
      {
        projectId,
        kind,
        file,
        columns: columns ?? [],
        values: (values ?? []) as { column: ImportFieldKey; from: string; to: string }[],
        dateFormat: dateFormat ?? null,
        createLabels: createLabels ?? false,
        skipInvalidRows: onError === 'SKIP',
        dryRun: dryRun ?? false,
      },
      { signal: file.signal },
    )
    context.loaders.clear()
    return { import: await getImport(context, importId) }
  },
  payload: (t) => ({ import: t.expose('import', { type: 'Import', description: 'What became of the file.' }) }),
})

const maxRefusals = 1000

const ImportRefusal = builder.objectRef<UndoResult['refusals'][number]>('ImportRefusal').implement({
  description: 'A ticket that an import is not taken back from.',
  fields: (t) => ({
    ticket: t.field({
      type: 'Ticket',
      description: 'The ticket.',
      resolve: ({ ticketId }, _args, context) => getTicket(context, ticketId),
    }),
    reason: t.exposeString('reason', { description: 'Why.' }),
  }),
})

mutation('undoImport', {
  cost: importCost,
  description:
    'Takes an import back: deletes the tickets that it made, and gives those that it changed what they had. Tickets that were changed or commented on since stay as they are. For who made it, and MAINTAINERs.',
  input: (t) => ({
    importId: t.id({ required: true, description: 'The id of the import.' }),
    dryRun: t.boolean({ defaultValue: false, description: 'Tells what would happen and changes nothing.' }),
  }),
  rules: { importId: id, dryRun: notNull },
  resolve: ({ importId, dryRun }, context): Promise<UndoResult> =>
    write(context, (tx, viewer) => undoImport(tx, viewer, importId, dryRun ?? false), { withoutTimeouts: true }),
  payload: (t) => ({
    import: t.field({
      type: 'Import',
      description: 'The import as it is now.',
      resolve: ({ importId }, _args, context) => getImport(context, importId),
    }),
    undoneCount: t.exposeInt('undoneCount', { description: 'How many tickets were taken back, or would be.' }),
    refusedCount: t.int({ description: 'How many were not.', resolve: ({ refusals }) => refusals.length }),
    refused: t.field({
      type: [ImportRefusal],
      extensions: { size: maxRefusals },
      description: `Those that were not, and why: ${maxRefusals} of them at most.`,
      resolve: ({ refusals }) => [...refusals.slice(0, maxRefusals)],
    }),
  }),
})
