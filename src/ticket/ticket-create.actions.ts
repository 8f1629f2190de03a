import type { ProjectRole, TicketKind } from '../../prisma/generated/client.ts'
import { empty, type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { LostRace } from '../database/transaction.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { mustHaveRole, roleSuffices } from '../project/project.access.ts'
import { lockProject } from '../project/project.actions.ts'
import { projectsNamed } from '../reference.ts'
import type { Viewer } from '../viewer.ts'
import { spellTerms } from './defect-term.actions.ts'
import { findAssignee } from './ticket.actions.ts'
import { type TicketRow, ticketColumns } from './ticket.sql.ts'
import { findProjectLabels } from './ticket-label.actions.ts'

type DefectFields = {
  readonly [Name in 'category' | 'subcategory' | 'absn' | 'reportedBy' | 'severity']?: TicketRow[Name] | undefined
}

/** What a ticket is filed with. `projectId` is an id or a key, `assigneeId` an id or a username. */
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
 * Files a ticket under the next number of its project, whose row counts them without gaps. BAD_USER_INPUT names every
 * fault, those found so far and those that only the database knows.
 */
export async function createTicket(
  db: Statements,
  viewer: Viewer,
  input: NewTicket,
  faultsSoFar: readonly FieldError[] = [],
): Promise<TicketRow> {
  const faults = [...faultsSoFar]
  if (faults.some(({ path }) => path === 'projectId')) throw new BadUserInput(faults)
  const { projectId, kind, assigneeId, labelIds } = input
  const needed = assigneeId || labelIds?.length ? 'CONTRIBUTOR' : 'REPORTER'
  // What refers to nothing else is filed without a look at the project.
  if (!db.inTransaction && faults.length === 0 && kind === 'ISSUE' && needed === 'REPORTER')
    return insertTicket(db, viewer, { ...input, project: projectsNamed([projectId]), needed })
  const project = await lockProject(db, viewer, projectId)
  mustHaveRole(project, 'REPORTER', 'Filing a ticket')
  mustHaveRole(project, needed, 'Assigning and labelling a ticket')

  const assignee = assigneeId ? await findAssignee(db, project.id, assigneeId, faults) : null
  const projectLabelIds = await findProjectLabels(db, project.id, labelIds ?? [], faults)
  if (faults.length > 0) throw new BadUserInput(faults)
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

/** A ticket to be stored: every reference is an id, but for the project, a condition on projects `p`. */
interface TicketToInsert extends Omit<NewTicket, 'projectId'> {
  readonly project: Sql
  /** The role that filing it takes. */
  readonly needed: ProjectRole
}

/** Stores a ticket if the viewer's role suffices and nobody else holds the project; else throws LostRace. */
async function insertTicket(db: Statements, viewer: Viewer, ticket: TicketToInsert): Promise<TicketRow> {
  const { project, needed, kind, title, description, priority, assigneeId, labelIds } = ticket
  const { category, subcategory, absn, reportedBy, severity } = ticket
  const labelled = sql`, labelled AS (
    INSERT INTO ticket_labels (ticket_id, label_id) SELECT filed.id, unnest(${labelIds}::uuid[]) FROM filed)`
  const [filed] = await db.query<TicketRow[]>(sql`
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
      FROM counted RETURNING ${ticketColumns.all})
    ${labelIds?.length ? labelled : empty}
    SELECT * FROM filed`)
  if (!filed) throw new LostRace()
  return filed
}
