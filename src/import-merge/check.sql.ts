import type { TicketKind } from '../../prisma/generated/client.ts'
import { maxBodyBytes } from '../check.ts'
import { join, raw, type Sql, sql } from '../database/sql.ts'
import { formatNumber } from '../errors.ts'
import { type ImportFieldKey, importField, importFieldKeys } from '../import-file/field.parser.ts'
import type { FileHeader } from '../import-file/header.parser.ts'
import { type Check, isDone, isNew, timeChecks } from './check-times.sql.ts'
import { stagingColumn } from './staging.sql.ts'

/** `r` is a row of import_rows, `t` its existing ticket, and `assignee` and `reporter` are rows of import_people. */

export const unknownNameMessages = {
  ASSIGNEE: 'is not an assignable user: must be active and able to see the project',
  REPORTER: 'is not a user',
  LABELS: 'is not a label of the project',
} as const

export interface CheckOptions {
  readonly kind: TicketKind | null
  readonly createLabels: boolean
  /** True to add the names of unknown users to the description. */
  readonly describeUnknownUsers: boolean
  /** True to ignore the resolution of an open ticket. */
  readonly ignoreOpenResolutions: boolean
  /** True if the viewer is a MAINTAINER, who can import tickets of former users. */
  readonly acceptFormerUsers: boolean
  /** False after an error in the header or in the syntax of the file, which explains missing values. */
  readonly isMergeable: boolean
}

const noValue = sql`NULL::text`
const requiresResolvedMessage = 'requires the status RESOLVED or CLOSED'

export const kindOf = (kind: TicketKind | null) => sql`coalesce(r.kind, ${kind}::ticket_kind, t.kind)`

const unknownPerson = (label: string, person: 'assignee' | 'reporter') =>
  raw(`CASE WHEN ${person}.id IS NULL THEN '${label}: ' || ${person}.name END`)

/** The description, between the whole of a title that was cut and the names of unknown users. */
export const nextDescription = sql`CASE WHEN t.id IS NOT NULL AND r.description IS NULL THEN t.description ELSE nullif(
  concat_ws(chr(10) || chr(10), r.whole_title, r.description,
    nullif(concat_ws(chr(10), r.notes, ${unknownPerson('Assignee', 'assignee')}, ${unknownPerson('Reporter', 'reporter')}), '')), '') END`

function checks(
  header: FileHeader,
  { kind, createLabels, describeUnknownUsers, ignoreOpenResolutions, acceptFormerUsers, isMergeable }: CheckOptions,
): Check[] {
  const ticketKind = kindOf(kind)
  const key = sql`r.external_key`
  const resolvedAt = sql`r.resolved_at::text`
  // An error of the cell itself explains a missing value as well.
  const missing = (field: ImportFieldKey, value: Sql) => {
    const cellErrors = (header.fields.get(field) ?? []).map(({ index }) => [{ column: header.names[index] ?? null }])
    const hasError = cellErrors.map((error) => sql`coalesce(r.errors, '[]') @> ${JSON.stringify(error)}::jsonb`)
    return sql`${isMergeable} AND ${isNew} AND ${value} IS NULL AND NOT (${join([sql`FALSE`, ...hasError], ' OR ')})`
  }
  const isFormerAllowed = sql`(${acceptFormerUsers} OR ${isDone} OR coalesce(r.archived_at, t.archived_at) IS NOT NULL)`
  const isAssignee = sql`(assignee.id = t.assignee_id OR assignee.id IS NOT NULL AND (assignee.assignable OR ${isFormerAllowed}))`
  const isDescribed = (person: Sql) => (describeUnknownUsers ? sql`${person} IS NULL` : sql`FALSE`)
  return [
    ['EXTERNAL_KEY', sql`t.kind <> ${ticketKind}`, key, sql`'is already the key of a ticket of kind ' || t.kind::text`],
    ['EXTERNAL_KEY', sql`r.first_row <> r.row`, key, sql`'is already the key of row ' || r.first_row`],
    ['KIND', missing('KIND', ticketKind), noValue, 'is required for a new ticket, unless the import has a kind'],
    [
      'TITLE',
      missing('TITLE', sql`coalesce(r.title, CASE WHEN ${ticketKind} = 'DEFECT' THEN r.first_line END)`),
      noValue,
      'is required for a new ticket',
    ],
    [
      'DESCRIPTION',
      sql`octet_length(${nextDescription}) > ${maxBodyBytes}`,
      noValue,
      `is longer than ${formatNumber(maxBodyBytes)} bytes with the whole title and the names of people`,
    ],
    [
      'CATEGORY',
      sql`${ticketKind} = 'DEFECT' AND ${missing('CATEGORY', sql`r.category`)}`,
      noValue,
      'is required for a new defect',
    ],
    ...importFieldKeys
      .filter((field) => importField(field).onlyFor === 'DEFECT')
      .map((field): Check => {
        const cell = sql`r.${raw(stagingColumn(field))}::text`
        const message = `sets ${importField(field).name}, which only defects have`
        return [field, sql`${ticketKind} = 'ISSUE' AND ${cell} IS NOT NULL`, cell, message]
      }),
    [
      'ASSIGNEE',
      sql`r.assignee IS NOT NULL AND NOT coalesce(${isAssignee}, FALSE) AND NOT ${isDescribed(sql`assignee.id`)}`,
      sql`r.assignee`,
      unknownNameMessages.ASSIGNEE,
    ],
    [
      'REPORTER',
      sql`r.reporter IS NOT NULL AND reporter.id IS NULL AND NOT ${isDescribed(sql`reporter.id`)}`,
      sql`r.reporter`,
      unknownNameMessages.REPORTER,
    ],
    ...(createLabels
      ? []
      : [['LABELS', sql`labelled.unknown IS NOT NULL`, sql`labelled.unknown`, unknownNameMessages.LABELS] as const]),
    ...(ignoreOpenResolutions
      ? []
      : ([
          [
            'RESOLUTION',
            sql`r.resolution IS NOT NULL AND NOT ${isDone}`,
            sql`r.resolution::text`,
            requiresResolvedMessage,
          ],
          ['RESOLVED_AT', sql`r.resolved_at IS NOT NULL AND NOT ${isDone}`, resolvedAt, requiresResolvedMessage],
        ] as const)),
    ...timeChecks,
  ]
}

function warningChecks({ describeUnknownUsers }: CheckOptions): Check[] {
  const isUnknown = (person: 'assignee' | 'reporter') =>
    sql`${describeUnknownUsers} AND ${raw(`r.${person} IS NOT NULL AND ${person}.id IS NULL`)}`
  const unknownMessage = 'is not a user: imported descriptions contain the name'
  return [
    ['ASSIGNEE', isUnknown('assignee'), sql`r.assignee`, unknownMessage],
    ['REPORTER', isUnknown('reporter'), sql`r.reporter`, unknownMessage],
    [
      'ASSIGNEE',
      sql`NOT ${isDone} AND assignee.id IS NOT NULL AND assignee.id IS DISTINCT FROM t.assignee_id AND NOT assignee.assignable`,
      sql`r.assignee`,
      'is not active, or cannot see the project',
    ],
  ]
}

/** A JSON array of the errors and a JSON array of the warnings of a row. */
export function rowFindings(header: FileHeader, options: CheckOptions): { errors: Sql; warnings: Sql } {
  return {
    errors: findingsOf(header, sql`r.errors`, checks(header, options)),
    warnings: findingsOf(header, sql`r.warnings`, warningChecks(options)),
  }
}

function findingsOf({ names, fields }: FileHeader, parsed: Sql, rowChecks: readonly Check[]): Sql {
  const findings = rowChecks.map(([field, isWrong, value, message]) => {
    const index = fields.get(field)?.[0]?.index
    const column = index === undefined ? importField(field).name : (names[index] ?? null)
    const text = typeof message === 'string' ? sql`${message}::text` : message
    return sql`CASE WHEN ${isWrong} THEN jsonb_build_array(jsonb_build_object(
      'column', ${column}::text, 'value', left(${value}, 200), 'message', ${text})) ELSE '[]' END`
  })
  return join([sql`coalesce(${parsed}, '[]')`, ...findings], ' || ')
}
