import type { TicketKind } from '../../prisma/generated/client.ts'
import type { Viewer } from '../context.ts'
import type { Statements } from '../database/statements.ts'
import { Overtaken } from '../database/transaction.ts'
import { spellTerms } from '../defect/defect-term.actions.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { findProjectLabels } from '../label/label.actions.ts'
import { mustHaveRole, roleStands } from '../project/project.access.ts'
import { holdProject } from '../project/project.actions.ts'
import { findAssignee } from './ticket.actions.ts'
import { type TicketRow, ticketColumns } from './ticket.sql.ts'

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
 * Files a ticket under the next number of its project, whose row counts them without gaps. BAD_USER_INPUT names every fault, those found so far and those that only the database knows.
 */
export async function createTicket(
  db: Statements,
  viewer: Viewer,
  input: NewTicket,
  faultsSoFar: readonly FieldError[] = [],
): Promise<TicketRow> {
  const faults = [...faultsSoFar]
  if (faults.some(({ path }) => path === 'projectId')) throw new BadUserInput(faults)
  const project = await holdProject(db, viewer, input.projectId)
  mustHaveRole(project, 'REPORTER', 'Filing a ticket')
  const labelIds = input.labelIds ?? []
  if (input.assigneeId || labelIds.length > 0) mustHaveRole(project, 'CONTRIBUTOR', 'Assigning and labelling a ticket')

  const assignee = input.assigneeId ? await findAssignee(db, project.id, input.assigneeId, faults) : null
  const labels = await findProjectLabels(db, project.id, labelIds, faults)
  if (faults.length > 0) throw new BadUserInput(faults)

  const defect =
    input.kind === 'DEFECT'
      ? {
          ...input,
          ...(await spellTerms(db, project.id, input)),
          reportedBy: input.reportedBy ?? viewer.name,
          severity: input.severity ?? 'MAJOR',
        }
      : {}
  const { category, subcategory, absn, reportedBy, severity }: Partial<NewTicket> = defect
  const [ticket] = await db.$queryRaw<TicketRow[]>`
    WITH counted AS (
      UPDATE projects SET last_number = last_number + 1 WHERE id = (
        SELECT p.id FROM projects p WHERE p.id = ${project.id}::uuid AND ${roleStands(viewer, project.viewerRole)}
        FOR NO KEY UPDATE SKIP LOCKED)
      RETURNING last_number, clock_timestamp()::timestamptz(3) AS at),
    filed AS (
      INSERT INTO tickets AS t (project_id, number, kind, title, description, priority, reporter_id, assignee_id,
        created_at, updated_at, category, subcategory, absn, reported_by, severity)
      SELECT ${project.id}::uuid, last_number, ${input.kind}::ticket_kind, ${input.title}, ${input.description ?? null},
        ${input.priority ?? 'MEDIUM'}::priority, ${viewer.id}::uuid, ${assignee?.id ?? null}::uuid, at, at,
        ${category ?? null}, ${subcategory ?? null}, ${absn ?? null}, ${reportedBy ?? null}, ${severity ?? null}::severity
      FROM counted RETURNING ${ticketColumns.all}),
    labelled AS (
      INSERT INTO ticket_labels (ticket_id, label_id)
      SELECT filed.id, label FROM filed, unnest(${labels.map(({ id }) => id)}::uuid[]) AS label)
    SELECT * FROM filed`
  if (!ticket) throw new Overtaken()
  return ticket
}
