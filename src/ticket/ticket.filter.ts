import { empty, type Sql, sql } from '../database/sql.ts'
import { type RelativeDateTime, timestampSql } from '../date-time.ts'
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
  foldedArray,
  type IDFilter,
  type LabelFilter,
  type Location,
  maxListLength,
  notSql,
  nullCheck,
  operandError,
  type StringFilter,
  type UserFilter,
} from '../filter/comparators.ts'
import { toNormalForm } from '../normal-form.ts'
import {
  isId,
  isProjectReference,
  isTicketReference,
  isUserReference,
  projectId,
  projectReferenceError,
  projectsByReference,
  ticketReferenceError,
  ticketsByReference,
  userReferenceError,
  usersByReference,
} from '../reference.ts'
import { mayContain, type SearchOptions, searchCondition } from '../search/search.filter.ts'
import type { Viewer } from '../viewer.ts'
import { openAtCondition } from './status-history.sql.ts'
import {
  compareAnyReopening,
  compareAnyResolution,
  compareFirstResolution,
  compareFirstResponse,
  compareLastComment,
} from './ticket-history.filter.ts'

type Optional<Value> = Value | null | undefined

/** Fields are joined by AND. Filters of issues and defects have fewer fields. */
export interface TicketFilter {
  readonly and?: Optional<readonly TicketFilter[]>
  readonly or?: Optional<readonly TicketFilter[]>
  readonly not?: Optional<TicketFilter>
  readonly id?: Optional<IDFilter>
  readonly kind?: Optional<'ISSUE' | 'DEFECT'>
  readonly project?: Optional<IDFilter>
  readonly title?: Optional<StringFilter>
  readonly description?: Optional<StringFilter>
  readonly status?: Optional<EnumFilter>
  readonly resolution?: Optional<EnumFilter>
  readonly priority?: Optional<EnumFilter>
  readonly assignee?: Optional<UserFilter>
  readonly reporter?: Optional<UserFilter>
  readonly label?: Optional<LabelFilter>
  readonly createdAt?: Optional<DateTimeFilter>
  readonly updatedAt?: Optional<DateTimeFilter>
  readonly resolvedAt?: Optional<DateTimeFilter>
  readonly commentedAt?: Optional<DateTimeFilter>
  readonly firstResponseAt?: Optional<DateTimeFilter>
  readonly firstResolvedAt?: Optional<DateTimeFilter>
  readonly everResolvedAt?: Optional<DateTimeFilter>
  readonly everReopenedAt?: Optional<DateTimeFilter>
  readonly openAt?: Optional<RelativeDateTime>
  readonly search?: Optional<string>
  readonly archived?: Optional<boolean>
  readonly projectArchived?: Optional<boolean>
  readonly category?: Optional<StringFilter>
  readonly subcategory?: Optional<StringFilter>
  readonly absn?: Optional<StringFilter>
  readonly reportedBy?: Optional<StringFilter>
  readonly severity?: Optional<EnumFilter>
  readonly disposition?: Optional<EnumFilter>
}

const maxDepth = 5
/** Limits the time for planning. */
const maxFilterSize = 1000

interface ConditionOptions {
  readonly path?: string
  /** True for a list of the tickets of a project. */
  readonly isInProject?: boolean
  readonly search?: SearchOptions
}

/**
 * Condition on tickets `t`. Unless the outermost filter contains `archived` or `projectArchived`, excludes archived tickets
 * and, except for a list of the tickets of a project, those of archived projects that it does not name. Throws
 * BAD_USER_INPUT with all errors; `path` prefixes their paths.
 */
export function ticketCondition(filter: Optional<TicketFilter>, viewer: Viewer, options: ConditionOptions = {}): Sql {
  const { ofProject, ofTicket } = ticketConditions(filter, viewer, options)
  return allOf([ofProject, ofTicket])
}

/** `ticketCondition` in two parts: `ofProject` uses only `t.project_id`. */
export function ticketConditions(
  filter: Optional<TicketFilter>,
  viewer: Viewer,
  { path = 'filter', isInProject = false, search = {} }: ConditionOptions = {},
): { readonly ofProject: Sql; readonly ofTicket: Sql } {
  const errors: FieldError[] = []
  const effectiveFilter = filter?.archived === undefined ? { ...filter, archived: false } : filter
  const size = sizeOf(effectiveFilter ?? {})
  if (size > maxFilterSize)
    throw new BadUserInput([
      { path, message: `must contain at most ${maxFilterSize} fields and nested filters (got ${size})` },
    ])
  const { project, projectArchived, ...ticketFilter } = effectiveFilter
  const ofProject = conditionOf({ project, projectArchived }, viewer, { path, errors }, 1)
  const ofTicket = conditionOf(ticketFilter, viewer, { path, errors, search }, 1)
  if (errors.length > 0) throw new BadUserInput(errors)
  const namesProject = isInProject || project?.eq || project?.in
  if (namesProject || projectArchived !== undefined) return { ofProject, ofTicket }
  return { ofProject: allOf([ofProject, outsideArchivedProjects(namedProjects(filter ?? {}))]), ofTicket }
}

/** A part of a filter that all matches satisfy. */
export interface Conjunct {
  readonly filter: TicketFilter
  readonly condition: Sql
}

/** `ticketConditions` with a list of all conjuncts on tickets. Throws BAD_USER_INPUT with all errors. */
export function ticketConjuncts(
  filter: Optional<TicketFilter>,
  viewer: Viewer,
): { readonly ofProject: Sql; readonly ofTicket: readonly Conjunct[] } {
  const { ofProject } = ticketConditions(filter, viewer)
  const { project, projectArchived, ...ticketFilter } = { ...filter }
  const location = { path: 'filter', errors: [], search: { scansShortTerms: true } }
  return {
    ofProject,
    ofTicket: conjunctsIn({ archived: false, ...ticketFilter }).map((conjunct) => ({
      filter: conjunct,
      condition: conditionOf(conjunct, viewer, location, 1),
    })),
  }
}

const conjunctsIn = ({ and, ...fields }: TicketFilter): TicketFilter[] => [
  ...Object.entries(fields).map(([name, value]) => ({ [name]: value })),
  ...(and ?? []).flatMap(conjunctsIn),
]

/** NOT IN is computed once per statement, and PostgreSQL does not estimate that it excludes most tickets, unlike `<> ALL`. */
function outsideArchivedProjects(exceptions: readonly string[] = []): Sql {
  const excluded = exceptions.length > 0 ? sql`AND NOT ${projectsByReference(exceptions)}` : empty
  return sql`t.project_id NOT IN (SELECT p.id FROM projects p WHERE p.archived_at IS NOT NULL ${excluded})`
}

/** References to projects in a filter, except in `not`. */
function namedProjects({ project, and, or }: TicketFilter, depth = 1): string[] {
  const nestedFilters = depth < maxDepth ? [...(and ?? []), ...(or ?? [])] : []
  const references = [...(project?.eq ? [project.eq] : []), ...(project?.in ?? [])].filter(isProjectReference)
  return [...references, ...nestedFilters.flatMap((filter) => namedProjects(filter, depth + 1))]
}

/** Number of fields and nested filters. */
function sizeOf({ and, or, not, ...fields }: TicketFilter, depth = 1): number {
  if (depth > maxDepth) return 0
  const nestedFilters = [...(and ?? []), ...(or ?? []), ...(not ? [not] : [])]
  return nestedFilters.reduce((size, filter) => size + 1 + sizeOf(filter, depth + 1), Object.keys(fields).length)
}

/** All searches in a filter, except in `not`. */
export function searchesOf({ search, and, or }: TicketFilter, depth = 1): string[] {
  const nestedFilters = depth < maxDepth ? [...(and ?? []), ...(or ?? [])] : []
  return [...(search ? [search] : []), ...nestedFilters.flatMap((filter) => searchesOf(filter, depth + 1))]
}

/** The valid searches that every ticket of a filter matches. */
export const requiredSearchesOf = ({ search, and }: TicketFilter): string[] =>
  [search, ...(and ?? []).map((filter) => filter.search)]
    .filter((text) => typeof text === 'string')
    .filter((text) => operandError(text) === null)

interface FilterLocation extends Location {
  readonly search?: SearchOptions
}

type Conditions = {
  readonly [Name in Exclude<keyof TicketFilter, 'and' | 'or' | 'not'>]-?: (
    value: NonNullable<TicketFilter[Name]>,
    location: FilterLocation,
    viewer: Viewer,
  ) => Sql
}

const conditions: Conditions = {
  id: (filter, location) =>
    compareReferences(filter, location, ticketReferenceError, isTicketReference, ticketsByReference),
  kind: (kind) => sql`t.kind = ${kind}::ticket_kind`,
  project: (filter, location) =>
    compareReferences(filter, location, projectReferenceError, isProjectReference, (references) =>
      references[0] && references.length === 1
        ? sql`t.project_id = ${projectId(references[0])}`
        : sql`t.project_id = ANY(ARRAY(SELECT p.id FROM projects p WHERE ${projectsByReference(references)}))`,
    ),
  title: (filter, location) => compareIndexedText(sql`t.title`, filter, location),
  description: (filter, location) => compareIndexedText(sql`t.description`, filter, location),
  status: (filter, location) => compareEnum(sql`t.status`, 'ticket_status', filter, location),
  resolution: (filter, location) => compareEnum(sql`t.resolution`, 'resolution', filter, location),
  priority: (filter, location) => compareEnum(sql`t.priority`, 'priority', filter, location),
  assignee: (filter, location, viewer) => compareUser(sql`t.assignee_id`, filter, location, viewer),
  reporter: (filter, location, viewer) => compareUser(sql`t.reporter_id`, filter, location, viewer),
  label: compareLabels,
  createdAt: (filter, location) => compareTime(sql`t.created_at`, filter, location),
  updatedAt: (filter, location) => compareTime(sql`t.updated_at`, filter, location),
  resolvedAt: (filter, location) => compareTime(sql`t.resolved_at`, filter, location),
  commentedAt: compareLastComment,
  firstResponseAt: compareFirstResponse,
  firstResolvedAt: compareFirstResolution,
  everResolvedAt: compareAnyResolution,
  everReopenedAt: compareAnyReopening,
  openAt: (time) => openAtCondition(timestampSql(time)),
  search: (search, location) => {
    const error = operandError(search)
    if (error) location.errors.push({ path: location.path, message: error })
    return searchCondition(error ? '' : search, location.search)
  },
  archived: (archived) => nullCheck(sql`t.archived_at`, !archived),
  projectArchived: (archived) =>
    archived
      ? sql`t.project_id = ANY(ARRAY(SELECT p.id FROM projects p WHERE p.archived_at IS NOT NULL))`
      : outsideArchivedProjects(),
  category: (filter, location) => compareText(sql`t.category`, filter, location),
  subcategory: (filter, location) => compareText(sql`t.subcategory`, filter, location),
  absn: (filter, location) => compareText(sql`t.absn`, filter, location),
  reportedBy: (filter, location) => compareText(sql`t.reported_by`, filter, location),
  severity: (filter, location) => compareEnum(sql`t.severity`, 'severity', filter, location),
  disposition: (filter, location) => compareEnum(sql`t.disposition`, 'disposition', filter, location),
}

function conditionOf(filter: TicketFilter, viewer: Viewer, location: FilterLocation, depth: number): Sql {
  if (depth > maxDepth) {
    location.errors.push({
      path: location.path,
      message: `must not be nested more than ${maxDepth} levels deep`,
    })
    return allOf([])
  }
  const { and, or, not, ...fields } = filter
  const nestedConditions = (name: string, filters: readonly TicketFilter[], search: SearchOptions = {}) => {
    if (filters.length > maxListLength)
      location.errors.push({
        path: `${location.path}.${name}`,
        message: `must contain at most ${maxListLength} items (got ${filters.length})`,
      })
    return filters
      .slice(0, maxListLength)
      .map((nestedFilter, index) =>
        conditionOf(
          nestedFilter,
          viewer,
          { ...location, path: `${location.path}.${name}.${index}`, search },
          depth + 1,
        ),
      )
  }
  const parts: Sql[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === undefined) continue
    const condition = conditions[name as keyof Conditions] as (
      value: unknown,
      location: FilterLocation,
      viewer: Viewer,
    ) => Sql
    parts.push(condition(value, { ...location, path: `${location.path}.${name}` }, viewer))
  }
  if (and) parts.push(allOf(nestedConditions('and', and, location.search)))
  if (or) parts.push(anyOf(nestedConditions('or', or)))
  if (not)
    parts.push(notSql(conditionOf(not, viewer, { ...location, path: `${location.path}.not`, search: {} }, depth + 1)))
  return allOf(parts)
}

/** A single reference is an equality, which suits an index. */
const oneOf = (column: Sql, references: readonly string[], ids: Sql) =>
  references.length === 1 ? sql`${column} = (${ids})` : sql`${column} = ANY(ARRAY(${ids}))`

function compareReferences(
  filter: IDFilter,
  location: Location,
  referenceError: string,
  isReference: (reference: string) => boolean,
  toCondition: (references: readonly string[]) => Sql,
): Sql {
  const toValidCondition = (operator: string, references: readonly string[]) => {
    references.forEach((reference, index) => {
      if (isReference(reference)) return
      const path = operator === 'eq' ? `${location.path}.eq` : `${location.path}.${operator}.${index}`
      location.errors.push({ path, message: referenceError })
    })
    return toCondition(references.filter(isReference))
  }
  return compare(filter, location, {
    eq: (reference) => toValidCondition('eq', [reference]),
    in: (references) => toValidCondition('in', references),
    notIn: (references) => notSql(toValidCondition('notIn', references)),
  })
}

function compareUser(column: Sql, { isViewer, isNull, ...ids }: UserFilter, location: Location, viewer: Viewer): Sql {
  const byReference = compareReferences(ids, location, userReferenceError, isUserReference, (references) =>
    oneOf(column, references, sql`SELECT u.id FROM users u WHERE ${usersByReference(references)}`),
  )
  const isOwn = sql`${column} = ${viewer.id}::uuid`
  const byNullOrViewer = compare<Pick<UserFilter, 'isViewer' | 'isNull'>>({ isViewer, isNull }, location, {
    isViewer: (isViewer) => (isViewer ? isOwn : notSql(isOwn)),
    isNull: (isNull) => nullCheck(column, isNull),
  })
  return allOf([byReference, byNullOrViewer])
}

/** The trigram index of searches narrows `contains`. In an OR, PostgreSQL evaluates the conditions in this order. */
function compareIndexedText(column: Sql, filter: StringFilter, location: Location): Sql {
  const condition = compareText(column, filter, location)
  return typeof filter.contains === 'string' ? allOf([condition, mayContain(toNormalForm(filter.contains))]) : condition
}

/** References are ids or names of labels. */
function compareLabels(filter: LabelFilter, location: Location): Sql {
  const labels = sql`ticket_labels tl JOIN labels l ON l.id = tl.label_id WHERE tl.ticket_id = t.id`
  const isOneOf = (references: readonly string[]) => {
    const byName = sql`fold_case(l.name) = ANY(${foldedArray(references)})`
    const ids = references.filter(isId)
    return ids.length === 0 ? byName : sql`(${byName} OR l.id = ANY(${ids}::uuid[]))`
  }
  const hasLabel = (references?: readonly string[]) =>
    sql`EXISTS (SELECT FROM ${labels} ${references ? sql`AND ${isOneOf(references)}` : empty})`
  return compare(filter, location, {
    some: (references) => hasLabel(references),
    // The condition on the first label can use an index.
    every: (references) => {
      const names = sql`SELECT fold_case(l.name) FROM ${labels}`
      const namesAndIds = references.some(isId) ? sql`${names} UNION ALL SELECT l.id::text FROM ${labels}` : names
      return allOf([
        ...references.slice(0, 1).map((reference) => hasLabel([reference])),
        sql`${foldedArray(references)} <@ ARRAY(${namesAndIds})`,
      ])
    },
    none: (references) => notSql(hasLabel(references)),
    isEmpty: (isEmpty) => (isEmpty ? notSql(hasLabel()) : hasLabel()),
  })
}
