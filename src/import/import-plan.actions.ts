import type { FileHandle } from 'node:fs/promises'
import { Prisma, type TicketKind } from '../../prisma/generated/client.ts'
import type { Viewer } from '../context.ts'
import type { BulkTransaction } from '../database/bulk.ts'
import { assignableIn } from '../project/project.access.ts'
import { type ImportFieldWord, importField, importFieldWords } from './import-field.actions.ts'
import { BrokenFile, readRecords } from './import-file.actions.ts'
import { type CellFault, type ImportHeader, type ImportReading, readHeader, rowReader } from './import-row.actions.ts'

/** An open file that is to be imported. */
export interface ImportFile {
  readonly handle: FileHandle
  /** Its name where it comes from. */
  readonly name: string
}

/** What is wrong with names that are not known. */
export const unknownName = {
  ASSIGNEE: 'names nobody who could be assigned: an active user who may see the project',
  REPORTER: 'names no user',
  LABELS: 'is no label of the project',
} as const

/** What staging a file has shown of it. */
export interface Staged {
  readonly header: ImportHeader
  /** Whether the file has a fault that leaves none of its rows to be taken. */
  readonly refused: boolean
}

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const columnOf = (field: ImportFieldWord) => snakeCase(importField(field).name)
const stagedFields = importFieldWords.filter((field) => field !== 'KIND')
const stagingColumns: Readonly<Record<string, string>> = {
  row: 'integer',
  faults: 'jsonb',
  first_line: 'text',
  ...Object.fromEntries(stagedFields.map((field) => [columnOf(field), importField(field).type])),
}

/**
 * Reads a file into the table import_rows, which lasts as long as the transaction: a row for each of its rows, good or
 * not, and the row 0 with what is wrong with the file as a whole. `mayUse` throws where a field is not for the viewer.
 */
export async function stageRows(
  tx: BulkTransaction,
  file: ImportFile,
  reading: ImportReading,
  mayUse: (field: ImportFieldWord) => void,
  read: (bytes: number) => void,
): Promise<Staged> {
  const columns = Object.entries(stagingColumns).map(([name, type]) => `${name} ${type}`)
  await tx.$queryRaw`${Prisma.raw(`CREATE TEMPORARY TABLE import_rows (${columns.join(', ')}) ON COMMIT DROP`)}`
  let header: ImportHeader = { names: [], fields: new Map(), faults: [] }
  let refused = false
  const faulty = (row: number, faults: readonly CellFault[]) => {
    refused = true
    return [
      String(row),
      JSON.stringify(faults),
      ...Object.keys(stagingColumns)
        .slice(2)
        .map(() => null),
    ]
  }
  async function* rows() {
    let row = -1
    let readRow: ReturnType<typeof rowReader> | undefined
    try {
      for await (const record of readRecords(file.handle, read)) {
        row++
        if (readRow) {
          const { values, firstLine, faults } = readRow(record)
          yield [
            String(row),
            faults.length > 0 ? JSON.stringify(faults) : null,
            firstLine,
            ...stagedFields.map((field) => values.get(field) ?? null),
          ]
          continue
        }
        header = readHeader(record, reading)
        for (const field of header.fields.keys()) mayUse(field)
        readRow = rowReader(header, reading)
        if (header.faults.length > 0) yield faulty(0, header.faults)
      }
    } catch (error) {
      if (!(error instanceof BrokenFile)) throw error
      const column = error.column === null ? null : (header.names[error.column] ?? null)
      yield faulty(error.record, [{ column, value: null, message: error.message }])
    }
  }
  await tx.copy('import_rows', stagingColumns, rows())
  await tx.$queryRaw`ANALYZE import_rows`
  return { header, refused }
}

interface Project {
  readonly id: string
}

/**
 * Makes the table import_plan of import_rows: what each row refers to is found, and what is wrong with rows in the light
 * of what is stored is added to their faults. A row is `created`, with a new id, or goes to the ticket of its external key.
 */
export async function planRows(
  tx: BulkTransaction,
  { id: projectId }: Project,
  kind: TicketKind,
  viewer: Viewer,
  { names, fields }: ImportHeader,
  createLabels: boolean,
): Promise<void> {
  const project = Prisma.sql`${projectId}::uuid`
  const faultIf = (field: ImportFieldWord, condition: Prisma.Sql, value: Prisma.Sql, message: Prisma.Sql) => {
    const index = fields.get(field)
    const column = index === undefined ? importField(field).name : (names[index] ?? null)
    return Prisma.sql`|| CASE WHEN ${condition} THEN jsonb_build_array(jsonb_build_object(
      'column', ${column}::text, 'value', left(${value}, 200), 'message', ${message})) ELSE '[]' END`
  }
  const isNew = Prisma.sql`t.id IS NULL`
  const isDone = Prisma.sql`coalesce(r.status, t.status, 'OPEN') IN ('RESOLVED', 'CLOSED')`
  const nothing = Prisma.sql`NULL::text`
  const said = (message: string) => Prisma.sql`${message}::text`
  const filed = Prisma.sql`coalesce(r.created_at, t.created_at, now())`
  const faults = Prisma.join(
    [
      Prisma.sql`coalesce(r.faults, '[]')`,
      faultIf(
        'EXTERNAL_KEY',
        Prisma.sql`t.kind <> ${kind}::ticket_kind`,
        Prisma.sql`r.external_key`,
        Prisma.sql`'is the key of another ' || lower(t.kind::text)`,
      ),
      faultIf(
        'EXTERNAL_KEY',
        Prisma.sql`r.first_row <> r.row`,
        Prisma.sql`r.external_key`,
        Prisma.sql`'is the key of row ' || r.first_row || ' already'`,
      ),
      // A cell that is at fault itself is no cell that is missing.
      faultIf(
        'TITLE',
        Prisma.sql`${isNew} AND r.faults IS NULL AND coalesce(r.title, ${kind === 'DEFECT' ? Prisma.sql`r.first_line` : nothing}) IS NULL`,
        nothing,
        said('must be given for a new ticket'),
      ),
      ...(kind === 'DEFECT'
        ? [
            faultIf(
              'CATEGORY',
              Prisma.sql`${isNew} AND r.faults IS NULL AND r.category IS NULL`,
              nothing,
              said('must be given for a new defect'),
            ),
          ]
        : []),
      faultIf(
        'ASSIGNEE',
        Prisma.sql`r.assignee IS NOT NULL AND assignee.id IS NULL`,
        Prisma.sql`r.assignee`,
        said(unknownName.ASSIGNEE),
      ),
      faultIf(
        'REPORTER',
        Prisma.sql`r.reporter IS NOT NULL AND reporter.id IS NULL`,
        Prisma.sql`r.reporter`,
        said(unknownName.REPORTER),
      ),
      ...(createLabels
        ? []
        : [
            faultIf(
              'LABELS',
              Prisma.sql`labelled.unknown IS NOT NULL`,
              Prisma.sql`labelled.unknown`,
              said(unknownName.LABELS),
            ),
          ]),
      faultIf(
        'RESOLUTION',
        Prisma.sql`r.resolution IS NOT NULL AND NOT ${isDone}`,
        Prisma.sql`r.resolution::text`,
        said('goes only with the status RESOLVED or CLOSED'),
      ),
      faultIf(
        'RESOLVED_AT',
        Prisma.sql`r.resolved_at IS NOT NULL AND NOT ${isDone}`,
        Prisma.sql`r.resolved_at::text`,
        said('goes only with the status RESOLVED or CLOSED'),
      ),
      faultIf(
        'RESOLVED_AT',
        Prisma.sql`${isDone} AND r.resolved_at < ${filed}`,
        Prisma.sql`r.resolved_at::text`,
        said('lies before the ticket was filed'),
      ),
      ...(['CREATED_AT', 'RESOLVED_AT', 'ARCHIVED_AT'] as const).map((field) =>
        faultIf(
          field,
          Prisma.sql`r.${Prisma.raw(columnOf(field))} > now()`,
          Prisma.sql`r.${Prisma.raw(columnOf(field))}::text`,
          said('lies in the future'),
        ),
      ),
    ],
    ' ',
  )
  await tx.$queryRaw`
    CREATE TEMPORARY TABLE import_plan ON COMMIT DROP AS
    SELECT r.row, nullif(${faults}, '[]') AS faults, t.id IS NULL AS created, coalesce(t.id, new_id()) AS id,
      r.external_key, coalesce(r.title, t.title, r.first_line) AS title, coalesce(r.description, t.description) AS description,
      coalesce(r.status, t.status, 'OPEN') AS status,
      CASE WHEN ${isDone} THEN coalesce(r.resolution, t.resolution, 'FIXED') END AS resolution,
      coalesce(r.priority, t.priority, 'MEDIUM') AS priority,
      coalesce(reporter.id, t.reporter_id, ${viewer.id}::uuid) AS reporter_id,
      coalesce(assignee.id, t.assignee_id) AS assignee_id, r.labels,
      coalesce(r.created_at, t.created_at)::timestamptz(3) AS created_at,
      CASE WHEN ${isDone} THEN coalesce(r.resolved_at, t.resolved_at) END::timestamptz(3) AS resolved_at,
      coalesce(r.archived_at, t.archived_at)::timestamptz(3) AS archived_at,
      coalesce(r.category, t.category) AS category, coalesce(r.subcategory, t.subcategory) AS subcategory,
      coalesce(r.absn, t.absn) AS absn,
      ${kind === 'DEFECT' ? Prisma.sql`coalesce(r.reported_by, t.reported_by, ${viewer.name}::text)` : nothing} AS reported_by,
      ${kind === 'DEFECT' ? Prisma.sql`coalesce(r.severity, t.severity, 'MAJOR')` : Prisma.sql`NULL::severity`} AS severity,
      coalesce(r.disposition, t.disposition) AS disposition
    FROM (SELECT *, CASE WHEN external_key IS NOT NULL THEN first_value(row) OVER (PARTITION BY external_key ORDER BY row) END AS first_row
      FROM import_rows) r
    LEFT JOIN tickets t ON t.project_id = ${project} AND t.external_key = r.external_key
    LEFT JOIN users reporter ON reporter.username = r.reporter
    LEFT JOIN LATERAL (SELECT u.id FROM users u
      WHERE u.username = r.assignee AND (u.id = t.assignee_id OR (${assignableIn(projectId)}))) assignee ON r.assignee IS NOT NULL
    LEFT JOIN LATERAL (SELECT string_agg(given.name, '; ') AS unknown FROM jsonb_array_elements_text(r.labels) AS given(name)
      WHERE NOT EXISTS (SELECT FROM labels l WHERE l.project_id = ${project} AND lower(l.name) = lower(given.name))) labelled
      ON r.labels IS NOT NULL
    -- Ids are made after the sorting, so that they sort as the rows do.
    ORDER BY r.row`
  await tx.$queryRaw`ANALYZE import_plan`
}
