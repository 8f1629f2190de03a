import { join, raw, type Sql, sql } from '../database/sql.ts'
import { changeOf } from '../history/history.sql.ts'

/** The names of a ticket's labels, as history tells them; null for none. */
const labelNames = (ticketId: Sql) => sql`
  (SELECT string_agg(l.name, ', ' ORDER BY lower(l.name)) FROM ticket_labels tl JOIN labels l ON l.id = tl.label_id
   WHERE tl.ticket_id = ${ticketId})`

/** The ids of a ticket's labels as an array of JSON. */
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
 * What becomes of a ticket `was` that is to be as a row `will`, in the words of history; an empty array where nothing
 * does. Labels come in `will.labels` by name; null there leaves them. A time of resolution tells itself with the status,
 * so it counts only where it is another one and the ticket stays resolved.
 */
export function ticketChanges(was: Sql, will: Sql, projectId: string): Sql {
  const both = (column: string, told: (value: Sql) => Sql = (value) => value) =>
    [told(sql`${was}.${raw(column)}`), told(sql`${will}.${raw(column)}`)] as const
  const given = sql`
    (SELECT string_agg(l.name, ', ' ORDER BY lower(l.name)) FROM labels l WHERE l.project_id = ${projectId}::uuid
     AND lower(l.name) IN (SELECT lower(given.name) FROM jsonb_array_elements_text(${will}.labels) AS given(name)))`
  const [wasResolved, willResolved] = both('resolved_at', isoTime)
  const changes = [
    ...Object.entries(plainFields).map(([field, column]) => changeOf(field, ...both(column))),
    // By id: two people may have one name.
    ...(['assignee', 'reporter'] as const).map((field) => {
      const [from, to] = both(`${field}_id`)
      return sql`CASE WHEN ${from} IS DISTINCT FROM ${to} THEN jsonb_build_array(
        jsonb_build_object('field', ${field}::text, 'from', ${nameOf(from)}, 'to', ${nameOf(to)})) ELSE '[]' END`
    }),
    changeOf('createdAt', ...both('created_at', isoTime)),
    changeOf('archivedAt', ...both('archived_at', isoTime)),
    sql`CASE WHEN ${wasResolved} IS NOT NULL AND ${willResolved} IS NOT NULL THEN ${changeOf('resolvedAt', wasResolved, willResolved)} ELSE '[]' END`,
    sql`CASE WHEN ${will}.labels IS NOT NULL THEN ${changeOf('labels', labelNames(sql`${was}.id`), given)} ELSE '[]' END`,
  ]
  return join(
    changes.map((change) => sql`(${change})`),
    ' || ',
  )
}

const takenColumns = [...Object.values(plainFields), 'reporter_id', 'assignee_id', 'created_at', 'archived_at']

/** Assignments that give tickets what a row `will` has: all but the time of resolution, versions and times of change. */
export const takenFrom = (will: string) => raw(takenColumns.map((column) => `${column} = ${will}.${column}`).join(', '))
