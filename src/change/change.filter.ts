import { type Sql, sql } from '../database/sql.ts'
import { allOf, anyOf } from '../filter/comparators.ts'
import { visibleProject } from '../project/project.access.ts'
import { visibleTickets } from '../ticket/ticket.access.ts'
import { type Conjunct, type TicketFilter, ticketConjuncts } from '../ticket/ticket.filter.ts'
import type { Viewer } from '../viewer.ts'

/** Names of `history.changes` that decide whether a ticket satisfies a field of a filter. */
interface Dependencies {
  readonly fields?: readonly string[]
  readonly comments?: boolean
  /** True for every change of the ticket. */
  readonly updates?: boolean
}

const status: Dependencies = { fields: ['status', 'resolvedAt', 'createdAt'] }
type FilterField = Exclude<keyof TicketFilter, 'and' | 'or' | 'not'>

const dependencies: Readonly<Record<FilterField, Dependencies>> = {
  id: {},
  kind: {},
  project: {},
  projectArchived: {},
  title: { fields: ['title'] },
  description: { fields: ['description'] },
  status: { fields: ['status'] },
  resolution: { fields: ['resolution'] },
  priority: { fields: ['priority'] },
  assignee: { fields: ['assignee'] },
  reporter: { fields: ['reporter'] },
  label: { fields: ['labels'] },
  createdAt: { fields: ['createdAt'] },
  updatedAt: { updates: true },
  resolvedAt: status,
  commentedAt: { comments: true },
  firstResponseAt: { comments: true, updates: true },
  firstResolvedAt: status,
  everResolvedAt: status,
  everReopenedAt: status,
  openAt: status,
  search: { fields: ['title', 'description', 'category', 'subcategory', 'absn', 'reportedBy'], comments: true },
  archived: { fields: ['archivedAt'] },
  category: { fields: ['category'] },
  subcategory: { fields: ['subcategory'] },
  absn: { fields: ['absn'] },
  reportedBy: { fields: ['reportedBy'] },
  severity: { fields: ['severity'] },
  disposition: { fields: ['disposition'] },
}

function dependenciesOf({ and, or, not, ...fields }: TicketFilter): Dependencies[] {
  const nestedFilters = [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])]
  return [
    ...Object.keys(fields).map((name) => dependencies[name as FilterField]),
    ...nestedFilters.flatMap(dependenciesOf),
  ]
}

/** Condition on change `ch`: it or a later change of its ticket, which may have no position yet, affects the filter. */
function isAffected(filter: TicketFilter): Sql {
  const all = dependenciesOf(filter)
  const fields = [...new Set(all.flatMap((dependency) => dependency.fields ?? []))]
  const changesField = sql`EXISTS (
    SELECT FROM jsonb_array_elements(h.changes) change WHERE change ->> 'field' = ANY(${fields}::text[]))`
  const affectsFilter = anyOf([
    ...(fields.length > 0 ? [changesField] : []),
    ...(all.some(({ comments }) => comments) ? [sql`later.comment_id IS NOT NULL`] : []),
    ...(all.some(({ updates }) => updates) ? [sql`later.version > 1`] : []),
  ])
  return sql`EXISTS (
    SELECT FROM changes later LEFT JOIN history h ON h.ticket_id = later.ticket_id AND h.version = later.version
    WHERE later.ticket_id = ch.ticket_id AND (later.position >= ch.position OR later.position IS NULL) AND ${affectsFilter})`
}

const mayHaveMatched = ({ filter, condition }: Conjunct): Sql => anyOf([condition, isAffected(filter)])

/** Conditions on change `ch` and its ticket `t`. Throws BAD_USER_INPUT with all errors. */
export interface ChangeConditions {
  /** The viewer sees the ticket, and it satisfies the filter now. */
  readonly matches: Sql
  /** `matches`, or the change may have removed the ticket from the matches. */
  readonly isDelivered: Sql
}

/**
 * A ticket may have satisfied the filter before a change if it satisfies now every conjunct that neither this change nor a
 * later one affects: the state that readers compare contains later changes. A ticket that was deleted, or that left the
 * projects of the viewer, is delivered if it was in one of them.
 */
export function changeConditions(filter: TicketFilter | null, viewer: Viewer): ChangeConditions {
  const { ofProject, ofTicket } = ticketConjuncts(filter, viewer)
  const isVisible = allOf([sql`t.id IS NOT NULL`, visibleTickets(viewer), ofProject])
  const wasVisible = sql`EXISTS (SELECT FROM (SELECT ch.project_id) t (project_id)
    WHERE ${visibleProject(viewer, sql`t.project_id`)} AND ${ofProject})`
  return {
    matches: sql`coalesce(${allOf([isVisible, ...ofTicket.map(({ condition }) => condition)])}, FALSE)`,
    isDelivered: sql`CASE WHEN ${isVisible} THEN ${allOf(ofTicket.map(mayHaveMatched))} ELSE ${wasVisible} END`,
  }
}
