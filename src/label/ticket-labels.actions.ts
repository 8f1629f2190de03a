import type { Viewer } from '../context.ts'
import type { Transaction } from '../database/transaction.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { mustHaveRole } from '../project/project.access.ts'
import { checkVersion, lockTicket, mustNotConflict, recordChange } from '../ticket/ticket.actions.ts'
import type { TicketRow } from '../ticket/ticket.sql.ts'
import { findProjectLabels } from './label.actions.ts'
import { type LabelRow, labelColumns } from './label.sql.ts'

export interface TicketLabels {
  readonly ticketId: string
  readonly labelIds: readonly string[]
  readonly expectedVersion?: number | null | undefined
}

/** Replaces all labels of a ticket. */
export const setLabels = (tx: Transaction, viewer: Viewer, input: TicketLabels) =>
  changeLabels(tx, viewer, input, (_current, given) => given)

/** Puts labels on a ticket, beside those it has. */
export const addLabels = (tx: Transaction, viewer: Viewer, input: TicketLabels) =>
  changeLabels(tx, viewer, input, (current, given) => [...current.filter((one) => !holds(given, one)), ...given])

/** Takes labels off a ticket. */
export const removeLabels = (tx: Transaction, viewer: Viewer, input: TicketLabels) =>
  changeLabels(tx, viewer, input, (current, given) => current.filter((one) => !holds(given, one)))

const holds = (labels: readonly LabelRow[], { id }: LabelRow) => labels.some((label) => label.id === id)

/** How history tells a set of labels. */
const namesOf = (labels: readonly LabelRow[]) =>
  labels.length === 0
    ? null
    : labels
        .map(({ name }) => name)
        .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1))
        .join(', ')

async function changeLabels(
  tx: Transaction,
  viewer: Viewer,
  { ticketId, labelIds, expectedVersion }: TicketLabels,
  choose: (current: readonly LabelRow[], given: readonly LabelRow[]) => readonly LabelRow[],
): Promise<TicketRow> {
  // Labels are locked before tickets, as they are when a label is deleted.
  await tx.$queryRaw`SELECT FROM labels WHERE id = ANY(${labelIds}::uuid[]) ORDER BY id FOR KEY SHARE`
  // The ticket's lock makes one set of labels follow the other.
  const ticket = await lockTicket(tx, viewer, ticketId)
  mustHaveRole(ticket, 'CONTRIBUTOR', 'Labelling a ticket')
  const faults: FieldError[] = []
  checkVersion(ticket, expectedVersion, faults)
  const given = await findProjectLabels(tx, ticket.projectId, labelIds, faults)
  if (faults.length > 0) throw new BadUserInput(faults)
  const current = await tx.$queryRaw<LabelRow[]>`
    SELECT ${labelColumns.all} FROM ticket_labels tl JOIN labels l ON l.id = tl.label_id WHERE tl.ticket_id = ${ticket.id}::uuid`
  const next = choose(current, given)
  const added = next.filter((label) => !holds(current, label)).map(({ id }) => id)
  const removed = current.filter((label) => !holds(next, label)).map(({ id }) => id)
  if (added.length === 0 && removed.length === 0) return ticket
  const changes = [{ field: 'labels', from: namesOf(current), to: namesOf(next) }]
  await mustNotConflict(tx, ticket, expectedVersion, changes)
  await tx.$executeRaw`
    WITH removed AS (DELETE FROM ticket_labels WHERE ticket_id = ${ticket.id}::uuid AND label_id = ANY(${removed}::uuid[]))
    INSERT INTO ticket_labels (ticket_id, label_id) SELECT ${ticket.id}::uuid, unnest(${added}::uuid[])`
  return recordChange(tx, viewer, ticket, [], changes)
}
