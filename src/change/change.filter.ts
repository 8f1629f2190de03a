import { type Sql, sql } from '../database/sql.ts'
import { allOf, anyOf } from '../filter/comparators.ts'
import { visibleProject } from '../project/project.access.ts'
import { visibleTickets } from '../ticket/ticket.access.ts'
import { type TicketFilter, ticketConjuncts } from '../ticket/ticket.filter.ts'
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

/**
 * Condition on change `ch` of ticket `t`: it or a later change of the ticket affects the conjunct. `readsComments` is true if any
 * conjunct of the filter depends on comments: otherwise, no change of a comment affects the filter. History has no order
 * with comments, except that the ticket has not changed since the comment.
 */
function isAffected(conjunct: Dependencies, readsComments: boolean): Sql {
  const { fields = [], comments, updates } = conjunct
  const affectsTicket = anyOf([
    ...(fields.length > 0
      ? [
          sql`EXISTS (SELECT FROM jsonb_array_elements(h.changes) change WHERE change ->> 'field' = ANY(${fields}::text[]))`,
        ]
      : []),
    ...(updates ? [sql`TRUE`] : []),
  ])
  const since = readsComments
    ? sql`(h.version >= ch.version OR ch.version IS NULL AND t.updated_at >= ch.at - interval '1 minute')`
    : sql`h.version >= ch.version`
  return anyOf([
    sql`EXISTS (SELECT FROM history h WHERE h.ticket_id = ch.ticket_id AND ${since} AND ${affectsTicket})`,
    ...(comments
      ? [
          sql`EXISTS (SELECT FROM changes later WHERE later.ticket_id = ch.ticket_id AND later.comment_id IS NOT NULL
            AND (later.position >= ch.position OR later.position IS NULL))`,
        ]
      : []),
  ])
}

const mergeDependencies = (all: readonly Dependencies[]): Dependencies => ({
  fields: [...new Set(all.flatMap(({ fields }) => fields ?? []))],
  comments: all.some(({ comments }) => comments),
  updates: all.some(({ updates }) => updates),
})

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
  const conjuncts = ofTicket.map((conjunct) => ({ ...conjunct, ...mergeDependencies(dependenciesOf(conjunct.filter)) }))
  const readsComments = conjuncts.some(({ comments }) => comments)
  const mayHaveMatched = conjuncts.map((conjunct) => anyOf([conjunct.condition, isAffected(conjunct, readsComments)]))
  const isVisible = allOf([sql`t.id IS NOT NULL`, visibleTickets(viewer), ofProject])
  const wasVisible = sql`EXISTS (SELECT FROM (SELECT ch.project_id) t (project_id)
    WHERE ${visibleProject(viewer, sql`t.project_id`)} AND ${ofProject})`
  return {
    matches: sql`coalesce(${allOf([isVisible, ...ofTicket.map(({ condition }) => condition)])}, FALSE)`,
    isDelivered: sql`CASE WHEN ${isVisible} THEN ${allOf(mayHaveMatched)} ELSE ${wasVisible} END`,
  }
}
