import { join, raw, type Sql, sql } from '../database/sql.ts'
import { changeOf } from '../ticket/ticket-change.sql.ts'

// The subqueries look up each label by an index, also before the first statistics of an imported table.

/** In the format of history; null without labels. */
const labelNames = (ticketId: Sql) => sql`
  (SELECT string_agg(label.name, ', ' ORDER BY fold_case(label.name)) FROM (
    SELECT (SELECT l.name FROM labels l WHERE l.id = tl.label_id) AS name FROM ticket_labels tl WHERE tl.ticket_id = ${ticketId}) label)`

/** In the format of history, of the labels in a JSON array of names. */
const givenLabelNames = (names: Sql, projectId: string) => sql`
  (SELECT string_agg(label.name, ', ' ORDER BY fold_case(label.name))
   FROM (SELECT DISTINCT fold_case(name) AS folded FROM jsonb_array_elements_text(${names}) AS given(name)) given
   CROSS JOIN LATERAL (SELECT l.name FROM labels l
     WHERE l.project_id = ${projectId}::uuid AND fold_case(l.name) = given.folded OFFSET 0) label)`

export const labelIds = (ticketId: Sql) => sql`
  (SELECT coalesce(jsonb_agg(tl.label_id), '[]') FROM ticket_labels tl WHERE tl.ticket_id = ${ticketId})`

const nameOf = (id: Sql) => sql`(SELECT u.name FROM users u WHERE u.id = ${id})`
const isoTime = (time: Sql) => sql`to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const plainFields = {
  title: 'title',
  description: 'description',
  status: 'status',
  resolution: 'resolution',
  priority: 'priority',
  category: 'category',
  subcategory: 'subcategory',
  absn: 'absn',
  reportedBy: 'reported_by',
  severity: 'severity',
  disposition: 'disposition',
} as const

/**
 * The changes from a ticket `before` to a row `after` in the format of history. `after.labels` is a JSON array of
 * names; null keeps the labels. The time of resolution counts as a change only if the ticket is resolved before and
 * after.
 */
export function ticketChanges(before: Sql, after: Sql, projectId: string): Sql {
  const beforeAndAfter = (column: string, format: (value: Sql) => Sql = (value) => value) =>
    [format(sql`${before}.${raw(column)}`), format(sql`${after}.${raw(column)}`)] as const
  const nextLabels = givenLabelNames(sql`${after}.labels`, projectId)
  const [resolvedBefore, resolvedAfter] = beforeAndAfter('resolved_at', isoTime)
  const changes = [
    ...Object.entries(plainFields).map(([field, column]) => changeOf(field, ...beforeAndAfter(column))),
    // Compares ids, since names are not unique.
    ...(['assignee', 'reporter'] as const).map((field) => {
      const [from, to] = beforeAndAfter(`${field}_id`)
      return sql`CASE WHEN ${from} IS DISTINCT FROM ${to} THEN jsonb_build_array(
        jsonb_build_object('field', ${field}::text, 'from', ${nameOf(from)}, 'to', ${nameOf(to)})) ELSE '[]' END`
    }),
    changeOf('createdAt', ...beforeAndAfter('created_at', isoTime)),
    changeOf('archivedAt', ...beforeAndAfter('archived_at', isoTime)),
    sql`CASE WHEN ${resolvedBefore} IS NOT NULL AND ${resolvedAfter} IS NOT NULL THEN ${changeOf('resolvedAt', resolvedBefore, resolvedAfter)} ELSE '[]' END`,
    sql`CASE WHEN ${after}.labels IS NOT NULL THEN ${changeOf('labels', labelNames(sql`${before}.id`), nextLabels)} ELSE '[]' END`,
  ]
  return join(
    changes.map((change) => sql`(${change})`),
    ' || ',
  )
}

const assignedColumns = [...Object.values(plainFields), 'reporter_id', 'assignee_id', 'created_at', 'archived_at']

/** A SET list without the time of resolution, the version and the time of change. */
export const assignmentsFrom = (row: string) =>
  raw(assignedColumns.map((column) => `${column} = ${row}.${column}`).join(', '))

/** True if the changes of a row contain a resolution at its own time, not that of the import. */
export const isDatedResolution = (row: string) => sql`${raw(row)}.resolved_at IS NOT NULL
  AND jsonb_path_exists(${raw(row)}.changes, '$[*] ? (@.field == "status"
    && (@.from == "OPEN" || @.from == "IN_PROGRESS") && (@.to == "RESOLVED" || @.to == "CLOSED"))')`

/** The number of history events of a row: a dated resolution is an event of its own. */
export const eventCount = (row: string) => sql`CASE WHEN ${raw(row)}.changes = '[]' THEN 0
  WHEN ${isDatedResolution(row)}
    AND jsonb_path_exists(${raw(row)}.changes, '$[*] ? (@.field != "status" && @.field != "resolution")') THEN 2 ELSE 1 END`
