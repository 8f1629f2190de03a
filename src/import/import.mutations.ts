import { z } from 'zod'
import { builder } from '../builder.ts'
import { atMostItems, id, maxTitleLength, notNull, projectReference, text } from '../check.ts'
import { requireViewer } from '../context.ts'
import { runStepOnce } from '../idempotency/idempotency.ts'
import { maxReplacedLength } from '../import-file/cell.parser.ts'
import { isDateFormat } from '../import-file/date.parser.ts'
import type { ImportFieldKey } from '../import-file/field.parser.ts'
import { preset as presetOf } from '../import-file/preset.parser.ts'
import { mutation } from '../mutation.ts'
import { isBlank } from '../normal-form.ts'
import { getTicket } from '../ticket/ticket.loaders.ts'
import { timeZoneName } from '../time-zone.ts'
import { write } from '../write.ts'
import { importTickets, mustBeAbleToStart } from './import.actions.ts'
import { getImport } from './import.loaders.ts'
import { ImportPreset } from './import.type.ts'
import {
  ImportColumnInput,
  ImportErrorPolicy,
  ImportUserInput,
  ImportValueInput,
  UnknownUserPolicy,
} from './import-input.type.ts'
import { type UndoResult, undoImport } from './undo.actions.ts'

const maxMappings = 2000
const mappings = z.array(z.unknown()).max(maxMappings, atMostItems(maxMappings)).nullable()

const importWork = 5000

function isLocale(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0
  } catch {
    return false
  }
}

mutation('importTickets', {
  work: importWork,
  description:
    'Imports tickets from a CSV file, sent as a multipart request. Requires CONTRIBUTOR in the project. A row with an external key that exists in the project updates that ticket; any other row creates a ticket. Row errors are returned in `Import.faults`, not as GraphQL errors.',
  inputDescription: 'A CSV file of tickets, and how to read it.',
  payloadDescription: 'The import, which may have been rejected.',
  input: (t) => ({
    projectId: t.id({ required: true, description: 'Id or key of the project, such as "CORE".' }),
    kind: t.field({
      type: 'TicketKind',
      description: 'Kind of all tickets. Defaults to the column `kind` of the file, or to ISSUE with a preset.',
    }),
    preset: t.field({
      type: ImportPreset,
      description:
        'Tracker that the file comes from. Sets `columns`, `values`, `dateFormat` and `listSeparator`, `ignoreUnmapped` and `unknownUsers: DESCRIBE`; other inputs precede it.',
    }),
    file: t.field({
      type: 'Upload',
      required: true,
      description:
        'CSV file in UTF-8 with a header, separated by commas, semicolons, tabs or vertical bars. At most 1 GB.',
    }),
    columns: t.field({
      type: [ImportColumnInput],
      description: `Mappings from columns to fields, at most ${maxMappings}. A column whose header is the name of a field, such as "createdAt", needs none.`,
    }),
    ignoreUnmapped: t.boolean({
      description:
        'True to ignore the columns that are neither mapped nor named like a field, instead of rejecting the file. They are listed in `Import.columns`.',
    }),
    users: t.field({
      type: [ImportUserInput],
      description: `Mappings from people in the file to users, at most ${maxMappings}. Usernames, unique names and, for ADMINs, emails of users need none.`,
    }),
    unknownUsers: t.field({
      type: UnknownUserPolicy,
      description: 'Handling of people who are not users. Defaults to REJECT, or to DESCRIBE with a preset.',
    }),
    values: t.field({
      type: [ImportValueInput],
      description: `Replacements of values, at most ${maxMappings}. Values of enums and their common synonyms need none.`,
    }),
    dateFormat: t.string({
      description:
        'Format of dates that are not in ISO 8601, such as "M/D/YYYY" or "DD.MM.YYYY HH:mm". At most 50 characters.',
    }),
    dateLocale: t.string({
      description: 'Language of the names of months in dates, such as "de". English names are always known.',
    }),
    timeZone: t.string({
      defaultValue: 'UTC',
      description: 'IANA time zone of the times without an offset, such as "Europe/Berlin".',
    }),
    listSeparator: t.string({
      description:
        'Separator of the labels in a cell: one character. Defaults to a semicolon, or to a comma if the labels of the first rows contain commas and no semicolons.',
    }),
    truncate: t.boolean({
      defaultValue: false,
      description: `True to cut titles of more than ${maxTitleLength} characters, with the whole title in the description, and descriptions of more than 64 KiB, instead of rejecting the row.`,
    }),
    createLabels: t.boolean({
      defaultValue: false,
      description: 'True to create labels that the project does not have. Requires MAINTAINER in the project.',
    }),
    onError: t.field({
      type: ImportErrorPolicy,
      defaultValue: 'REJECT_ALL',
      description: 'Handling of rows with errors.',
    }),
    dryRun: t.boolean({
      defaultValue: false,
      description: 'True to validate the file and count the changes without changing any ticket.',
    }),
  }),
  rules: {
    projectId: projectReference,
    columns: mappings,
    values: mappings,
    dateFormat: text(50)
      .refine(
        isDateFormat,
        'must contain the year (YYYY or YY), month and day, and only known tokens, such as "M/D/YYYY"',
      )
      .nullable(),
    dateLocale: text(50).refine(isLocale, 'is not a language tag, such as "de" or "pt-BR"').nullable(),
    timeZone: timeZoneName,
    listSeparator: z
      .string()
      .regex(/^[^\p{L}\p{N}\p{M}"]$/u, 'must be one character other than a letter, a digit or a quote')
      .nullable(),
    truncate: notNull,
    users: mappings,
    createLabels: notNull,
    onError: notNull,
    dryRun: notNull,
  },
  validate: ({ columns, values, users }) => [
    ...(values ?? []).flatMap(({ column }, index) =>
      column === 'IGNORE' ? [{ path: `values.${index}.column`, message: 'cannot be IGNORE' }] : [],
    ),
    ...Object.entries({ columns, values, users }).flatMap(([name, list]) =>
      (list ?? []).flatMap(({ from }, index) => {
        const isTooLong = from.length > maxReplacedLength
        if (!isTooLong && !isBlank(from)) return []
        const message = isTooLong ? `must be at most ${maxReplacedLength} characters` : 'must not be blank'
        return [{ path: `${name}.${index}.from`, message }]
      }),
    ),
  ],
  async checkBeforeUpload({ projectId, createLabels }, context) {
    await mustBeAbleToStart(context.db, requireViewer(context), { projectId, createLabels: createLabels ?? false })
  },
  resolve: async (
    { projectId, file, columns, values, users, dateFormat, createLabels, onError, dryRun, ...input },
    context,
  ) => {
    const viewer = requireViewer(context)
    const preset = input.preset ? presetOf(input.preset) : null
    const importId = await importTickets(
      (work) => context.bulkTransaction((tx) => runStepOnce(tx, context.idempotency, () => work(tx))),
      viewer,
      {
        projectId,
        kind: input.kind ?? (preset ? 'ISSUE' : null),
        file: file.stored,
        columns: columns ?? [],
        presetColumns: preset?.columns ?? [],
        ignoreUnmapped: input.ignoreUnmapped ?? preset !== null,
        values: (values ?? []) as { column: ImportFieldKey; from: string; to: string }[],
        presetValues: preset?.values ?? [],
        users: users ?? [],
        describeUnknownUsers: (input.unknownUsers ?? (preset ? 'DESCRIBE' : 'REJECT')) === 'DESCRIBE',
        ignoreOpenResolutions: preset !== null,
        dateFormats: dateFormat ? [dateFormat] : (preset?.dateFormats ?? []),
        dateLocale: input.dateLocale ?? null,
        timeZone: input.timeZone ?? 'UTC',
        listSeparator: input.listSeparator ?? preset?.listSeparator ?? null,
        severalPeople: preset?.severalPeople ?? null,
        truncate: input.truncate ?? false,
        createLabels: createLabels ?? false,
        skipInvalidRows: onError === 'SKIP',
        dryRun: dryRun ?? false,
      },
      { signal: file.signal },
    )
    context.loaders.clear()
    return { import: await getImport(context, importId) }
  },
  payload: (t) => ({
    import: t.expose('import', { type: 'Import', description: 'The import, with its counts and row errors.' }),
  }),
})

const maxRefusals = 1000

const ImportRefusal = builder.objectRef<UndoResult['refusals'][number]>('ImportRefusal').implement({
  description: 'A ticket that an undo kept.',
  fields: (t) => ({
    ticket: t.field({
      type: 'Ticket',
      description: 'Ticket in its current state.',
      resolve: ({ ticketId }, _args, context) => getTicket(context, ticketId),
    }),
    reason: t.exposeString('reason', {
      description: 'Explanation in a sentence, such as "Changed by Ada since the import." for a changed ticket.',
    }),
  }),
})

mutation('undoImport', {
  work: importWork,
  description:
    'Undoes an import: deletes the tickets that it created, and restores those that it changed. Keeps tickets that have changed since the import, and created tickets with comments. Requires MAINTAINER in the project, or CONTRIBUTOR for your own imports.',
  inputDescription: 'The import to undo.',
  payloadDescription: 'The import after the undo, and the tickets that were kept.',
  input: (t) => ({
    importId: t.id({ required: true, description: 'Id of the import, a UUID.' }),
    dryRun: t.boolean({
      defaultValue: false,
      description: 'True to count the tickets that would be reverted without changing them.',
    }),
  }),
  rules: { importId: id, dryRun: notNull },
  resolve: ({ importId, dryRun }, context): Promise<UndoResult> =>
    write(context, (tx, viewer) => undoImport(tx, viewer, importId, dryRun ?? false), { isLongRunning: true }),
  payload: (t) => ({
    import: t.field({
      type: 'Import',
      description: 'The import after the undo.',
      resolve: ({ importId }, _args, context) => getImport(context, importId),
    }),
    undoneCount: t.exposeInt('undoneCount', {
      description: 'Number of tickets that were reverted, or would be in a dry run.',
    }),
    refusedCount: t.int({
      description: 'Number of kept tickets, including those not listed in `refused`.',
      resolve: ({ refusals }) => refusals.length,
    }),
    refused: t.field({
      type: [ImportRefusal],
      extensions: { size: maxRefusals },
      description: `Kept tickets, with reasons, ordered by number. At most ${maxRefusals}.`,
      resolve: ({ refusals }) => [...refusals.slice(0, maxRefusals)],
    }),
  }),
})
