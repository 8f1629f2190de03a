import type { TicketKind } from '../../prisma/generated/client.ts'
import { join, raw, type Sql, sql } from '../database/sql.ts'
import { type ImportFieldWord, importField } from '../import-file/field.parser.ts'
import type { ImportHeader } from '../import-file/row.parser.ts'
import { columnOf } from './stage.actions.ts'

/** What is wrong with names that are not known. */
export const unknownName = {
  ASSIGNEE: 'names nobody who could be assigned: an active user who may see the project',
  REPORTER: 'names no user',
  LABELS: 'is no label of the project',
} as const

/** What makes a cell wrong in the light of what is stored: a condition, and as text the value and what is wrong with it. */
type Check = readonly [field: ImportFieldWord, wrong: Sql, value: Sql, message: Sql | string]

const nothing = sql`NULL::text`
const isNew = sql`t.id IS NULL`
const filed = sql`coalesce(r.created_at, t.created_at, now())`
const onlyDone = 'goes only with the status RESOLVED or CLOSED'

/** Whether a row of import_rows `r`, which goes to the ticket `t` if there is one, ends it. */
export const isDone = sql`coalesce(r.status, t.status, 'OPEN') IN ('RESOLVED', 'CLOSED')`

function checks(kind: TicketKind, createLabels: boolean): Check[] {
  const title = kind === 'DEFECT' ? sql`coalesce(r.title, r.first_line)` : sql`r.title`
  const key = sql`r.external_key`
  const resolvedAt = sql`r.resolved_at::text`
  // A cell that is at fault itself is no cell that is missing.
  const missing = (value: Sql) => sql`${isNew} AND r.faults IS NULL AND ${value} IS NULL`
  return [
    ['EXTERNAL_KEY', sql`t.kind <> ${kind}::ticket_kind`, key, sql`'is the key of another ' || lower(t.kind::text)`],
    ['EXTERNAL_KEY', sql`r.first_row <> r.row`, key, sql`'is the key of row ' || r.first_row || ' already'`],
    ['TITLE', missing(title), nothing, 'must be given for a new ticket'],
    ...(kind === 'DEFECT'
      ? [['CATEGORY', missing(sql`r.category`), nothing, 'must be given for a new defect'] as const]
      : []),
    ['ASSIGNEE', sql`r.assignee IS NOT NULL AND assignee.id IS NULL`, sql`r.assignee`, unknownName.ASSIGNEE],
    ['REPORTER', sql`r.reporter IS NOT NULL AND reporter.id IS NULL`, sql`r.reporter`, unknownName.REPORTER],
    ...(createLabels
      ? []
      : [['LABELS', sql`labelled.unknown IS NOT NULL`, sql`labelled.unknown`, unknownName.LABELS] as const]),
    ['RESOLUTION', sql`r.resolution IS NOT NULL AND NOT ${isDone}`, sql`r.resolution::text`, onlyDone],
    ['RESOLVED_AT', sql`r.resolved_at IS NOT NULL AND NOT ${isDone}`, resolvedAt, onlyDone],
    ['RESOLVED_AT', sql`${isDone} AND r.resolved_at < ${filed}`, resolvedAt, 'lies before the ticket was filed'],
    ...(['CREATED_AT', 'RESOLVED_AT', 'ARCHIVED_AT'] as const).map((field): Check => {
      const time = raw(`r.${columnOf(field)}`)
      return [field, sql`${time} > now()`, sql`${time}::text`, 'lies in the future']
    }),
  ]
}

/** The faults of a row of import_rows `r`, those of its cells and those found here, as an array of JSON. */
export function faultsOf({ names, fields }: ImportHeader, kind: TicketKind, createLabels: boolean): Sql {
  const found = checks(kind, createLabels).map(([field, wrong, value, message]) => {
    const index = fields.get(field)
    const column = index === undefined ? importField(field).name : (names[index] ?? null)
    const told = typeof message === 'string' ? sql`${message}::text` : message
    return sql`CASE WHEN ${wrong} THEN jsonb_build_array(jsonb_build_object(
      'column', ${column}::text, 'value', left(${value}, 200), 'message', ${told})) ELSE '[]' END`
  })
  return join([sql`coalesce(r.faults, '[]')`, ...found], ' || ')
}
