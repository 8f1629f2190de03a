import type { ProjectRole, TicketKind } from '../../prisma/generated/client.ts'
import { empty, type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { LostRace } from '../database/transaction.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { recordInFeed } from '../feed/feed.sql.ts'
import { mustHaveRole, roleSuffices } from '../project/project.access.ts'
import { lockProject } from '../project/project.actions.ts'
import { projectsByReference } from '../reference.ts'
import type { Viewer } from '../viewer.ts'
import { normalizeTerms } from './defect-term.actions.ts'
import { findProjectLabels } from './label-ids.actions.ts'
import { type TicketRow, ticketColumns } from './ticket.sql.ts'
import { findAssignee } from './ticket-change.actions.ts'

type DefectFields = {
  readonly [Name in 'category' | 'subcategory' | 'absn' | 'reportedBy' | 'severity']?: TicketRow[Name] | undefined
}

/** `projectId` is an id or key, `assigneeId` an id or username. */
export interface NewTicket extends DefectFields {
  readonly projectId: string
  readonly kind: TicketKind
  readonly title: string
  readonly description?: string | null | undefined
  readonly priority?: TicketRow['priority'] | null | undefined
  readonly assigneeId?: string | null | undefined
  readonly labelIds?: readonly string[] | null | undefined
}

/** Throws BAD_USER_INPUT with all errors, including `previousErrors`. */
export async function createTicket(
  db: Statements,
  viewer: Viewer,
  input: NewTicket,
  previousErrors: readonly FieldError[] = [],
): Promise<TicketRow> {
  const errors = [...previousErrors]
  if (errors.some(({ path }) => path === 'projectId')) throw new BadUserInput(errors)
  const { projectId, kind, assigneeId, labelIds } = input
  const requiredRole = assigneeId || labelIds?.length ? 'CONTRIBUTOR' : 'REPORTER'
  // Without references, one statement is sufficient.
  if (!db.inTransaction && errors.length === 0 && kind === 'ISSUE' && requiredRole === 'REPORTER')
    return insertTicket(db, viewer, { ...input, project: projectsByReference([projectId]), requiredRole })
  const project = await lockProject(db, viewer, projectId)
  mustHaveRole(project, 'REPORTER', 'Creating a ticket')
  mustHaveRole(project, requiredRole, 'Assigning or labelling a ticket')

  const assignee = assigneeId ? await findAssignee(db, project.id, assigneeId, errors) : null
  const validLabelIds = await findProjectLabels(db, project.id, labelIds ?? [], errors)
  if (errors.length > 0) throw new BadUserInput(errors)
  const defect = kind === 'DEFECT' && {
    ...(await normalizeTerms(db, project.id, input)),
    reportedBy: input.reportedBy ?? viewer.name,
    severity: input.severity ?? 'MAJOR',
  }
  return insertTicket(db, viewer, {
    ...input,
    ...defect,
    project: sql`p.id = ${project.id}::uuid`,
    requiredRole,
    assigneeId: assignee?.id,
    labelIds: validLabelIds,
  })
}

/** All references are ids. */
interface TicketInsert extends Omit<NewTicket, 'projectId'> {
  /** Condition on projects `p`. */
  readonly project: Sql
  readonly requiredRole: ProjectRole
}

/** Throws LostRace if the viewer's role is insufficient, or if another transaction has locked the project. */
async function insertTicket(db: Statements, viewer: Viewer, ticket: TicketInsert): Promise<TicketRow> {
  const { project, requiredRole, kind, title, description, priority, assigneeId, labelIds } = ticket
  const { category, subcategory, absn, reportedBy, severity } = ticket
  const insertLabels = sql`, labelled AS (
    INSERT INTO ticket_labels (ticket_id, label_id) SELECT created.id, unnest(${labelIds}::uuid[]) FROM created)`
  const [row] = await db.query<{ ticket: string }[]>(sql`
    WITH numbered AS (
      UPDATE projects SET last_number = last_number + 1 WHERE id = (
        SELECT p.id FROM projects p WHERE ${project} AND ${roleSuffices(viewer, sql`${requiredRole}`)}
        FOR NO KEY UPDATE SKIP LOCKED)
      RETURNING id, last_number, clock_timestamp()::timestamptz(3) AS at),
    created AS (
      INSERT INTO tickets AS t (project_id, number, kind, title, description, priority, reporter_id, assignee_id,
        created_at, updated_at, category, subcategory, absn, reported_by, severity)
      SELECT id, last_number, ${kind}::ticket_kind, ${title}, ${description ?? null},
        ${priority ?? 'MEDIUM'}::priority, ${viewer.id}::uuid, ${assigneeId ?? null}::uuid, at, at,
        ${category ?? null}, ${subcategory ?? null}, ${absn ?? null}, ${reportedBy ?? null}, ${severity ?? null}::severity
      FROM numbered RETURNING t.id, t.project_id, t.number, t.created_at, ${ticketColumns.text} AS ticket),
    fed AS (${recordInFeed({
      from: sql`created c`,
      type: sql`'TICKET_CREATED'`,
      actorId: viewer.id,
      at: sql`c.created_at`,
      version: sql`1`,
    })})
    ${labelIds?.length ? insertLabels : empty}
    SELECT ticket FROM created`)
  if (!row) throw new LostRace()
  return ticketColumns.parse(row.ticket)
}
