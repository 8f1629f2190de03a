import { Prisma, type TicketKind } from '../../prisma/generated/client.ts'
import { type ImportFieldWord, importField } from './import-field.actions.ts'
import type { ImportHeader } from './import-row.actions.ts'
import { columnOf } from './import-stage.actions.ts'

/** What is wrong with names that are not known. */
export const unknownName = {
  ASSIGNEE: 'names nobody who could be assigned: an active user who may see the project',
  REPORTER: 'names no user',
  LABELS: 'is no label of the project',
} as const

/** What makes a cell wrong in the light of what is stored: a condition, and as text the value and what is wrong with it. */
type Check = readonly [field: ImportFieldWord, wrong: Prisma.Sql, value: Prisma.Sql, message: Prisma.Sql | string]

const nothing = Prisma.sql`NULL::text`
const isNew = Prisma.sql`t.id IS NULL`
const filed = Prisma.sql`coalesce(r.created_at, t.created_at, now())`
const onlyDone = 'goes only with the status RESOLVED or CLOSED'

/** Whether a row of import_rows `r`, which goes to the ticket `t` if there is one, ends it. */
export const isDone = Prisma.sql`coalesce(r.status, t.status, 'OPEN') IN ('RESOLVED', 'CLOSED')`

function checks(kind: TicketKind, createLabels: boolean): Check[] {
  const title = kind === 'DEFECT' ? Prisma.sql`coalesce(r.title, r.first_line)` : Prisma.sql`r.title`
  const key = Prisma.sql`r.external_key`
  const resolvedAt = Prisma.sql`r.resolved_at::text`
  // A cell that is at fault itself is no cell that is missing.
  const missing = (value: Prisma.Sql) => Prisma.sql`${isNew} AND r.faults IS NULL AND ${value} IS NULL`
  return [
    [
      'EXTERNAL_KEY',
      Prisma.sql`t.kind <> ${kind}::ticket_kind`,
      key,
      Prisma.sql`'is the key of another ' || lower(t.kind::text)`,
    ],
    [
      'EXTERNAL_KEY',
      Prisma.sql`r.first_row <> r.row`,
      key,
      Prisma.sql`'is the key of row ' || r.first_row || ' already'`,
    ],
    ['TITLE', missing(title), nothing, 'must be given for a new ticket'],
    ...(kind === 'DEFECT'
      ? [['CATEGORY', missing(Prisma.sql`r.category`), nothing, 'must be given for a new defect'] as const]
      : []),
    [
      'ASSIGNEE',
      Prisma.sql`r.assignee IS NOT NULL AND assignee.id IS NULL`,
      Prisma.sql`r.assignee`,
      unknownName.ASSIGNEE,
    ],
    [
      'REPORTER',
      Prisma.sql`r.reporter IS NOT NULL AND reporter.id IS NULL`,
      Prisma.sql`r.reporter`,
      unknownName.REPORTER,
    ],
    ...(createLabels
      ? []
      : [
          [
            'LABELS',
            Prisma.sql`labelled.unknown IS NOT NULL`,
            Prisma.sql`labelled.unknown`,
            unknownName.LABELS,
          ] as const,
        ]),
    ['RESOLUTION', Prisma.sql`r.resolution IS NOT NULL AND NOT ${isDone}`, Prisma.sql`r.resolution::text`, onlyDone],
    ['RESOLVED_AT', Prisma.sql`r.resolved_at IS NOT NULL AND NOT ${isDone}`, resolvedAt, onlyDone],
    ['RESOLVED_AT', Prisma.sql`${isDone} AND r.resolved_at < ${filed}`, resolvedAt, 'lies before the ticket was filed'],
    ...(['CREATED_AT', 'RESOLVED_AT', 'ARCHIVED_AT'] as const).map((field): Check => {
      const time = Prisma.raw(`r.${columnOf(field)}`)
      return [field, Prisma.sql`${time} > now()`, Prisma.sql`${time}::text`, 'lies in the future']
    }),
  ]
}

/** The faults of a row of import_rows `r`, those of its cells and those found here, as an array of JSON. */
export function faultsOf({ names, fields }: ImportHeader, kind: TicketKind, createLabels: boolean): Prisma.Sql {
  const found = checks(kind, createLabels).map(([field, wrong, value, message]) => {
    const index = fields.get(field)
    const column = index === undefined ? importField(field).name : (names[index] ?? null)
    const told = typeof message === 'string' ? Prisma.sql`${message}::text` : message
    return Prisma.sql`CASE WHEN ${wrong} THEN jsonb_build_array(jsonb_build_object(
      'column', ${column}::text, 'value', left(${value}, 200), 'message', ${told})) ELSE '[]' END`
  })
  return Prisma.join([Prisma.sql`coalesce(r.faults, '[]')`, ...found], ' || ')
}
