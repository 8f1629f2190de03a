import type { TicketKind } from '../../prisma/generated/client.ts'
import { join, raw, sql } from '../database/sql.ts'
import type { Statements } from '../database/statements.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import { mustHaveRole } from '../project/project.access.ts'
import { ticketsNamed } from '../reference.ts'
import type { Viewer } from '../viewer.ts'
import { spellTerms } from './defect-term.actions.ts'
import { mustBeAbleToUpdate, updatable } from './ticket.access.ts'
import { asDecided, checkVersion, findAssignee, lockTicket, mustNotConflict, recordChange } from './ticket.actions.ts'
import { ofKind, type TicketRow } from './ticket.sql.ts'
import { changeOf, changesAsJson, type FieldChange } from './ticket-change.sql.ts'

/** The columns that a patch may name, with their PostgreSQL types. */
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

/** What to change: a column left out stays, null clears it. `assigneeId` is an id or a username. */
export type TicketPatch = { readonly [Name in Column]?: TicketRow[Name] | undefined }

/**
 * Changes the fields of a ticket that a patch names. Nothing to change is no change. BAD_USER_INPUT names every fault,
 * those found so far and those that only the database knows; CONFLICT the fields that others have changed since
 * `expectedVersion`.
 */
export async function updateTicket(
  db: Statements,
  viewer: Viewer,
  {
    id,
    kind,
    expectedVersion,
    patch,
    faultsSoFar = [],
  }: {
    readonly id: string
    readonly kind?: TicketKind
    readonly expectedVersion?: number | null | undefined
    readonly patch: TicketPatch
    readonly faultsSoFar?: readonly FieldError[]
  },
): Promise<TicketRow> {
  const faults = [...faultsSoFar]
  if (faults.some(({ path }) => path === 'id')) throw new BadUserInput(faults)
  // What depends on nothing else, and overwrites whatever is there, needs not be read first.
  if (!db.inTransaction && faults.length === 0 && expectedVersion == null && Object.keys(patch).every(isPlain))
    return patchTicket(db, viewer, id, kind, patch)
  const ticket = await lockTicket(db, viewer, id, kind)
  mustBeAbleToUpdate(viewer, ticket, ticket)
  checkVersion(ticket, expectedVersion, faults)
  const assignee = patch.assigneeId ? await findAssignee(db, ticket.projectId, patch.assigneeId, faults) : null
  const wanted = {
    ...withResolution(ticket, patch, faults),
    ...(patch.assigneeId !== undefined && { assigneeId: assignee?.id ?? null }),
    ...(await spellTerms(db, ticket.projectId, patch)),
  }
  if (faults.length > 0) throw new BadUserInput(faults)
  const changed = Object.keys(wanted)
    .filter(isColumn)
    .filter((name) => wanted[name] !== undefined && wanted[name] !== ticket[name])
  if (changed.length === 0) return ticket
  if (changed.includes('assigneeId')) mustHaveRole(ticket, 'CONTRIBUTOR', 'Assigning a ticket')
  const changes = await describe(db, ticket, wanted, changed, assignee?.name ?? null)
  await mustNotConflict(db, ticket, expectedVersion, changes)
  const isDone = isDoneStatus(wanted.status ?? ticket.status)
  const resolvedAt = isDone ? sql`resolved_at = coalesce(t.resolved_at, moment.at)` : sql`resolved_at = NULL`
  return recordChange(db, viewer, {
    which: asDecided(viewer, ticket),
    changes: changesAsJson(changes),
    set: [...changed.map((name) => assignment(name, wanted)), resolvedAt],
  })
}

const isPlain = (name: string) =>
  isColumn(name) && !['status', 'resolution', 'assigneeId', 'category', 'subcategory'].includes(name)

/** Writes a patch over what is there, if the viewer may and nobody is in the way. */
function patchTicket(
  db: Statements,
  viewer: Viewer,
  reference: string,
  kind: TicketKind | undefined,
  patch: TicketPatch,
): Promise<TicketRow> {
  const names = Object.keys(patch)
    .filter(isColumn)
    .filter((name) => patch[name] !== undefined)
  const changes = names.map((name) => changeOf(name, sql`t.${columnOf(name)}`, patched(name, patch)))
  return recordChange(db, viewer, {
    which: sql`${ticketsNamed([reference])} AND ${ofKind(kind)} AND ${updatable(viewer)}`,
    changes: join([sql`'[]'::jsonb`, ...changes], ' || '),
    set: names.map((name) => assignment(name, patch)),
  })
}

const columnOf = (name: Column) => raw(columns[name].column)
const patched = (name: Column, patch: TicketPatch) => sql`${patch[name] ?? null}::${raw(columns[name].type)}`
const assignment = (name: Column, patch: TicketPatch) => sql`${columnOf(name)} = ${patched(name, patch)}`

/** Whether a status ends a ticket: it has a resolution then, and the time of it. */
export const isDoneStatus = (status: TicketRow['status']) => status === 'RESOLVED' || status === 'CLOSED'

/** The patch with the resolution that goes with its status: FIXED where a done ticket has none, none while open. */
function withResolution(ticket: TicketRow, patch: TicketPatch, faults: FieldError[]): TicketPatch {
  if (isDoneStatus(patch.status ?? ticket.status)) {
    const resolution = patch.resolution === undefined ? ticket.resolution : patch.resolution
    return { ...patch, resolution: resolution ?? 'FIXED' }
  }
  if (patch.resolution) faults.push({ path: 'resolution', message: 'goes only with the status RESOLVED or CLOSED' })
  return { ...patch, resolution: null }
}

/** What a change was, in the words of history. */
async function describe(
  db: Statements,
  ticket: TicketRow,
  wanted: TicketPatch,
  changed: readonly Column[],
  assigneeName: string | null,
): Promise<FieldChange[]> {
  const [former] =
    changed.includes('assigneeId') && ticket.assigneeId
      ? await db.query<{ name: string }[]>(sql`SELECT name FROM users WHERE id = ${ticket.assigneeId}::uuid`)
      : []
  return changed.map((name) =>
    name === 'assigneeId'
      ? { field: 'assignee', from: former?.name ?? null, to: assigneeName }
      : { field: name, from: ticket[name] ?? null, to: wanted[name] ?? null },
  )
}
