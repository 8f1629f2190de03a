import type { TicketKind } from '../../prisma/generated/client.ts'
import { join, raw, type Sql, sql } from '../database/sql.ts'
import { type ImportFieldKey, importField } from '../import-file/field.parser.ts'
import type { FileHeader } from '../import-file/row.parser.ts'
import { stagingColumn } from './staging.sql.ts'

export const unknownNameMessages = {
  ASSIGNEE: 'is not an assignable user: must be active and able to see the project',
  REPORTER: 'is not the username of a user',
  LABELS: 'is not a label of the project',
} as const

type Check = readonly [field: ImportFieldKey, isError: Sql, value: Sql, message: Sql | string]

const noValue = sql`NULL::text`
const isNew = sql`t.id IS NULL`
const createdAt = sql`coalesce(r.created_at, t.created_at, now())`
const requiresResolvedMessage = 'requires the status RESOLVED or CLOSED'

/** True if the row `r` of import_rows results in a resolved or closed ticket; `t` is the existing ticket. */
export const isDone = sql`coalesce(r.status, t.status, 'OPEN') IN ('RESOLVED', 'CLOSED')`

function checks(kind: TicketKind, createLabels: boolean): Check[] {
  const title = kind === 'DEFECT' ? sql`coalesce(r.title, r.first_line)` : sql`r.title`
  const key = sql`r.external_key`
  const resolvedAt = sql`r.resolved_at::text`
  // Not for rows with parse errors: the cell may be present but invalid.
  const missing = (value: Sql) => sql`${isNew} AND r.errors IS NULL AND ${value} IS NULL`
  return [
    [
      'EXTERNAL_KEY',
      sql`t.kind <> ${kind}::ticket_kind`,
      key,
      sql`'is already the key of a ticket of kind ' || t.kind::text`,
    ],
    ['EXTERNAL_KEY', sql`r.first_row <> r.row`, key, sql`'is already the key of row ' || r.first_row`],
    ['TITLE', missing(title), noValue, 'is required for a new ticket'],
    ...(kind === 'DEFECT'
      ? [['CATEGORY', missing(sql`r.category`), noValue, 'is required for a new defect'] as const]
      : []),
    ['ASSIGNEE', sql`r.assignee IS NOT NULL AND assignee.id IS NULL`, sql`r.assignee`, unknownNameMessages.ASSIGNEE],
    ['REPORTER', sql`r.reporter IS NOT NULL AND reporter.id IS NULL`, sql`r.reporter`, unknownNameMessages.REPORTER],
    ...(createLabels
      ? []
      : [['LABELS', sql`labelled.unknown IS NOT NULL`, sql`labelled.unknown`, unknownNameMessages.LABELS] as const]),
    ['RESOLUTION', sql`r.resolution IS NOT NULL AND NOT ${isDone}`, sql`r.resolution::text`, requiresResolvedMessage],
    ['RESOLVED_AT', sql`r.resolved_at IS NOT NULL AND NOT ${isDone}`, resolvedAt, requiresResolvedMessage],
    ['RESOLVED_AT', sql`${isDone} AND r.resolved_at < ${createdAt}`, resolvedAt, 'is before the time of creation'],
    ...(['CREATED_AT', 'RESOLVED_AT', 'ARCHIVED_AT'] as const).map((field): Check => {
      const time = raw(`r.${stagingColumn(field)}`)
      return [field, sql`${time} > now()`, sql`${time}::text`, 'is in the future']
    }),
  ]
}

export function rowErrors({ names, fields }: FileHeader, kind: TicketKind, createLabels: boolean): Sql {
  const checkErrors = checks(kind, createLabels).map(([field, isError, value, message]) => {
    const index = fields.get(field)
    const column = index === undefined ? importField(field).name : (names[index] ?? null)
    const text = typeof message === 'string' ? sql`${message}::text` : message
    return sql`CASE WHEN ${isError} THEN jsonb_build_array(jsonb_build_object(
      'column', ${column}::text, 'value', left(${value}, 200), 'message', ${text})) ELSE '[]' END`
  })
  return join([sql`coalesce(r.errors, '[]')`, ...checkErrors], ' || ')
}
