import type { TicketKind } from '../../prisma/generated/client.ts'
import { join, raw, type Sql, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { mustHaveRole } from '../project/project.access.ts'
import { ticketsByReference } from '../reference.ts'
import type { FieldChange } from '../rows.ts'
import type { Viewer } from '../viewer.ts'
import { normalizeTerms } from './defect-term.actions.ts'
import { mustBeAbleToUpdate, updatableTickets } from './ticket.access.ts'
import { ofKind, type TicketRow } from './ticket.sql.ts'
import {
  checkVersion,
  findAssignee,
  lockTicket,
  mustNotConflict,
  recordChange,
  unchangedTicket,
} from './ticket-change.actions.ts'
import { changeOf, changesAsJson } from './ticket-change.sql.ts'

const columns = {
  title: { column: 'title', type: 'text' },
  description: { column: 'description', type: 'text' },
  status: { column: 'status', type: 'ticket_status' },
  resolution: { column: 'resolution', type: 'resolution' },
  priority: { column: 'priority', type: 'priority' },
  assigneeId: { column: 'assignee_id', type: 'uuid' },
  category: { column: 'category', type: 'text' },
  subcategory: { column: 'subcategory', type: 'text' },
  absn: { column: 'absn', type: 'text' },
  reportedBy: { column: 'reported_by', type: 'text' },
  severity: { column: 'severity', type: 'severity' },
  disposition: { column: 'disposition', type: 'disposition' },
} as const

type Column = keyof typeof columns
const isColumn = (name: string): name is Column => name in columns

/** Null clears a column, undefined keeps it. `assigneeId` is an id or username. */
export type TicketPatch = { readonly [Name in Column]?: TicketRow[Name] | undefined }

/**
 * A patch without effect does not change the version. Throws BAD_USER_INPUT with all errors, including `previousErrors`, and
 * CONFLICT if a patched field was changed since `expectedVersion`, even to the same value.
 */
export async function updateTicket(
  db: Statements,
  viewer: Viewer,
  {
    id,
    kind,
    expectedVersion,
    patch,
    previousErrors = [],
  }: {
    readonly id: string
    readonly kind?: TicketKind
    readonly expectedVersion?: number | null | undefined
    readonly patch: TicketPatch
    readonly previousErrors?: readonly FieldError[]
  },
): Promise<TicketRow> {
  const errors = [...previousErrors]
  if (errors.some(({ path }) => path === 'id')) throw new BadUserInput(errors)
  // Without references and an expected version, one statement is sufficient.
  if (!db.inTransaction && errors.length === 0 && expectedVersion == null && isIndependent(patch))
    return patchTicket(db, viewer, id, kind, patch)
  const ticket = await lockTicket(db, viewer, id, kind)
  mustBeAbleToUpdate(viewer, ticket, ticket)
  checkVersion(ticket, expectedVersion, errors)
  const assignee = patch.assigneeId
    ? await findAssignee(db, ticket.projectId, patch.assigneeId, errors, ticket.assigneeId)
    : null
  const values = {
    ...withResolution(ticket, patch, errors),
    ...(patch.assigneeId !== undefined && { assigneeId: assignee?.id ?? null }),
    ...(await normalizeTerms(db, ticket.projectId, patch)),
  }
  if (errors.length > 0) throw new BadUserInput(errors)
  const isChanged = (name: Column) => values[name] !== undefined && values[name] !== ticket[name]
  const fields = Object.keys(values)
    .filter(isColumn)
    .filter((name) => patch[name] !== undefined || isChanged(name))
  const changedFields = fields.filter(isChanged)
  if (changedFields.includes('assigneeId')) mustHaveRole(ticket, 'CONTRIBUTOR', 'Assigning a ticket')
  const assignments = await describeAssignments(db, ticket, values, fields, assignee?.name ?? null)
  await mustNotConflict(db, ticket, expectedVersion, assignments)
  if (changedFields.length === 0) return ticket
  const changes = assignments.filter((_, index) => isChanged(fields[index] as Column))
  return recordChange(db, viewer, {
    where: unchangedTicket(viewer, ticket),
    changes: changesAsJson(changes),
    set: [...changedFields.map((name) => assignment(name, values)), resolutionTimeFor(values.status ?? ticket.status)],
  })
}

/** True if the new values depend on no other row, and the patch is valid for each ticket. */
const isIndependent = (patch: TicketPatch) =>
  patch.assigneeId === undefined &&
  patch.category === undefined &&
  patch.subcategory === undefined &&
  (patch.resolution === undefined || (patch.status !== undefined && isDoneStatus(patch.status)))

function patchTicket(
  db: Statements,
  viewer: Viewer,
  reference: string,
  kind: TicketKind | undefined,
  patch: TicketPatch,
): Promise<TicketRow> {
  const { status } = patch
  const names = new Set(Object.keys(patch).filter((name) => isColumn(name) && patch[name] !== undefined) as Column[])
  if (status) names.add('resolution')
  const values = [...names].map((name) => ({
    name,
    value: name === 'resolution' && status ? resolutionFor(status, patch) : newValue(name, patch),
  }))
  const changes = values.map(({ name, value }) => changeOf(name, sql`t.${columnOf(name)}`, value))
  return recordChange(db, viewer, {
    where: sql`${ticketsByReference([reference])} AND ${ofKind(kind)} AND ${updatableTickets(viewer)}`,
    changes: join([sql`'[]'::jsonb`, ...changes], ' || '),
    set: [
      ...values.map(({ name, value }) => sql`${columnOf(name)} = ${value}`),
      ...(status ? [resolutionTimeFor(status)] : []),
    ],
  })
}

/** `withResolution` in SQL. */
function resolutionFor(status: TicketRow['status'], { resolution }: TicketPatch): Sql {
  if (!isDoneStatus(status)) return sql`NULL::resolution`
  return resolution === undefined ? sql`coalesce(t.resolution, 'FIXED')` : sql`${resolution ?? 'FIXED'}::resolution`
}

const resolutionTimeFor = (status: TicketRow['status']) =>
  isDoneStatus(status) ? sql`resolved_at = coalesce(t.resolved_at, moment.at)` : sql`resolved_at = NULL`

const columnOf = (name: Column) => raw(columns[name].column)
const newValue = (name: Column, patch: TicketPatch) => sql`${patch[name] ?? null}::${raw(columns[name].type)}`
const assignment = (name: Column, patch: TicketPatch) => sql`${columnOf(name)} = ${newValue(name, patch)}`

export const isDoneStatus = (status: TicketRow['status']) => status === 'RESOLVED' || status === 'CLOSED'

/** Sets the resolution for the status: null while open, else FIXED by default. */
function withResolution(ticket: TicketRow, patch: TicketPatch, errors: FieldError[]): TicketPatch {
  if (isDoneStatus(patch.status ?? ticket.status)) {
    const resolution = patch.resolution === undefined ? ticket.resolution : patch.resolution
    return { ...patch, resolution: resolution ?? 'FIXED' }
  }
  if (patch.resolution) errors.push({ path: 'resolution', message: 'can only be set with status RESOLVED or CLOSED' })
  return { ...patch, resolution: null }
}

/** In the format of history; an assignment of the current value has equal `from` and `to`. */
async function describeAssignments(
  db: Statements,
  ticket: TicketRow,
  values: TicketPatch,
  fields: readonly Column[],
  assigneeName: string | null,
): Promise<FieldChange[]> {
  const [previousAssignee] =
    fields.includes('assigneeId') && ticket.assigneeId && ticket.assigneeId !== values.assigneeId
      ? await db.query<{ name: string }[]>(sql`SELECT name FROM users WHERE id = ${ticket.assigneeId}::uuid`)
      : [{ name: ticket.assigneeId && assigneeName }]
  return fields.map((name) =>
    name === 'assigneeId'
      ? { field: 'assignee', from: previousAssignee?.name ?? null, to: assigneeName }
      : { field: name, from: ticket[name] ?? null, to: values[name] ?? null },
  )
}
