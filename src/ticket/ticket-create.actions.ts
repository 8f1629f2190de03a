import type { ProjectRole, TicketKind } from '../../prisma/generated/client.ts'
import { empty, type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { LostRace } from '../database/transaction.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { mustHaveRole, roleSuffices } from '../project/project.access.ts'
import { lockProject } from '../project/project.actions.ts'
import { projectsByReference } from '../reference.ts'
import type { Viewer } from '../viewer.ts'
import { spellTerms } from './defect-term.actions.ts'
import { findProjectLabels } from './label-ids.actions.ts'
import { type TicketRow, ticketColumns } from './ticket.sql.ts'
import { findAssignee } from './ticket-change.actions.ts'

type DefectFields = {
  readonly [Name in 'category' | 'subcategory' | 'absn' | 'reportedBy' | 'severity']?: TicketRow[Name] | undefined
}

/** A new ticket. `projectId` is an id or a key, `assigneeId` an id or a username. */
export interface NewTicket extends DefectFields {
  readonly projectId: string
  readonly kind: TicketKind
  readonly title: string
  readonly description?: string | null | undefined
  readonly priority?: TicketRow['priority'] | null | undefined
  readonly assigneeId?: string | null | undefined
  readonly labelIds?: readonly string[] | null | undefined
}

/**
 * Creates a ticket with the next number of its project, without gaps. Throws BAD_USER_INPUT with all errors, those passed in
 * included.
 */
export async function createTicket(
  db: Statements,
  viewer: Viewer,
  input: NewTicket,
  previousErrors: readonly FieldError[] = [],
): Promise<TicketRow> {
  const errors = [...previousErrors]
  if (errors.some(({ path }) => path === 'projectId')) throw new BadUserInput(errors)
  const { projectId, kind, assigneeId, labelIds } = input
  const needed = assigneeId || labelIds?.length ? 'CONTRIBUTOR' : 'REPORTER'
  // A ticket without references is created without reading the project first.
  if (!db.inTransaction && errors.length === 0 && kind === 'ISSUE' && needed === 'REPORTER')
    return insertTicket(db, viewer, { ...input, project: projectsByReference([projectId]), needed })
  const project = await lockProject(db, viewer, projectId)
  mustHaveRole(project, 'REPORTER', 'Filing a ticket')
  mustHaveRole(project, needed, 'Assigning and labelling a ticket')

  const assignee = assigneeId ? await findAssignee(db, project.id, assigneeId, errors) : null
  const projectLabelIds = await findProjectLabels(db, project.id, labelIds ?? [], errors)
  if (errors.length > 0) throw new BadUserInput(errors)
  const defect = kind === 'DEFECT' && {
    ...(await spellTerms(db, project.id, input)),
    reportedBy: input.reportedBy ?? viewer.name,
    severity: input.severity ?? 'MAJOR',
  }
  return insertTicket(db, viewer, {
    ...input,
    ...defect,
    project: sql`p.id = ${project.id}::uuid`,
    needed,
    assigneeId: assignee?.id,
    labelIds: projectLabelIds,
  })
}

/** A ticket to insert. All references are ids; `project` is a condition on projects `p`. */
interface TicketToInsert extends Omit<NewTicket, 'projectId'> {
  readonly project: Sql
  /** The required role. */
  readonly needed: ProjectRole
}

/** Inserts a ticket. Throws LostRace if the viewer's role is insufficient or another transaction has locked the project. */
async function insertTicket(db: Statements, viewer: Viewer, ticket: TicketToInsert): Promise<TicketRow> {
  const { project, needed, kind, title, description, priority, assigneeId, labelIds } = ticket
  const { category, subcategory, absn, reportedBy, severity } = ticket
  const insertLabels = sql`, labelled AS (
    INSERT INTO ticket_labels (ticket_id, label_id) SELECT filed.id, unnest(${labelIds}::uuid[]) FROM filed)`
  const [row] = await db.query<{ ticket: string }[]>(sql`
    WITH counted AS (
      UPDATE projects SET last_number = last_number + 1 WHERE id = (
        SELECT p.id FROM projects p WHERE ${project} AND ${roleSuffices(viewer, sql`${needed}`)}
        FOR NO KEY UPDATE SKIP LOCKED)
      RETURNING id, last_number, clock_timestamp()::timestamptz(3) AS at),
    filed AS (
      INSERT INTO tickets AS t (project_id, number, kind, title, description, priority, reporter_id, assignee_id,
        created_at, updated_at, category, subcategory, absn, reported_by, severity)
      SELECT id, last_number, ${kind}::ticket_kind, ${title}, ${description ?? null},
        ${priority ?? 'MEDIUM'}::priority, ${viewer.id}::uuid, ${assigneeId ?? null}::uuid, at, at,
        ${category ?? null}, ${subcategory ?? null}, ${absn ?? null}, ${reportedBy ?? null}, ${severity ?? null}::severity
      FROM counted RETURNING t.id, ${ticketColumns.text} AS ticket)
    ${labelIds?.length ? insertLabels : empty}
    SELECT ticket FROM filed`)
  if (!row) throw new LostRace()
  return ticketColumns.parse(row.ticket)
}
