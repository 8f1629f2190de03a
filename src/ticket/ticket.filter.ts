import { empty, type Sql, sql } from '../database/sql.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import {
  allOf,
  anyOf,
  compare,
  compareEnum,
  compareText,
  compareTime,
  type DateTimeFilter,
  type EnumFilter,
  faultOf,
  type IDFilter,
  type LabelFilter,
  lowered,
  maxListLength,
  notSql,
  nullness,
  type Spot,
  type StringFilter,
  type UserFilter,
} from '../filter/comparators.ts'
import { type Moment, momentSql } from '../moment.ts'
import {
  isProjectReference,
  isTicketReference,
  isUserReference,
  projectsNamed,
  ticketsNamed,
  usersNamed,
} from '../reference.ts'
import { mayContain, searchCondition } from '../search/search.filter.ts'
import type { Viewer } from '../viewer.ts'
import { wasOpenAt } from './status-history.sql.ts'
import {
  compareAnyReopening,
  compareAnyResolution,
  compareFirstResolution,
  compareFirstResponse,
} from './ticket-history.filter.ts'

type Given<Value> = Value | null | undefined

/** Which tickets: all given fields hold together. Filters of issues and defects are the same, with fewer fields. */
export interface TicketFilter {
  readonly and?: Given<readonly TicketFilter[]>
  readonly or?: Given<readonly TicketFilter[]>
  readonly not?: Given<TicketFilter>
  readonly id?: Given<IDFilter>
  readonly kind?: Given<'ISSUE' | 'DEFECT'>
  readonly project?: Given<IDFilter>
  readonly title?: Given<StringFilter>
  readonly description?: Given<StringFilter>
  readonly status?: Given<EnumFilter>
  readonly resolution?: Given<EnumFilter>
  readonly priority?: Given<EnumFilter>
  readonly assignee?: Given<UserFilter>
  readonly reporter?: Given<UserFilter>
  readonly label?: Given<LabelFilter>
  readonly createdAt?: Given<DateTimeFilter>
  readonly updatedAt?: Given<DateTimeFilter>
  readonly resolvedAt?: Given<DateTimeFilter>
  readonly firstResponseAt?: Given<DateTimeFilter>
  readonly firstResolvedAt?: Given<DateTimeFilter>
  readonly everResolvedAt?: Given<DateTimeFilter>
  readonly everReopenedAt?: Given<DateTimeFilter>
  readonly openAt?: Given<Moment>
  readonly search?: Given<string>
  readonly archived?: Given<boolean>
  readonly category?: Given<StringFilter>
  readonly subcategory?: Given<StringFilter>
  readonly absn?: Given<StringFilter>
  readonly reportedBy?: Given<StringFilter>
  readonly severity?: Given<EnumFilter>
  readonly disposition?: Given<EnumFilter>
}

const maxDepth = 5
/** Each comparison costs the database time in planning; hand-written filters have ten. */
const maxComparisons = 1000

/**
 * A filter as a condition over tickets `t`. Archived tickets are left out unless the filter, on its top level, says
 * `archived`. BAD_USER_INPUT names every fault by its path below `path`.
 */
export function ticketCondition(filter: Given<TicketFilter>, viewer: Viewer, path = 'filter'): Sql {
  const faults: FieldError[] = []
  const given = filter?.archived === undefined ? { ...filter, archived: false } : filter
  if (sizeOf(given ?? {}) > maxComparisons)
    throw new BadUserInput([{ path, message: `may compare at most ${maxComparisons} times` }])
  const condition = conditionOf(given, viewer, { path, faults }, 1)
  if (faults.length > 0) throw new BadUserInput(faults)
  return condition
}

/** How many comparisons a filter makes, those in nested filters included. */
function sizeOf({ and, or, not, ...fields }: TicketFilter, depth = 1): number {
  if (depth > maxDepth) return 0
  const nested = [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])]
  return nested.reduce((size, filter) => size + 1 + sizeOf(filter, depth + 1), Object.keys(fields).length)
}

/** What a filter searches for, wherever it says so but inside of `not`. */
export function searchesOf({ search, and, or }: TicketFilter, depth = 1): string[] {
  const nested = depth < maxDepth ? [...(and ?? []), ...(or ?? [])] : []
  return [...(search ? [search] : []), ...nested.flatMap((filter) => searchesOf(filter, depth + 1))]
}

type Conditions = {
  readonly [Name in Exclude<keyof TicketFilter, 'and' | 'or' | 'not'>]-?: (
    value: NonNullable<TicketFilter[Name]>,
    spot: Spot,
    viewer: Viewer,
  ) => Sql
}

const conditions: Conditions = {
  id: (filter, spot) => compareReferences(filter, spot, 'ticket', isTicketReference, ticketsNamed),
  kind: (kind) => sql`t.kind = ${kind}::ticket_kind`,
  project: (filter, spot) =>
    compareReferences(filter, spot, 'project', isProjectReference, (references) =>
      oneOf(sql`t.project_id`, references, sql`SELECT p.id FROM projects p WHERE ${projectsNamed(references)}`),
    ),
  title: (filter, spot) => compareIndexedText(sql`t.title`, filter, spot),
  description: (filter, spot) => compareIndexedText(sql`t.description`, filter, spot),
  status: (filter, spot) => compareEnum(sql`t.status`, 'ticket_status', filter, spot),
  resolution: (filter, spot) => compareEnum(sql`t.resolution`, 'resolution', filter, spot),
  priority: (filter, spot) => compareEnum(sql`t.priority`, 'priority', filter, spot),
  assignee: (filter, spot, viewer) => compareUser(sql`t.assignee_id`, filter, spot, viewer),
  reporter: (filter, spot, viewer) => compareUser(sql`t.reporter_id`, filter, spot, viewer),
  label: compareLabels,
  createdAt: (filter, spot) => compareTime(sql`t.created_at`, filter, spot),
  updatedAt: (filter, spot) => compareTime(sql`t.updated_at`, filter, spot),
  resolvedAt: (filter, spot) => compareTime(sql`t.resolved_at`, filter, spot),
  firstResponseAt: compareFirstResponse,
  firstResolvedAt: compareFirstResolution,
  everResolvedAt: compareAnyResolution,
  everReopenedAt: compareAnyReopening,
  openAt: (moment) => wasOpenAt(momentSql(moment)),
  search: (search, spot) => {
    const fault = faultOf(search)
    if (fault) spot.faults.push({ path: spot.path, message: fault })
    return searchCondition(fault ? '' : search)
  },
  archived: (archived) => nullness(sql`t.archived_at`, !archived),
  category: (filter, spot) => compareText(sql`t.category`, filter, spot),
  subcategory: (filter, spot) => compareText(sql`t.subcategory`, filter, spot),
  absn: (filter, spot) => compareText(sql`t.absn`, filter, spot),
  reportedBy: (filter, spot) => compareText(sql`t.reported_by`, filter, spot),
  severity: (filter, spot) => compareEnum(sql`t.severity`, 'severity', filter, spot),
  disposition: (filter, spot) => compareEnum(sql`t.disposition`, 'disposition', filter, spot),
}

function conditionOf(filter: TicketFilter, viewer: Viewer, spot: Spot, depth: number): Sql {
  if (depth > maxDepth) {
    spot.faults.push({ path: spot.path, message: `is nested more than ${maxDepth} deep` })
    return allOf([])
  }
  const { and, or, not, ...fields } = filter
  const nested = (name: string, filters: readonly TicketFilter[]) => {
    if (filters.length > maxListLength)
      spot.faults.push({ path: `${spot.path}.${name}`, message: `may list at most ${maxListLength}` })
    return filters
      .slice(0, maxListLength)
      .map((one, index) => conditionOf(one, viewer, { ...spot, path: `${spot.path}.${name}.${index}` }, depth + 1))
  }
  const parts: Sql[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue
    const condition = conditions[name as keyof Conditions] as (value: unknown, spot: Spot, viewer: Viewer) => Sql
    parts.push(condition(value, { ...spot, path: `${spot.path}.${name}` }, viewer))
  }
  if (and) parts.push(allOf(nested('and', and)))
  if (or) parts.push(anyOf(nested('or', or)))
  if (not) parts.push(notSql(conditionOf(not, viewer, { ...spot, path: `${spot.path}.not` }, depth + 1)))
  return allOf(parts)
}

/** Whether a column holds what references name: one value that an index is entered with where there is one reference. */
const oneOf = (column: Sql, references: readonly string[], ids: Sql) =>
  references.length === 1 ? sql`${column} = (${ids})` : sql`${column} = ANY(ARRAY(${ids}))`

/** Rows named by ids or keys; a text that cannot name any is a fault. */
function compareReferences(
  filter: IDFilter,
  spot: Spot,
  what: string,
  fits: (reference: string) => boolean,
  named: (references: readonly string[]) => Sql,
): Sql {
  const checked = (operator: string, references: readonly string[]) => {
    references.forEach((reference, index) => {
      if (fits(reference)) return
      const path = operator === 'eq' ? `${spot.path}.eq` : `${spot.path}.${operator}.${index}`
      spot.faults.push({ path, message: `names no ${what}: it is no id, key or name of one` })
    })
    return named(references.filter(fits))
  }
  return compare(filter, spot, {
    eq: (reference) => checked('eq', [reference]),
    in: (references) => checked('in', references),
    notIn: (references) => notSql(checked('notIn', references)),
  })
}

function compareUser(column: Sql, { isViewer, isNull, ...ids }: UserFilter, spot: Spot, viewer: Viewer): Sql {
  const named = compareReferences(ids, spot, 'user', isUserReference, (references) =>
    oneOf(column, references, sql`SELECT u.id FROM users u WHERE ${usersNamed(references)}`),
  )
  const mine = sql`${column} = ${viewer.id}::uuid`
  const further = compare<Pick<UserFilter, 'isViewer' | 'isNull'>>({ isViewer, isNull }, spot, {
    isViewer: (is) => (is ? mine : notSql(mine)),
    isNull: (is) => nullness(column, is),
  })
  return allOf([named, further])
}

/** Title or description, whose parts are in the index that searches go by. */
function compareIndexedText(column: Sql, filter: StringFilter, spot: Spot): Sql {
  const compared = compareText(column, filter, spot)
  return typeof filter.contains === 'string' ? allOf([mayContain(filter.contains), compared]) : compared
}

function compareLabels(filter: LabelFilter, spot: Spot): Sql {
  const labelled = (names?: readonly string[]) => sql`
    EXISTS (SELECT FROM ticket_labels tl JOIN labels l ON l.id = tl.label_id WHERE tl.ticket_id = t.id
      ${names ? sql`AND lower(l.name) = ANY(${lowered(names)})` : empty})`
  return compare(filter, spot, {
    some: (names) => labelled(names),
    // Of all tickets those with the first of the labels are found in one go.
    every: (names) =>
      allOf([
        ...names.slice(0, 1).map((name) => labelled([name])),
        sql`${lowered(names)} <@ ARRAY(SELECT lower(l.name) FROM ticket_labels tl JOIN labels l ON l.id = tl.label_id
          WHERE tl.ticket_id = t.id)`,
      ]),
    none: (names) => notSql(labelled(names)),
    isEmpty: (isEmpty) => (isEmpty ? notSql(labelled()) : labelled()),
  })
}
