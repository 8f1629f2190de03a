import { type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { LostRace } from '../database/transaction.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { mustHaveRole, roleSuffices } from '../project/project.access.ts'
import { ticketsByReference } from '../reference.ts'
import { checkLabels, resolveLabels } from '../ticket/label-ids.actions.ts'
import { visibleTicketsByReference } from '../ticket/ticket.access.ts'
import type { TicketRow } from '../ticket/ticket.sql.ts'
import {
  checkVersion,
  lockTicket,
  mustNotConflict,
  recordChange,
  unchangedTicket,
} from '../ticket/ticket-change.actions.ts'
import { changeOf, changesAsJson } from '../ticket/ticket-change.sql.ts'
import type { Viewer } from '../viewer.ts'
import { type LabelRow, labelColumns } from './label.sql.ts'

export interface TicketLabels {
  readonly ticketId: string
  readonly labelIds: readonly string[]
  readonly expectedVersion?: number | null | undefined
}

interface LabelOperation {
  readonly combine: (current: readonly LabelRow[], input: readonly LabelRow[]) => readonly LabelRow[]
  /** `combine` on arrays of ids. */
  readonly combineIds: (current: Sql, input: Sql) => Sql
  /** Condition on the rows `tl` of ticket_labels to remove; null removes none. */
  readonly removes: ((input: Sql) => Sql) | null
  readonly adds: boolean
}

export const setLabels = (db: Statements, viewer: Viewer, input: TicketLabels) =>
  changeLabels(db, viewer, input, {
    combine: (_current, input) => input,
    combineIds: (_current, input) => input,
    removes: (input) => sql`tl.label_id <> ALL(${input})`,
    adds: true,
  })

export const addLabels = (db: Statements, viewer: Viewer, input: TicketLabels) =>
  changeLabels(db, viewer, input, {
    combine: (current, input) => [...current.filter((label) => !includes(input, label)), ...input],
    combineIds: (current, input) => sql`(${current} || ${input})`,
    removes: null,
    adds: true,
  })

export const removeLabels = (db: Statements, viewer: Viewer, input: TicketLabels) =>
  changeLabels(db, viewer, input, {
    combine: (current, input) => current.filter((label) => !includes(input, label)),
    combineIds: (current, input) => sql`ARRAY(SELECT unnest(${current}) EXCEPT SELECT unnest(${input}))`,
    removes: (input) => sql`tl.label_id = ANY(${input})`,
    adds: false,
  })

const includes = (labels: readonly LabelRow[], { id }: LabelRow) => labels.some((other) => other.id === id)

/** The format of history. */
const namesOf = (labels: readonly LabelRow[]) => labels.map(({ name }) => name).join(', ') || null

async function changeLabels(
  db: Statements,
  viewer: Viewer,
  { ticketId, labelIds: references, expectedVersion }: TicketLabels,
  operation: LabelOperation,
): Promise<TicketRow> {
  const ticketRow = sql`${ticketsByReference([ticketId])} AND ${visibleTicketsByReference(viewer)}`
  const project = sql`(SELECT t.project_id FROM tickets t WHERE ${ticketRow})`
  const labelIds = await resolveLabels(db, project, references)
  // Without an expected version, one statement is sufficient.
  if (!db.inTransaction && expectedVersion == null)
    return changeInOneStatement(db, viewer, { ticketId, labelIds }, operation)
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
  const combinedLabels = operation.combine(currentLabels, inputLabels)
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

/** Throws LostRace if a precondition is not met, or if the names of the labels remain the same. */
function changeInOneStatement(
  db: Statements,
  viewer: Viewer,
  { ticketId, labelIds }: TicketLabels,
  { combineIds, removes, adds }: LabelOperation,
): Promise<TicketRow> {
  const input = sql`${labelIds}::uuid[]`
  const current = sql`ARRAY(SELECT tl.label_id FROM ticket_labels tl WHERE tl.ticket_id = t.id)`
  const namesOf = (ids: Sql) =>
    sql`(SELECT string_agg(l.name, ', ' ORDER BY fold_case(l.name)) FROM labels l WHERE l.id = ANY(${ids}))`
  return recordChange(db, viewer, {
    // The labels were read with the ticket in its version at the start of the statement, which may be older than the
    // locked one.
    where: sql`${ticketsByReference([ticketId])} AND ${roleSuffices(viewer, sql`'CONTRIBUTOR'`)}
      AND EXISTS (SELECT FROM tickets seen WHERE seen.id = t.id AND seen.version = t.version)
      AND NOT EXISTS (SELECT FROM unnest(${input}) input(id)
        WHERE NOT EXISTS (SELECT FROM labels l WHERE l.id = input.id AND l.project_id = t.project_id))`,
    changes: sql`(SELECT ${changeOf('labels', sql`names.previous`, sql`names.next`)}
      FROM (SELECT ${namesOf(current)} AS previous, ${namesOf(combineIds(current, input))} AS next OFFSET 0) names)`,
    ctes: [
      ...(removes
        ? [
            sql`removed AS (
              DELETE FROM ticket_labels tl USING changed WHERE tl.ticket_id = changed.id AND ${removes(input)})`,
          ]
        : []),
      ...(adds
        ? [
            sql`added AS (
              INSERT INTO ticket_labels (ticket_id, label_id) SELECT changed.id, unnest(${input}) FROM changed
              ON CONFLICT DO NOTHING)`,
          ]
        : []),
    ],
  })
}
