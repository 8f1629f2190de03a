import type { TicketKind } from '../../prisma/generated/client.ts'
import { type Context, requireViewer } from '../context.ts'
import { empty, type Sql, sql } from '../database/sql.ts'
import { NotFound } from '../errors.ts'
import { lastCursor } from '../feed/feed.access.ts'
import { numberChanges } from '../feed/feed.actions.ts'
import { allOf } from '../filter/comparators.ts'
import type { List } from '../paging/page.ts'
import { visibleProject } from '../project/project.access.ts'
import { rowLoader } from '../reading/loader.ts'
import type { NestedField } from '../reading/look-ahead.ts'
import { type ResolverRequest, rowOf, selectedField, subfieldsOf } from '../reading/look-ahead.ts'
import { toOne } from '../reading/nested.ts'
import { readRow } from '../reading/value.ts'
import { projectId, ticketsByReference } from '../reference.ts'
import { rareShortTerm } from '../search/search.filter.ts'
import { selectVisibleProjectIds, visibleTicketsByReference } from './ticket.access.ts'
import { requiredSearchesOf, searchesOf, type TicketFilter, ticketConditions } from './ticket.filter.ts'
import {
  isGloballyIndexedOrder,
  ofKind,
  type TicketOrder,
  type TicketRow,
  ticketColumns,
  ticketOrder,
} from './ticket.sql.ts'
import { projectPartitions, ticketScan } from './ticket-index.sql.ts'
import { ticketTotals } from './ticket-totals.sql.ts'

export const findTicket = rowLoader<TicketRow>(ticketColumns, sql`tickets t`, visibleTicketsByReference)

export async function getTicket(context: Context, id: string): Promise<TicketRow> {
  const ticket = await findTicket(context, id)
  if (!ticket) throw new NotFound(`Ticket "${id}" was not found, or you cannot see it.`)
  return ticket
}

/** Reads the selected fields in one statement. */
export function readTicketByReference(
  reference: string,
  request: ResolverRequest,
  kind?: TicketKind,
): Promise<TicketRow | null> {
  const row = rowOf(ticketColumns, subfieldsOf(selectedField(request.info), request.info), request)
  const visible = visibleTicketsByReference(requireViewer(request.context))
  const from = sql`tickets t WHERE ${ticketsByReference([reference])} AND ${ofKind(kind)} AND ${visible}`
  return readRow(request.context.db, row, from)
}

/** `property` contains the id of the ticket. */
export const ticketRelation = (property: string) => toOne(property, ticketColumns, sql`tickets t`)

export const ticketProjectKey: NestedField = {
  keyProperty: 'projectId',
  fragment: () => ({ sql: sql`(SELECT p.key FROM projects p WHERE p.id = parent.id)` }),
}

/** Limits the cost of ranking by relevance. */
const newest = { order: sql`ORDER BY t.created_at DESC, t.id DESC`, size: 1000 }
const isByRelevance = (orderBy: TicketListArguments['orderBy']) =>
  orderBy?.some(({ field }) => field === 'RELEVANCE') ?? false

export interface TicketListArguments {
  readonly filter?: TicketFilter | null | undefined
  readonly orderBy?: readonly TicketOrder[] | null | undefined
}

interface TicketListScope {
  readonly kind?: TicketKind
  /** An expression for the id of the only project, which the condition of the list must contain. */
  readonly project?: Sql
}

export function ticketList(
  context: Context,
  { filter, orderBy }: TicketListArguments,
  { kind, project }: TicketListScope = {},
): List<TicketRow> {
  const viewer = requireViewer(context)
  const searches = searchesOf(filter ?? {})
  const rareTerm = rareShortTerm(requiredSearchesOf(filter ?? {}))
  const { ofProject, ofTicket } = ticketConditions(filter, viewer, {
    isInProject: project !== undefined,
    search: { scansShortTerms: rareTerm !== null },
  })
  const order = ticketOrder(orderBy, searches)
  const onlyProject = project ?? projectOf(filter)
  const scan = searches.length > 0 ? null : ticketScan(filter ?? {}, order, orderBy)
  const where = sql`${scan?.planning ?? empty} ${ofKind(kind)} AND ${ofTicket}`
  const rows = selectVisibleProjectIds(viewer, ofProject)
  const selectsProjects = filter?.project || typeof filter?.projectArchived === 'boolean'
  const projectFilter = selectsProjects ? { maxCount: filter?.project?.in?.length ?? Infinity } : null
  const partitions = onlyProject
    ? null
    : projectPartitions(
        viewer,
        { rows, where: sql`t.project_id = partitions.id AND ${where}`, projectFilter },
        isGloballyIndexedOrder(orderBy),
      )
  const isInProjects = onlyProject || viewer.role === 'ADMIN' ? ofProject : sql`t.project_id = ANY(ARRAY(${rows}))`
  return {
    columns: ticketColumns,
    from: sql`tickets t`,
    ...(onlyProject && { precondition: visibleProject(viewer, onlyProject) }),
    where: sql`${isInProjects} AND ${where}`,
    shortcut: rareTerm && {
      source: rareTerm,
      condition: sql`t.id = ANY(ARRAY(SELECT s.ticket_id FROM ticket_texts s WHERE s.words @@ (SELECT query FROM shortcut)))`,
    },
    totals: ticketTotals(filter ?? {}, allOf([isInProjects, ofKind(kind), ofKind(filter?.kind ?? undefined)])),
    order,
    // Otherwise changes without a position, which the page contains, would follow its cursor.
    snapshot: { field: 'changesCursor', value: lastCursor(viewer), prepare: numberChanges },
    indexScan: scan && (onlyProject || partitions) ? { streams: scan.streams, partitions } : null,
    probe: searches.length > 0 ? { rankingWindow: isByRelevance(orderBy) ? newest : null } : null,
  }
}

const projectOf = (filter: TicketFilter | null | undefined) =>
  filter?.project?.eq ? projectId(filter.project.eq) : null
