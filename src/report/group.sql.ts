import { Severity } from '../../prisma/generated/client.ts'
import { empty, raw, type Sql, sql } from '../database/sql.ts'
import type { FilterJson } from './report.sql.ts'

interface Grouping {
  readonly description: string
  /** Joins to tickets `t`. */
  readonly join: Sql
  /** The name of the group as text; null for tickets without one. */
  readonly name: Sql
  readonly filterOf: (name: string) => FilterJson
  readonly filterOfNone: FilterJson
  /** For tickets in other groups than `names`; `rest` are the names of these groups. */
  readonly filterOfRest: (names: readonly string[], rest: readonly string[]) => FilterJson
}

const never: FilterJson = { or: [] }

/** A text column, which filters compare case-insensitively. */
const textual = (field: string, column: string, description: string): Grouping => ({
  description,
  join: empty,
  name: raw(`t.${column}`),
  filterOf: (name) => ({ [field]: { eq: name } }),
  filterOfNone: { [field]: { isNull: true } },
  filterOfRest: (names) => ({ [field]: { isNull: false }, not: { [field]: { in: names } } }),
})

/** An enum column. `values` are required if the column is nullable. */
const enumerated = (field: string, description: string, values?: readonly string[]): Grouping => ({
  description,
  join: empty,
  name: raw(`t.${field}::text`),
  filterOf: (name) => ({ [field]: { eq: name } }),
  filterOfNone: values ? { [field]: { notIn: values } } : never,
  filterOfRest: (_names, rest) => ({ [field]: { in: rest } }),
})

const personal = (field: string, column: string, description: string): Grouping => ({
  description,
  join: sql`LEFT JOIN users person ON person.id = t.${raw(column)}`,
  name: sql`person.username`,
  filterOf: (name) => ({ [field]: { eq: name } }),
  filterOfNone: { [field]: { isNull: true } },
  filterOfRest: (names) => ({ [field]: { isNull: false }, not: { [field]: { in: names } } }),
})

const maxChunk = 100
const chunks = (names: readonly string[]) =>
  Array.from({ length: Math.ceil(names.length / maxChunk) }, (_, index) =>
    names.slice(index * maxChunk, (index + 1) * maxChunk),
  )

export const groupings = {
  PROJECT: {
    description: 'Project, by key.',
    join: sql`JOIN projects home ON home.id = t.project_id`,
    name: sql`home.key`,
    filterOf: (name) => ({ project: { eq: name } }),
    filterOfNone: never,
    filterOfRest: (names) => ({ project: { notIn: names } }),
  },
  STATUS: enumerated('status', 'Current status.'),
  PRIORITY: enumerated('priority', 'Current priority.'),
  SEVERITY: enumerated('severity', 'Severity of a defect. Null for issues.', Object.values(Severity)),
  CATEGORY: textual('category', 'category', 'Category of a defect, case-insensitive. Null for issues.'),
  SUBCATEGORY: textual('subcategory', 'subcategory', 'Subcategory of a defect, case-insensitive. Null if it has none.'),
  ABSN: textual('absn', 'absn', 'Serial number of the affected unit, case-insensitive. Null if unknown.'),
  LABEL: {
    description: 'Label, by name. A ticket counts once for each of its labels. Null if it has none.',
    join: sql`LEFT JOIN (ticket_labels labelled JOIN labels label ON label.id = labelled.label_id) ON labelled.ticket_id = t.id`,
    name: sql`label.name`,
    filterOf: (name) => ({ label: { some: [name] } }),
    filterOfNone: { label: { isEmpty: true } },
    filterOfRest: (_names, rest) => ({ or: chunks(rest).map((names) => ({ label: { some: names } })) }),
  },
  ASSIGNEE: personal('assignee', 'assignee_id', 'Assignee, by username. Null if unassigned.'),
  REPORTER: personal('reporter', 'reporter_id', 'Reporter, by username.'),
  REPORTED_BY: textual(
    'reportedBy',
    'reported_by',
    'Name of the person who found the defect, case-insensitive. Null for issues.',
  ),
} as const satisfies Record<string, Grouping>

export type ReportGroup = keyof typeof groupings

const ungrouped: Grouping = {
  description: 'One group of all tickets.',
  join: empty,
  name: sql`NULL::text`,
  filterOf: () => ({}),
  filterOfNone: {},
  filterOfRest: () => ({}),
}

export const groupingOf = (group: ReportGroup | null | undefined): Grouping => (group ? groupings[group] : ungrouped)

/** `name` is null for tickets without a group. */
export const groupFilter = (grouping: Grouping, name: string | null): FilterJson =>
  name === null ? grouping.filterOfNone : grouping.filterOf(name)
