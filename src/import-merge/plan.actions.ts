import type { BulkTransaction } from '../database/bulk-transaction.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { FileHeader } from '../import-file/header.parser.ts'
import { assignableUsers } from '../project/project.access.ts'
import type { Viewer } from '../viewer.ts'
import { type CheckOptions, kindOf, nextDescription, rowFindings } from './check.sql.ts'
import { isDone } from './check-times.sql.ts'

/**
 * Derives the temporary table import_plan from import_rows: the state of each ticket after the import, with the errors
 * and warnings that depend on stored data. `created` marks new tickets; other rows belong to the ticket with the
 * external key.
 */
export async function planRows(
  tx: BulkTransaction,
  projectId: string,
  viewer: Viewer,
  header: FileHeader,
  options: CheckOptions,
): Promise<void> {
  const project = sql`${projectId}::uuid`
  const { errors, warnings } = rowFindings(header, options)
  const isDefect = sql`${kindOf(options.kind)} = 'DEFECT'`
  await findPeople(tx, projectId, viewer)
  await tx.query(sql`
    CREATE TEMPORARY TABLE import_plan ON COMMIT DROP AS
    SELECT r.row, nullif(${errors}, '[]') AS errors, nullif(${warnings}, '[]') AS warnings,
      t.id IS NULL AS created, coalesce(t.id, new_id()) AS id, ${kindOf(options.kind)} AS kind,
      r.external_key, coalesce(r.title, t.title, r.first_line) AS title,
      ${nextDescription} AS description,
      coalesce(r.status, t.status, 'OPEN') AS status,
      CASE WHEN ${isDone} THEN coalesce(r.resolution, t.resolution, 'FIXED') END AS resolution,
      coalesce(r.priority, t.priority, 'MEDIUM') AS priority,
      coalesce(reporter.id, t.reporter_id, ${viewer.id}::uuid) AS reporter_id,
      CASE WHEN r.assignee IS NULL THEN t.assignee_id ELSE assignee.id END AS assignee_id, r.labels,
      coalesce(r.created_at, t.created_at, CASE WHEN ${isDone} THEN r.resolved_at END)::timestamptz(3) AS created_at,
      CASE WHEN ${isDone} THEN coalesce(r.resolved_at, t.resolved_at) END::timestamptz(3) AS resolved_at,
      coalesce(r.archived_at, t.archived_at)::timestamptz(3) AS archived_at,
      coalesce(r.category, t.category) AS category, coalesce(r.subcategory, t.subcategory) AS subcategory,
      coalesce(r.absn, t.absn) AS absn,
      CASE WHEN ${isDefect} THEN coalesce(r.reported_by, t.reported_by, ${viewer.name}::text) END AS reported_by,
      CASE WHEN ${isDefect} THEN coalesce(r.severity, t.severity, 'MAJOR') END AS severity,
      coalesce(r.disposition, t.disposition) AS disposition
    FROM (SELECT *, CASE WHEN external_key IS NOT NULL THEN first_value(row) OVER (PARTITION BY external_key ORDER BY row) END AS first_row
      FROM import_rows) r
    LEFT JOIN tickets t ON t.project_id = ${project} AND t.external_key = r.external_key
    LEFT JOIN import_people reporter ON reporter.person = r.reporter
    LEFT JOIN import_people assignee ON assignee.person = r.assignee
    LEFT JOIN LATERAL (SELECT string_agg(given.name, '; ') AS unknown FROM jsonb_array_elements_text(r.labels) AS given(name)
      WHERE NOT EXISTS (SELECT FROM labels l WHERE l.project_id = ${project} AND fold_case(l.name) = fold_case(given.name))) labelled
      ON r.labels IS NOT NULL
    -- Ids are generated after the sort, in the order of the rows.
    ORDER BY r.row`)
  await tx.query(sql`ANALYZE import_plan`)
}

/**
 * Creates the temporary table import_people: the people in the file, with their names and users. A user is found by
 * username, by a name that only one user has or, for ADMINs, who can see it, by the email address. `id` is null for
 * people who are not users.
 */
async function findPeople(tx: BulkTransaction, projectId: string, { role }: Viewer): Promise<void> {
  const canSeeEmails = role === 'ADMIN'
  const uniqueUsers = (column: Sql) => sql`
    (SELECT fold_case(${column}) AS folded, (array_agg(u.id))[1] AS id FROM users u GROUP BY 1 HAVING count(*) = 1)`
  await tx.query(sql`
    CREATE TEMPORARY TABLE import_people ON COMMIT DROP AS
    SELECT given.person, given.name, u.id, u.id IS NOT NULL AND (${assignableUsers(sql`${projectId}::uuid`)}) AS assignable
    FROM (
      SELECT person, coalesce(mailbox[1], person) AS name, coalesce(mailbox[2], person) AS address
      FROM (SELECT assignee AS person FROM import_rows WHERE assignee IS NOT NULL
        UNION SELECT reporter FROM import_rows WHERE reporter IS NOT NULL) people,
        regexp_match(person, '^(.+?) *<([^<>]+)>$') AS mailbox) given
    LEFT JOIN users by_username ON by_username.username = lower(given.name)
    LEFT JOIN ${uniqueUsers(sql`u.name`)} by_name ON by_name.folded = fold_case(given.name)
    LEFT JOIN ${uniqueUsers(sql`u.email`)} by_email ON ${canSeeEmails} AND by_email.folded = fold_case(given.address)
    LEFT JOIN users u ON u.id = coalesce(by_username.id, by_email.id, by_name.id)`)
}
