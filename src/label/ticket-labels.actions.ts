import { sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { LostRace } from '../database/transaction.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { mustHaveRole } from '../project/project.access.ts'
import { checkLabels } from '../ticket/label-ids.actions.ts'
import type { TicketRow } from '../ticket/ticket.sql.ts'
import {
  checkVersion,
  lockTicket,
  mustNotConflict,
  recordChange,
  unchangedTicket,
} from '../ticket/ticket-change.actions.ts'
import { changesAsJson } from '../ticket/ticket-change.sql.ts'
import type { Viewer } from '../viewer.ts'
import { type LabelRow, labelColumns } from './label.sql.ts'

export interface TicketLabels {
  readonly ticketId: string
  readonly labelIds: readonly string[]
  readonly expectedVersion?: number | null | undefined
}

export const setLabels = (db: Statements, viewer: Viewer, input: TicketLabels) =>
  changeLabels(db, viewer, input, (_current, input) => input)

export const addLabels = (db: Statements, viewer: Viewer, input: TicketLabels) =>
  changeLabels(db, viewer, input, (current, input) => [...current.filter((label) => !includes(input, label)), ...input])

export const removeLabels = (db: Statements, viewer: Viewer, input: TicketLabels) =>
  changeLabels(db, viewer, input, (current, input) => current.filter((label) => !includes(input, label)))

const includes = (labels: readonly LabelRow[], { id }: LabelRow) => labels.some((other) => other.id === id)

/** The format of history. */
const namesOf = (labels: readonly LabelRow[]) => labels.map(({ name }) => name).join(', ') || null

async function changeLabels(
  db: Statements,
  viewer: Viewer,
  { ticketId, labelIds, expectedVersion }: TicketLabels,
  combine: (current: readonly LabelRow[], input: readonly LabelRow[]) => readonly LabelRow[],
): Promise<TicketRow> {
  // Locks labels before tickets, as `deleteLabel` does.
  if (db.inTransaction)
    await db.query(sql`SELECT FROM labels WHERE id = ANY(${labelIds}::uuid[]) ORDER BY id FOR KEY SHARE`)
  const ticket = await lockTicket(db, viewer, ticketId)
  mustHaveRole(ticket, 'CONTRIBUTOR', 'Labelling a ticket')
  const errors: FieldError[] = []
  checkVersion(ticket, expectedVersion, errors)
  const rows = await db.query<{ label: string; isSet: boolean }[]>(sql`
    SELECT ${labelColumns.text} AS label, l.id = ANY(ticket_labels.ids) AS "isSet"
    FROM labels l, (SELECT ARRAY(SELECT label_id FROM ticket_labels WHERE ticket_id = ${ticket.id}::uuid) AS ids) ticket_labels
    WHERE l.project_id = ${ticket.projectId}::uuid AND l.id = ANY(${labelIds}::uuid[] || ticket_labels.ids)
    ORDER BY fold_case(l.name)`)
  const labels = rows.map(({ label, isSet }) => ({ ...labelColumns.parse(label), isSet }))
  checkLabels(labelIds, labels, errors)
  if (errors.length > 0) throw new BadUserInput(errors)
  const currentLabels = labels.filter(({ isSet }) => isSet)
  const inputLabels = labels.filter(({ id }) => labelIds.includes(id))
  const combinedLabels = combine(currentLabels, inputLabels)
  const newLabels = labels.filter((label) => includes(combinedLabels, label))
  const addedIds = newLabels.filter((label) => !includes(currentLabels, label)).map(({ id }) => id)
  const removedIds = currentLabels.filter((label) => !includes(newLabels, label)).map(({ id }) => id)
  const changes = [{ field: 'labels', from: namesOf(currentLabels), to: namesOf(newLabels) }]
  await mustNotConflict(db, ticket, expectedVersion, changes)
  if (addedIds.length === 0 && removedIds.length === 0) {
    // Without a lock, the labels may be newer than the version that was compared.
    if (!db.inTransaction && expectedVersion != null) throw new LostRace()
    return ticket
  }
  return recordChange(db, viewer, {
    where: unchangedTicket(viewer, ticket),
    changes: changesAsJson(changes),
    ctes: [
      sql`removed AS (
        DELETE FROM ticket_labels tl USING changed WHERE tl.ticket_id = changed.id AND tl.label_id = ANY(${removedIds}::uuid[]))`,
      sql`added AS (
        INSERT INTO ticket_labels (ticket_id, label_id) SELECT changed.id, unnest(${addedIds}::uuid[]) FROM changed)`,
    ],
  })
}
