import type { z } from 'zod'
import { filled, text } from '../check.ts'
import { splitNames } from '../csv/cells.ts'
import { defectRules } from '../defect/defect.rules.ts'
import { labelName, maxLabels } from '../label/label.rules.ts'
import { isUserReference } from '../reference.ts'
import { ticketRules } from '../ticket/ticket.rules.ts'
import type { ReadDate } from './date.parser.ts'
import { type EnumField, meaningOf, wordSuggestion } from './enum-value.parser.ts'

/** What a cell holds: a value in the words of the database, or what is wrong with it. */
export type Cell = { readonly value: string | null } | { readonly fault: string }

/** Where a column of a file can go. */
interface ImportField {
  /** Its name as in Ticket, and what columns of that name go to. */
  readonly name: string
  readonly description: string
  /** Its type in PostgreSQL while rows are checked. */
  readonly type: string
  readonly read: (cell: string, readDate: ReadDate) => Cell
  readonly onlyFor?: 'DEFECT' | 'MAINTAINER'
}

const ruled =
  (rule: z.ZodType) =>
  (cell: string): Cell => {
    const result = rule.safeParse(cell)
    return result.success
      ? { value: result.data as string | null }
      : { fault: result.error.issues[0]?.message ?? 'is wrong' }
  }

const word =
  (field: EnumField) =>
  (cell: string): Cell => {
    const value = meaningOf(field, cell)
    return value ? { value } : { fault: `is no ${field}${wordSuggestion(field, cell)}` }
  }

const person = (cell: string): Cell => {
  const username = cell.trim().toLowerCase()
  return isUserReference(username) ? { value: username } : { fault: 'is no username' }
}

const moment = (cell: string, readDate: ReadDate): Cell => {
  const date = readDate(cell.trim())
  return date ? { value: date.toISOString() } : { fault: 'is no date in ISO 8601, or in the format that was named' }
}

function labels(cell: string): Cell {
  const names = splitNames(cell)
  if (!names) return { fault: 'has quotes that do not fit' }
  if (names.length > maxLabels) return { fault: `may list at most ${maxLabels} labels` }
  const fault = names.flatMap((name) => labelName.safeParse(name).error?.issues ?? [])[0]
  return fault ? { fault: `has a label that ${fault.message}` } : { value: JSON.stringify(names) }
}

const externalKey = filled(text(200)).transform((key) => key.trim())

/** The fields, by their words in the API. */
const importFields = {
  EXTERNAL_KEY: {
    name: 'externalKey',
    description: 'What the ticket is called where it comes from: the same key again is the same ticket.',
    type: 'text',
    read: ruled(externalKey),
  },
  TITLE: { name: 'title', description: 'Its title.', type: 'text', read: ruled(ticketRules.title) },
  DESCRIPTION: {
    name: 'description',
    description: 'Its description.',
    type: 'text',
    read: ruled(ticketRules.description),
  },
  STATUS: { name: 'status', description: 'Where it stands.', type: 'ticket_status', read: word('status') },
  RESOLUTION: {
    name: 'resolution',
    description: 'Why it is resolved or closed.',
    type: 'resolution',
    read: word('resolution'),
  },
  PRIORITY: { name: 'priority', description: 'How urgent it is.', type: 'priority', read: word('priority') },
  ASSIGNEE: { name: 'assignee', description: 'Who works on it, by username.', type: 'text', read: person },
  LABELS: { name: 'labels', description: 'Its labels by name, separated by semicolons.', type: 'jsonb', read: labels },
  REPORTER: {
    name: 'reporter',
    description: 'The account that filed it, by username; yours when left out. For MAINTAINERs.',
    type: 'text',
    read: person,
    onlyFor: 'MAINTAINER',
  },
  CREATED_AT: {
    name: 'createdAt',
    description: 'When it was filed; now when left out. For MAINTAINERs.',
    type: 'timestamptz',
    read: moment,
    onlyFor: 'MAINTAINER',
  },
  RESOLVED_AT: {
    name: 'resolvedAt',
    description: 'When it was resolved or closed; now when left out. For MAINTAINERs.',
    type: 'timestamptz',
    read: moment,
    onlyFor: 'MAINTAINER',
  },
  ARCHIVED_AT: {
    name: 'archivedAt',
    description: 'Since when it is archived. For MAINTAINERs.',
    type: 'timestamptz',
    read: moment,
    onlyFor: 'MAINTAINER',
  },
  CATEGORY: {
    name: 'category',
    description: 'What kind of defect.',
    type: 'text',
    read: ruled(defectRules.category),
    onlyFor: 'DEFECT',
  },
  SUBCATEGORY: {
    name: 'subcategory',
    description: 'The finer kind of defect.',
    type: 'text',
    read: ruled(defectRules.subcategory),
    onlyFor: 'DEFECT',
  },
  ABSN: {
    name: 'absn',
    description: 'The serial number of the affected unit.',
    type: 'text',
    read: ruled(defectRules.absn),
    onlyFor: 'DEFECT',
  },
  REPORTED_BY: {
    name: 'reportedBy',
    description: 'Who found the defect.',
    type: 'text',
    read: ruled(defectRules.reportedBy),
    onlyFor: 'DEFECT',
  },
  SEVERITY: {
    name: 'severity',
    description: 'How bad the defect is.',
    type: 'severity',
    read: word('severity'),
    onlyFor: 'DEFECT',
  },
  DISPOSITION: {
    name: 'disposition',
    description: 'What was decided about the unit.',
    type: 'disposition',
    read: word('disposition'),
    onlyFor: 'DEFECT',
  },
  KIND: {
    name: 'kind',
    description: 'The kind of the ticket: a row of another kind than the import is at fault.',
    type: 'ticket_kind',
    read: word('kind'),
  },
} as const satisfies Record<string, ImportField>

export type ImportFieldWord = keyof typeof importFields

/** All words, in the order in which rows are staged. */
export const importFieldWords = Object.keys(importFields) as ImportFieldWord[]

/** A field by its word. */
export const importField = (field: ImportFieldWord): ImportField => importFields[field]

/** What exports, and rows that were rejected, tell beside the fields that can be imported. */
export const toldOnly = [
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
