import { Severity } from '../../prisma/generated/client.ts'
import { empty, raw, type Sql, sql } from '../database/sql.ts'
import type { FilterJson } from './report.sql.ts'

interface Grouping {
  readonly description: string
  /** The column of tickets `t` that determines the group; null if a ticket can have several groups. */
  readonly column: Sql | null
  /** Joins to tickets `t`, by `column` or the id. */
  readonly join: Sql
  /** The name of the group as text; null for tickets without one. */
  readonly name: Sql
  /** True if names that differ in case are one group. */
  readonly ignoresCase: boolean
  readonly filterOf: (name: string) => FilterJson
  readonly filterOfNone: FilterJson
  /** Matches tickets in a group without a row. `names` are the groups with rows, `otherNames` those without. */
  readonly filterOfOthers: (names: readonly string[], otherNames: readonly string[]) => FilterJson
}

const matchNothing: FilterJson = { or: [] }

/** A text column, which filters compare case-insensitively. */
const textGrouping = (field: string, column: string, description: string): Grouping => ({
  description,
  column: raw(`t.${column}`),
  join: empty,
  name: raw(`t.${column}`),
  ignoresCase: true,
  filterOf: (name) => ({ [field]: { eq: name } }),
  filterOfNone: { [field]: { isNull: true } },
  filterOfOthers: (names) => ({ [field]: { isNull: false }, not: { [field]: { in: names } } }),
})

/** An enum column. `values` are required if the column is nullable. */
const enumGrouping = (field: string, description: string, values?: readonly string[]): Grouping => ({
  description,
  column: raw(`t.${field}`),
  join: empty,
  name: raw(`t.${field}::text`),
  ignoresCase: false,
  filterOf: (name) => ({ [field]: { eq: name } }),
  filterOfNone: values ? { [field]: { notIn: values } } : matchNothing,
  filterOfOthers: (_names, otherNames) => ({ [field]: { in: otherNames } }),
})

const userGrouping = (field: string, column: string, description: string): Grouping => ({
  description,
  column: raw(`t.${column}`),
  join: sql`LEFT JOIN users person ON person.id = t.${raw(column)}`,
  name: sql`person.username`,
  ignoresCase: false,
  filterOf: (name) => ({ [field]: { eq: name } }),
  filterOfNone: { [field]: { isNull: true } },
  filterOfOthers: (names) => ({ [field]: { isNull: false }, not: { [field]: { in: names } } }),
})

const maxChunkLength = 100
const chunksOf = (names: readonly string[]) =>
  Array.from({ length: Math.ceil(names.length / maxChunkLength) }, (_, index) =>
    names.slice(index * maxChunkLength, (index + 1) * maxChunkLength),
  )

export const groupings = {
  PROJECT: {
    description: 'Project, by key.',
    column: sql`t.project_id`,
    join: sql`JOIN projects project ON project.id = t.project_id`,
    name: sql`project.key`,
    ignoresCase: false,
    filterOf: (name) => ({ project: { eq: name } }),
    filterOfNone: matchNothing,
    filterOfOthers: (names) => ({ project: { notIn: names } }),
  },
  STATUS: enumGrouping('status', 'Current status.'),
  PRIORITY: enumGrouping('priority', 'Current priority.'),
  SEVERITY: enumGrouping('severity', 'Severity of a defect. Null for issues.', Object.values(Severity)),
  CATEGORY: textGrouping('category', 'category', 'Category of a defect, case-insensitive. Null for issues.'),
  SUBCATEGORY: textGrouping(
    'subcategory',
    'subcategory',
    'Subcategory of a defect, case-insensitive. Null if it has none.',
  ),
  ABSN: textGrouping('absn', 'absn', 'Serial number of the affected unit, case-insensitive. Null if unknown.'),
  LABEL: {
    description:
      'Label, by name. A ticket counts once for each of its labels, but at most once in the row "other" of `pareto`. Null if it has none.',
    column: null,
    join: sql`LEFT JOIN (ticket_labels tl JOIN labels label ON label.id = tl.label_id) ON tl.ticket_id = t.id`,
    name: sql`label.name`,
    ignoresCase: true,
    filterOf: (name) => ({ label: { some: [name] } }),
    filterOfNone: { label: { isEmpty: true } },
    filterOfOthers: (_names, otherNames) => ({ or: chunksOf(otherNames).map((names) => ({ label: { some: names } })) }),
  },
  ASSIGNEE: userGrouping('assignee', 'assignee_id', 'Assignee, by username. Null if unassigned.'),
  REPORTER: userGrouping('reporter', 'reporter_id', 'Reporter, by username.'),
  REPORTED_BY: textGrouping(
    'reportedBy',
    'reported_by',
    'Person or station that found the defect, case-insensitive. Null for issues.',
  ),
} as const satisfies Record<string, Grouping>

export type ReportGroup = keyof typeof groupings

const noGrouping: Grouping = {
  description: 'One group of all tickets.',
  column: null,
  join: empty,
  name: sql`NULL::text`,
  ignoresCase: false,
  filterOf: () => ({}),
  filterOfNone: {},
  filterOfOthers: () => ({}),
}

export const groupingOf = (group: ReportGroup | null | undefined): Grouping => (group ? groupings[group] : noGrouping)

/** `name` is null for tickets without a group. */
export const groupFilter = (grouping: Grouping, name: string | null): FilterJson =>
  name === null ? grouping.filterOfNone : grouping.filterOf(name)
