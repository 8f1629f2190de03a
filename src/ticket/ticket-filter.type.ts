import type { InputFieldBuilder, InputRef } from '@pothos/core'
import { builder } from '../builder.ts'
import { maxListLength } from '../filter/comparators.ts'
import {
  DateTimeFilterInput,
  enumFilterInput,
  IDFilterInput,
  LabelFilterInput,
  rankedFilterInput,
  StringFilterInput,
  UserFilterInput,
} from '../filter/filter.type.ts'
import type { TicketFilter } from './ticket.filter.ts'

export const TicketFilterInput = builder.inputRef<TicketFilter>('TicketFilter')
export const IssueFilterInput = builder.inputRef<TicketFilter>('IssueFilter')
export const DefectFilterInput = builder.inputRef<TicketFilter>('DefectFilter')

const StatusFilter = enumFilterInput('TicketStatus')
const ResolutionFilter = enumFilterInput('Resolution')
const DispositionFilter = enumFilterInput('Disposition')
const PriorityFilter = rankedFilterInput('Priority')
const SeverityFilter = rankedFilterInput('Severity')

type Fields = InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>

const ticketFields = (t: Fields, type: InputRef<TicketFilter>) => ({
  and: t.field({
    type: [type],
    description: `Filters that must all match. At most ${maxListLength}; filters nest at most 5 levels deep.`,
  }),
  or: t.field({
    type: [type],
    description: `Filters of which at least one must match. At most ${maxListLength}; an empty list matches nothing.`,
  }),
  not: t.field({ type, description: 'Filter that must not match.' }),
  id: t.field({ type: IDFilterInput, description: 'Condition on the ticket, by id or key.' }),
  project: t.field({ type: IDFilterInput, description: 'Condition on the project, by id or key.' }),
  title: t.field({ type: StringFilterInput, description: 'Condition on the title.' }),
  description: t.field({ type: StringFilterInput, description: 'Condition on the Markdown text of the description.' }),
  status: t.field({ type: StatusFilter, description: 'Condition on the workflow status.' }),
  resolution: t.field({
    type: ResolutionFilter,
    description: 'Condition on the resolution, which is null while OPEN or IN_PROGRESS.',
  }),
  priority: t.field({ type: PriorityFilter, description: 'Condition on the priority.' }),
  assignee: t.field({ type: UserFilterInput, description: 'Condition on the assignee, by id or username.' }),
  reporter: t.field({
    type: UserFilterInput,
    description: 'Condition on the user who reported the ticket, by id or username.',
  }),
  label: t.field({ type: LabelFilterInput, description: 'Condition on the labels, by id or name.' }),
  createdAt: t.field({ type: DateTimeFilterInput, description: 'Condition on the time of creation.' }),
  updatedAt: t.field({ type: DateTimeFilterInput, description: 'Condition on the time of the last change.' }),
  resolvedAt: t.field({
    type: DateTimeFilterInput,
    description: 'Condition on the time of the current resolution, which is null while OPEN or IN_PROGRESS.',
  }),
  commentedAt: t.field({
    type: DateTimeFilterInput,
    description: 'Condition on the time of the last comment or reply, which is null without comments.',
  }),
  firstResponseAt: t.field({
    type: DateTimeFilterInput,
    description:
      'Condition on the time of the first comment, assignment or status change by a user other than the reporter. Imports do not count.',
  }),
  firstResolvedAt: t.field({
    type: DateTimeFilterInput,
    description:
      'Condition on the time at which the ticket first changed from OPEN or IN_PROGRESS to RESOLVED or CLOSED, even if it was reopened.',
  }),
  everResolvedAt: t.field({
    type: DateTimeFilterInput,
    description:
      'Condition on the times at which the ticket changed from OPEN or IN_PROGRESS to RESOLVED or CLOSED: one of them must satisfy all operators. `isNull: true` matches tickets that were never resolved or closed.',
  }),
  everReopenedAt: t.field({
    type: DateTimeFilterInput,
    description:
      'Condition on the times at which the ticket was reopened: one of them must satisfy all operators. `isNull: true` matches tickets that were never reopened.',
  }),
  openAt: t.field({
    type: 'RelativeDateTime',
    description: 'Time at which the ticket must have been OPEN or IN_PROGRESS.',
  }),
  search: t.string({
    description:
      'Full-text search in title, description, comments, key, `absn` and `externalKey`. Matches other forms of a word and parts of words; one or two letters match the beginning of a word. All words must match; quotes enclose a phrase, `or` separates alternatives, a leading dash excludes a word. At most 1,000 characters; only the first 20 words count.',
  }),
  archived: t.boolean({
    description:
      'True matches archived tickets, false all others, null both. Defaults to false in the outermost filter, and to null in nested filters.',
  }),
  projectArchived: t.boolean({
    description:
      'True matches the tickets of archived projects, false all others, null both. By default, the outermost filter matches the tickets of an archived project only if it names the project, in `project: { eq }` or `{ in }`. Defaults to null in nested filters.',
  }),
})

const defectFields = (t: Fields) => ({
  category: t.field({ type: StringFilterInput, description: 'Condition on the category.' }),
  subcategory: t.field({ type: StringFilterInput, description: 'Condition on the subcategory.' }),
  absn: t.field({ type: StringFilterInput, description: 'Condition on the serial number of the affected unit.' }),
  reportedBy: t.field({
    type: StringFilterInput,
    description: 'Condition on the person or station that found the defect.',
  }),
  severity: t.field({ type: SeverityFilter, description: 'Condition on the severity.' }),
  disposition: t.field({ type: DispositionFilter, description: 'Condition on the decision about the affected unit.' }),
})

TicketFilterInput.implement({
  description:
    'A filter for tickets of both kinds. All fields must match; `{}` matches all tickets that are not archived, and not in an archived project. Fields of defects are null for issues. At most 1,000 fields and nested filters.',
  fields: (t) => ({
    ...ticketFields(t, TicketFilterInput),
    ...defectFields(t),
    kind: t.field({ type: 'TicketKind', description: 'Kind to match; null matches both.' }),
  }),
})

IssueFilterInput.implement({
  description:
    'A filter for issues. All fields must match; `{}` matches all issues that are not archived, and not in an archived project. At most 1,000 fields and nested filters.',
  fields: (t) => ticketFields(t, IssueFilterInput),
})

DefectFilterInput.implement({
  description:
    'A filter for defects. All fields must match; `{}` matches all defects that are not archived, and not in an archived project. At most 1,000 fields and nested filters.',
  fields: (t) => ({ ...ticketFields(t, DefectFilterInput), ...defectFields(t) }),
})
