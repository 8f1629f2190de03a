import type { z } from 'zod'
import { nameText, notBlank, text } from '../check.ts'
import { splitNames } from '../csv/cells.ts'
import { defectRules } from '../defect/defect.rules.ts'
import { labelName, maxLabels } from '../label/label.rules.ts'
import { ticketRules } from '../ticket/ticket.rules.ts'
import type { ParseDate } from './date.parser.ts'
import { type EnumField, isEmptyValue, parseEnumValue, suggestEnumValues } from './enum-value.parser.ts'

export interface CellFormat {
  readonly parseDate: ParseDate
  readonly listSeparator: string
  /** False if a quote is a part of a label. */
  readonly hasQuotedLabels: boolean
}

/** The value as text for the database, or an error message without its subject. */
export type CellResult = { readonly value: string | null } | { readonly error: string }

interface ImportField {
  /** Its name in Ticket, and the default header. */
  readonly name: string
  readonly description: string
  /** The PostgreSQL type of the column in import_rows. */
  readonly type: string
  readonly parse: (cell: string, format: CellFormat) => CellResult
  readonly onlyFor?: 'DEFECT' | 'MAINTAINER'
}

const byRule =
  (rule: z.ZodType) =>
  (cell: string): CellResult => {
    const result = rule.safeParse(cell)
    return result.success
      ? { value: result.data as string | null }
      : { error: result.error.issues[0]?.message ?? 'is invalid' }
  }

const enumValue =
  (field: EnumField) =>
  (cell: string): CellResult => {
    if (isEmptyValue(field, cell)) return { value: null }
    const value = parseEnumValue(field, cell)
    return value ? { value } : { error: `is not a valid ${field}${suggestEnumValues(field, cell)}` }
  }

const time = (cell: string, { parseDate }: CellFormat): CellResult => {
  const date = parseDate(cell.trim())
  return date ? { value: date.toISOString() } : { error: 'is not a date in ISO 8601 or in `dateFormat`' }
}

function labels(cell: string, { listSeparator, hasQuotedLabels }: CellFormat): CellResult {
  const names = splitNames(cell, listSeparator, hasQuotedLabels)
  if (!names) return { error: 'has unbalanced quotes: double each quote within a quoted label' }
  if (names.length > maxLabels) return { error: `must contain at most ${maxLabels} labels (got ${names.length})` }
  const issue = names.flatMap((name) => labelName.safeParse(name).error?.issues ?? [])[0]
  return issue ? { error: `contains an invalid label: it ${issue.message}` } : { value: JSON.stringify(names) }
}

const person = byRule(nameText(200))
const externalKey = notBlank(text(200)).transform((key) => key.trim())

const importFields = {
  EXTERNAL_KEY: {
    name: 'externalKey',
    description:
      'Key of the ticket in its source system, at most 200 characters. A row with a known key updates that ticket.',
    type: 'text',
    parse: byRule(externalKey),
  },
  TITLE: {
    name: 'title',
    description: 'Title, at most 255 characters. Defaults to the first line of the description for defects.',
    type: 'text',
    parse: byRule(ticketRules.title),
  },
  DESCRIPTION: {
    name: 'description',
    description: 'Description in Markdown, at most 64 KiB.',
    type: 'text',
    parse: byRule(ticketRules.description),
  },
  STATUS: {
    name: 'status',
    description: 'Value of `TicketStatus`, or a synonym. Defaults to OPEN.',
    type: 'ticket_status',
    parse: enumValue('status'),
  },
  RESOLUTION: {
    name: 'resolution',
    description: 'Value of `Resolution`, or a synonym; only for RESOLVED and CLOSED tickets. Defaults to FIXED.',
    type: 'resolution',
    parse: enumValue('resolution'),
  },
  PRIORITY: {
    name: 'priority',
    description: 'Value of `Priority`, or a synonym. Defaults to MEDIUM.',
    type: 'priority',
    parse: enumValue('priority'),
  },
  ASSIGNEE: {
    name: 'assignee',
    description:
      'Username, unique name or, for ADMINs, email of an active user who can see the project. Any user for resolved and archived tickets, and for imports by a MAINTAINER.',
    type: 'text',
    parse: person,
  },
  LABELS: {
    name: 'labels',
    description: `Names of labels, at most ${maxLabels}. Replaces all labels of an existing ticket. Several columns are joined.`,
    type: 'jsonb',
    parse: labels,
  },
  REPORTER: {
    name: 'reporter',
    description:
      'Username, unique name or, for ADMINs, email of the reporter. Defaults to you. Requires MAINTAINER in the project.',
    type: 'text',
    parse: person,
    onlyFor: 'MAINTAINER',
  },
  CREATED_AT: {
    name: 'createdAt',
    description: 'Time of creation. Defaults to the time of the import. Requires MAINTAINER in the project.',
    type: 'timestamptz',
    parse: time,
    onlyFor: 'MAINTAINER',
  },
  RESOLVED_AT: {
    name: 'resolvedAt',
    description:
      'Time of resolution; only for RESOLVED and CLOSED tickets. Defaults to the time of the import. Requires MAINTAINER in the project.',
    type: 'timestamptz',
    parse: time,
    onlyFor: 'MAINTAINER',
  },
  ARCHIVED_AT: {
    name: 'archivedAt',
    description: 'Time of archiving; the ticket is archived if it has one. Requires MAINTAINER in the project.',
    type: 'timestamptz',
    parse: time,
    onlyFor: 'MAINTAINER',
  },
  CATEGORY: {
    name: 'category',
    description: 'Category of a defect, at most 100 characters. Required for new defects.',
    type: 'text',
    parse: byRule(defectRules.category),
    onlyFor: 'DEFECT',
  },
  SUBCATEGORY: {
    name: 'subcategory',
    description: 'Subcategory of a defect, at most 100 characters.',
    type: 'text',
    parse: byRule(defectRules.subcategory),
    onlyFor: 'DEFECT',
  },
  ABSN: {
    name: 'absn',
    description: 'Serial number of the unit with the defect, at most 100 characters.',
    type: 'text',
    parse: byRule(defectRules.absn),
    onlyFor: 'DEFECT',
  },
  REPORTED_BY: {
    name: 'reportedBy',
    description: 'Person or station that found the defect, at most 100 characters. Defaults to your name.',
    type: 'text',
    parse: byRule(defectRules.reportedBy),
    onlyFor: 'DEFECT',
  },
  SEVERITY: {
    name: 'severity',
    description: 'Value of `Severity`, or a synonym; only for defects. Defaults to MAJOR.',
    type: 'severity',
    parse: enumValue('severity'),
    onlyFor: 'DEFECT',
  },
  DISPOSITION: {
    name: 'disposition',
    description: 'Value of `Disposition`, or a synonym; only for defects.',
    type: 'disposition',
    parse: enumValue('disposition'),
    onlyFor: 'DEFECT',
  },
  KIND: {
    name: 'kind',
    description: 'Value of `TicketKind`, or a synonym. Must equal the kind of the import, if that is set.',
    type: 'ticket_kind',
    parse: enumValue('kind'),
  },
} as const satisfies Record<string, ImportField>

export type ImportFieldKey = keyof typeof importFields

/** In the order of the columns of import_rows. */
export const importFieldKeys = Object.keys(importFields) as ImportFieldKey[]

export const importField = (key: ImportFieldKey): ImportField => importFields[key]

/** Headers of exports and rejected rows that imports ignore. */
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
