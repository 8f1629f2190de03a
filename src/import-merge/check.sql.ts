import type { TicketKind } from '../../prisma/generated/client.ts'
import { maxBodyBytes } from '../check.ts'
import { join, raw, type Sql, sql } from '../database/sql.ts'
import { formatNumber } from '../errors.ts'
import { type ImportFieldKey, importField, importFieldKeys } from '../import-file/field.parser.ts'
import type { FileHeader } from '../import-file/header.parser.ts'
import { statusChanges, thisTicket } from '../ticket/status-history.sql.ts'
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

type Check = readonly [field: ImportFieldKey, isWrong: Sql, value: Sql, message: Sql | string]

const noValue = sql`NULL::text`
const isNew = sql`t.id IS NULL`
const createdAt = sql`coalesce(r.created_at, t.created_at, r.resolved_at, now())`
const requiresResolvedMessage = 'requires the status RESOLVED or CLOSED'

/** True if the row results in a resolved or closed ticket. */
export const isDone = sql`coalesce(r.status, t.status, 'OPEN') IN ('RESOLVED', 'CLOSED')`

export const kindOf = (kind: TicketKind | null) => sql`coalesce(r.kind, ${kind}::ticket_kind, t.kind)`

const unknownPerson = (label: string, person: 'assignee' | 'reporter') =>
  raw(`CASE WHEN ${person}.id IS NULL THEN '${label}: ' || ${person}.name END`)

/** The description, between the whole of a title that was cut and the names of unknown users. */
export const nextDescription = sql`CASE WHEN t.id IS NOT NULL AND r.description IS NULL THEN t.description ELSE nullif(
  concat_ws(chr(10) || chr(10), r.whole_title, r.description,
    nullif(concat_ws(chr(10), r.notes, ${unknownPerson('Assignee', 'assignee')}, ${unknownPerson('Reporter', 'reporter')}), '')), '') END`

/** The version of the last resolution of a resolved ticket, which moves with its time of resolution. */
const lastResolution = sql`(SELECT max(s.version) FROM ${statusChanges(thisTicket)} s
  WHERE t.resolved_at IS NOT NULL AND s.from_status IN ('OPEN', 'IN_PROGRESS') AND s.to_status IN ('RESOLVED', 'CLOSED'))`

const firstEvent = sql`least(
  (SELECT min(coalesce(h.effective_at, h.at)) FROM history h WHERE h.ticket_id = t.id AND NOT (${isDone} AND h.version IS NOT DISTINCT FROM ${lastResolution})),
  (SELECT min(c.created_at) FROM comments c WHERE c.ticket_id = t.id))`

/** Changes of the status with a known time: that of an import without a time of resolution is the latest possible one. */
const statusEvents = sql`
  FROM history h WHERE h.ticket_id = t.id AND h.changes @> '[{"field": "status"}]' AND NOT h.reverted
    AND NOT EXISTS (SELECT FROM imports i WHERE i.id = h.batch AND h.source = 'IMPORT' AND i.created_at = h.at)`

const effectiveAt = sql`coalesce(h.effective_at, h.at)`

const hasNewResolution = sql`(NOT ${isNew} AND ${isDone} AND r.resolved_at IS DISTINCT FROM t.resolved_at)`

function checks(
  header: FileHeader,
  { kind, createLabels, describeUnknownUsers, ignoreOpenResolutions, acceptFormerUsers, isMergeable }: CheckOptions,
): Check[] {
  const ticketKind = kindOf(kind)
  const key = sql`r.external_key`
  const resolvedAt = sql`r.resolved_at::text`
  const newCreatedAt = sql`r.created_at::text`
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
    ['RESOLVED_AT', sql`${isDone} AND r.resolved_at < ${createdAt}`, resolvedAt, 'is before the time of creation'],
    [
      'RESOLVED_AT',
      sql`${hasNewResolution} AND r.resolved_at < (SELECT max(${effectiveAt}) ${statusEvents} AND h.version < coalesce(${lastResolution}, t.version + 1))`,
      resolvedAt,
      'is before an earlier change of the status: clear the cell to use the time in Snaglist',
    ],
    [
      'RESOLVED_AT',
      sql`${hasNewResolution} AND r.resolved_at > (SELECT min(${effectiveAt}) ${statusEvents} AND h.version > ${lastResolution})`,
      resolvedAt,
      'is after a later change of the status: clear the cell to use the time in Snaglist',
    ],
    [
      'CREATED_AT',
      sql`${isDone} AND r.resolved_at IS NULL AND r.created_at > t.resolved_at`,
      newCreatedAt,
      'is after the time of resolution',
    ],
    [
      'CREATED_AT',
      sql`r.created_at > t.created_at AND r.created_at > ${firstEvent}`,
      newCreatedAt,
      'is after the first change or comment of the ticket',
    ],
    ...(['CREATED_AT', 'RESOLVED_AT', 'ARCHIVED_AT'] as const).map((field): Check => {
      const time = raw(`r.${stagingColumn(field)}`)
      return [field, sql`${time} > now()`, sql`${time}::text`, 'is in the future']
    }),
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
