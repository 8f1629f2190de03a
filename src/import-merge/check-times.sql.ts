import { raw, type Sql, sql } from '../database/sql.ts'
import type { ImportFieldKey } from '../import-file/field.parser.ts'
import { effectiveAt, isResolution, statusChanges, thisTicket } from '../ticket/status-history.sql.ts'
import { stagingColumn } from './staging.sql.ts'

/** `r` is a row of import_rows, and `t` its existing ticket. */

export type Check = readonly [field: ImportFieldKey, isWrong: Sql, value: Sql, message: Sql | string]

export const isNew = sql`t.id IS NULL`

/** True if the row results in a resolved or closed ticket. */
export const isDone = sql`coalesce(r.status, t.status, 'OPEN') IN ('RESOLVED', 'CLOSED')`

const createdAt = sql`coalesce(r.created_at, t.created_at, r.resolved_at, now())`
const resolvedAt = sql`r.resolved_at::text`
const newCreatedAt = sql`r.created_at::text`

/** The version of the last resolution of a resolved ticket, which moves with its time of resolution. */
const lastResolution = sql`(SELECT max(s.version) FROM ${statusChanges(thisTicket)} s
  WHERE t.resolved_at IS NOT NULL AND ${isResolution})`

const firstEvent = sql`least(
  (SELECT min(${effectiveAt}) FROM history h WHERE h.ticket_id = t.id AND NOT (${isDone} AND h.version IS NOT DISTINCT FROM ${lastResolution})),
  (SELECT min(c.created_at) FROM comments c WHERE c.ticket_id = t.id))`

/** Changes of the status with a known time: that of an import without a time of resolution is the latest possible one. */
const statusEvents = sql`
  FROM history h WHERE h.ticket_id = t.id AND h.changes @> '[{"field": "status"}]' AND NOT h.reverted
    AND NOT EXISTS (SELECT FROM imports i WHERE i.id = h.batch AND h.source = 'IMPORT' AND i.created_at = h.at)`

const hasNewResolution = sql`(NOT ${isNew} AND ${isDone} AND r.resolved_at IS DISTINCT FROM t.resolved_at)`

/** The ticket that results from the row must have a possible history. */
export const timeChecks: readonly Check[] = [
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
