import type { z } from 'zod'
import { notBlank, text } from '../check.ts'
import { splitNames } from '../csv/cells.ts'
import { defectRules } from '../defect/defect.rules.ts'
import { labelName, maxLabels } from '../label/label.rules.ts'
import { isUserReference } from '../reference.ts'
import { ticketRules } from '../ticket/ticket.rules.ts'
import type { ParseDate } from './date.parser.ts'
import { type EnumField, parseEnumValue, suggestEnumValues } from './enum-value.parser.ts'

/** The value of a cell as text for the database, or an error message without its subject. */
export type CellResult = { readonly value: string | null } | { readonly error: string }

/** A field of a ticket that a column can be imported to. */
interface ImportField {
  /** The name of the field in Ticket, and the default header of its column. */
  readonly name: string
  readonly description: string
  /** The PostgreSQL type of the column in import_rows. */
  readonly type: string
  readonly parse: (cell: string, parseDate: ParseDate) => CellResult
  readonly onlyFor?: 'DEFECT' | 'MAINTAINER'
}

const byRule =
  (rule: z.ZodType) =>
  (cell: string): CellResult => {
    const result = rule.safeParse(cell)
    return result.success
      ? { value: result.data as string | null }
      : { error: result.error.issues[0]?.message ?? 'is wrong' }
  }

const enumValue =
  (field: EnumField) =>
  (cell: string): CellResult => {
    const value = parseEnumValue(field, cell)
    return value ? { value } : { error: `is no ${field}${suggestEnumValues(field, cell)}` }
  }

const username = (cell: string): CellResult => {
  const name = cell.trim().toLowerCase()
  return isUserReference(name) ? { value: name } : { error: 'is no username' }
}

const time = (cell: string, parseDate: ParseDate): CellResult => {
  const date = parseDate(cell.trim())
  return date ? { value: date.toISOString() } : { error: 'is no date in ISO 8601, or in the format that was named' }
}

function labels(cell: string): CellResult {
  const names = splitNames(cell)
  if (!names) return { error: 'has quotes that do not fit' }
  if (names.length > maxLabels) return { error: `may list at most ${maxLabels} labels` }
  const issue = names.flatMap((name) => labelName.safeParse(name).error?.issues ?? [])[0]
  return issue ? { error: `has a label that ${issue.message}` } : { value: JSON.stringify(names) }
}

const externalKey = notBlank(text(200)).transform((key) => key.trim())

/** The fields by their values in the enum ImportField. */
const importFields = {
  EXTERNAL_KEY: {
    name: 'externalKey',
    description: 'What the ticket is called where it comes from: the same key again is the same ticket.',
    type: 'text',
    parse: byRule(externalKey),
  },
  TITLE: { name: 'title', description: 'Its title.', type: 'text', parse: byRule(ticketRules.title) },
  DESCRIPTION: {
    name: 'description',
    description: 'Its description.',
    type: 'text',
    parse: byRule(ticketRules.description),
  },
  STATUS: { name: 'status', description: 'Where it stands.', type: 'ticket_status', parse: enumValue('status') },
  RESOLUTION: {
    name: 'resolution',
    description: 'Why it is resolved or closed.',
    type: 'resolution',
    parse: enumValue('resolution'),
  },
  PRIORITY: { name: 'priority', description: 'How urgent it is.', type: 'priority', parse: enumValue('priority') },
  ASSIGNEE: { name: 'assignee', description: 'Who works on it, by username.', type: 'text', parse: username },
  LABELS: { name: 'labels', description: 'Its labels by name, separated by semicolons.', type: 'jsonb', parse: labels },
  REPORTER: {
    name: 'reporter',
    description: 'The account that filed it, by username; yours when left out. For MAINTAINERs.',
    type: 'text',
    parse: username,
    onlyFor: 'MAINTAINER',
  },
  CREATED_AT: {
    name: 'createdAt',
    description: 'When it was filed; now when left out. For MAINTAINERs.',
    type: 'timestamptz',
    parse: time,
    onlyFor: 'MAINTAINER',
  },
  RESOLVED_AT: {
    name: 'resolvedAt',
    description: 'When it was resolved or closed; now when left out. For MAINTAINERs.',
    type: 'timestamptz',
    parse: time,
    onlyFor: 'MAINTAINER',
  },
  ARCHIVED_AT: {
    name: 'archivedAt',
    description: 'Since when it is archived. For MAINTAINERs.',
    type: 'timestamptz',
    parse: time,
    onlyFor: 'MAINTAINER',
  },
  CATEGORY: {
    name: 'category',
    description: 'What kind of defect.',
    type: 'text',
    parse: byRule(defectRules.category),
    onlyFor: 'DEFECT',
  },
  SUBCATEGORY: {
    name: 'subcategory',
    description: 'The finer kind of defect.',
    type: 'text',
    parse: byRule(defectRules.subcategory),
    onlyFor: 'DEFECT',
  },
  ABSN: {
    name: 'absn',
    description: 'The serial number of the affected unit.',
    type: 'text',
    parse: byRule(defectRules.absn),
    onlyFor: 'DEFECT',
  },
  REPORTED_BY: {
    name: 'reportedBy',
    description: 'Who found the defect.',
    type: 'text',
    parse: byRule(defectRules.reportedBy),
    onlyFor: 'DEFECT',
  },
  SEVERITY: {
    name: 'severity',
    description: 'How bad the defect is.',
    type: 'severity',
    parse: enumValue('severity'),
    onlyFor: 'DEFECT',
  },
  DISPOSITION: {
    name: 'disposition',
    description: 'What was decided about the unit.',
    type: 'disposition',
    parse: enumValue('disposition'),
    onlyFor: 'DEFECT',
  },
  KIND: {
    name: 'kind',
    description: 'The kind of the ticket: a row of another kind than the import is at fault.',
    type: 'ticket_kind',
    parse: enumValue('kind'),
  },
} as const satisfies Record<string, ImportField>

export type ImportFieldKey = keyof typeof importFields

/** The keys of all fields, in the order of the columns of import_rows. */
export const importFieldKeys = Object.keys(importFields) as ImportFieldKey[]

/** The field with a key. */
export const importField = (key: ImportFieldKey): ImportField => importFields[key]

/** Headers of exports and of rejected rows that are not importable, and ignored. */
export const exportOnlyHeaders = [
  'id',
  'key',
  'number',
  'project',
  'version',
  'updatedAt',
  'updatedBy',
  'commentCount',
  'reason',
]
