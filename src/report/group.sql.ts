import { Severity } from '../../prisma/generated/client.ts'
import { empty, raw, type Sql, sql } from '../database/sql.ts'
import type { FilterJson } from './report.sql.ts'

/** A grouping of tickets. */
interface Grouping {
  readonly description: string
  /** Joins to tickets `t`. */
  readonly join: Sql
  /** The name of the group as text; null for tickets without one. */
  readonly name: Sql
  /** The filter of the tickets of a group. */
  readonly of: (name: string) => FilterJson
  /** The filter of the tickets without a group. */
  readonly ofNone: FilterJson
  /** The filter of the tickets in other groups than `names`; `rest` are the names of these groups. */
  readonly ofRest: (names: readonly string[], rest: readonly string[]) => FilterJson
}

const never: FilterJson = { or: [] }

/** A text column, which filters compare without case. */
const textual = (field: string, column: string, description: string): Grouping => ({
  description,
  join: empty,
  name: raw(`t.${column}`),
  of: (name) => ({ [field]: { eq: name } }),
  ofNone: { [field]: { isNull: true } },
  ofRest: (names) => ({ [field]: { isNull: false }, not: { [field]: { in: names } } }),
})

/** An enum column. `values` are required if the column is nullable. */
const enumerated = (field: string, description: string, values?: readonly string[]): Grouping => ({
  description,
  join: empty,
  name: raw(`t.${field}::text`),
  of: (name) => ({ [field]: { eq: name } }),
  ofNone: values ? { [field]: { notIn: values } } : never,
  ofRest: (_names, rest) => ({ [field]: { in: rest } }),
})

const personal = (field: string, column: string, description: string): Grouping => ({
  description,
  join: sql`LEFT JOIN users person ON person.id = t.${raw(column)}`,
  name: sql`person.username`,
  of: (name) => ({ [field]: { eq: name } }),
  ofNone: { [field]: { isNull: true } },
  ofRest: (names) => ({ [field]: { isNull: false }, not: { [field]: { in: names } } }),
})

const maxChunk = 100
const chunks = (names: readonly string[]) =>
  Array.from({ length: Math.ceil(names.length / maxChunk) }, (_, index) =>
    names.slice(index * maxChunk, (index + 1) * maxChunk),
  )

/** The groupings of reports. Names are grouped without case, and shown in one of their spellings. */
export const groupings = {
  PROJECT: {
    description: 'Project, by key.',
    join: sql`JOIN projects home ON home.id = t.project_id`,
    name: sql`home.key`,
    of: (name) => ({ project: { eq: name } }),
    ofNone: never,
    ofRest: (names) => ({ project: { notIn: names } }),
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
    of: (name) => ({ label: { some: [name] } }),
    ofNone: { label: { isEmpty: true } },
    ofRest: (_names, rest) => ({ or: chunks(rest).map((names) => ({ label: { some: names } })) }),
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

/** One group of all tickets, without a name. */
const ungrouped: Grouping = {
  description: 'All tickets.',
  join: empty,
  name: sql`NULL::text`,
  of: () => ({}),
  ofNone: {},
  ofRest: () => ({}),
}

/** Returns a grouping; without a name one group of all tickets. */
export const groupingOf = (group: ReportGroup | null | undefined): Grouping => (group ? groupings[group] : ungrouped)

/** Returns the filter of a group by its name, which is null for tickets without a group. */
export const ofGroup = (grouping: Grouping, name: string | null): FilterJson =>
  name === null ? grouping.ofNone : grouping.of(name)
