import type { InputFieldBuilder, InputRef } from '@pothos/core'
import { builder } from '../builder.ts'
import { maxListLength } from '../filter/comparators.ts'
import {
  DateTimeFilterInput,
  enumFilter,
  IDFilterInput,
  LabelFilterInput,
  rankedFilter,
  StringFilterInput,
  UserFilterInput,
} from '../filter/filter.type.ts'
import type { TicketFilter } from './ticket.filter.ts'

export const TicketFilterInput = builder.inputRef<TicketFilter>('TicketFilter')
export const IssueFilterInput = builder.inputRef<TicketFilter>('IssueFilter')
export const DefectFilterInput = builder.inputRef<TicketFilter>('DefectFilter')

const StatusFilter = enumFilter('TicketStatus')
const ResolutionFilter = enumFilter('Resolution')
const DispositionFilter = enumFilter('Disposition')
const PriorityFilter = rankedFilter('Priority')
const SeverityFilter = rankedFilter('Severity')

type Fields = InputFieldBuilder<typeof builder.$inferSchemaTypes, 'InputObject'>

const ofEveryTicket = (t: Fields, type: InputRef<TicketFilter>) => ({
  and: t.field({
    type: [type],
    description: `All of these hold. At most ${maxListLength}; filters nest at most 5 deep.`,
  }),
  or: t.field({
    type: [type],
    description: `At least one of these holds. At most ${maxListLength}; an empty list is nothing.`,
  }),
  not: t.field({ type, description: 'This does not hold.' }),
  id: t.field({ type: IDFilterInput, description: 'The ticket itself, by id or key.' }),
  project: t.field({ type: IDFilterInput, description: 'Its project, by id or key.' }),
  title: t.field({ type: StringFilterInput, description: 'Its title.' }),
  description: t.field({ type: StringFilterInput, description: 'Its description.' }),
  status: t.field({ type: StatusFilter, description: 'Where it stands.' }),
  resolution: t.field({ type: ResolutionFilter, description: 'Why it is resolved or closed.' }),
  priority: t.field({ type: PriorityFilter, description: 'How urgent it is.' }),
  assignee: t.field({ type: UserFilterInput, description: 'Who works on it.' }),
  reporter: t.field({ type: UserFilterInput, description: 'The account that filed it.' }),
  label: t.field({ type: LabelFilterInput, description: 'Its labels.' }),
  createdAt: t.field({ type: DateTimeFilterInput, description: 'When it was filed.' }),
  updatedAt: t.field({ type: DateTimeFilterInput, description: 'When it last changed.' }),
  resolvedAt: t.field({ type: DateTimeFilterInput, description: 'When it was last resolved.' }),
  firstResponseAt: t.field({
    type: DateTimeFilterInput,
    description: 'When another than its reporter first commented on it, assigned it or moved it.',
  }),
  firstResolvedAt: t.field({
    type: DateTimeFilterInput,
    description: 'When it was first resolved or closed, whether or not it was reopened since.',
  }),
  everResolvedAt: t.field({
    type: DateTimeFilterInput,
    description:
      'Any of the times at which it was resolved or closed, in all these ways together; isNull where it never was.',
  }),
  everReopenedAt: t.field({
    type: DateTimeFilterInput,
    description:
      'Any of the times at which it was opened again, in all these ways together; isNull where it never was.',
  }),
  openAt: t.field({ type: 'RelativeDateTime', description: 'It was filed before this time, and open then.' }),
  search: t.string({
    description:
      'What it says: words in its title, description and comments, in any form and as parts of other words; its key, serial number or external key. All words must be there; "several words" in quotes are a phrase, `or` between two of them takes either, a dash before one takes tickets without it. At most 1,000 characters, of which the first 20 words count.',
  }),
  archived: t.boolean({
    description:
      'True for archived ones, false for the others, null for both. Left out of the outermost filter it is false; left out further in, it says nothing.',
  }),
})

const ofDefects = (t: Fields) => ({
  category: t.field({ type: StringFilterInput, description: 'What kind of defect.' }),
  subcategory: t.field({ type: StringFilterInput, description: 'The finer kind.' }),
  absn: t.field({ type: StringFilterInput, description: 'The serial number of the affected unit.' }),
  reportedBy: t.field({ type: StringFilterInput, description: 'Who found it.' }),
  severity: t.field({ type: SeverityFilter, description: 'How bad it is.' }),
  disposition: t.field({ type: DispositionFilter, description: 'What was decided about the unit.' }),
})

TicketFilterInput.implement({
  description:
    'Which tickets. All given fields hold together; {} is everything that is not archived. No issue has what only defects have.',
  fields: (t) => ({
    ...ofEveryTicket(t, TicketFilterInput),
    ...ofDefects(t),
    kind: t.field({ type: 'TicketKind', description: 'Issues alone, or defects alone.' }),
  }),
})

IssueFilterInput.implement({
  description: 'Which issues. All given fields hold together; {} is everything that is not archived.',
  fields: (t) => ofEveryTicket(t, IssueFilterInput),
})

DefectFilterInput.implement({
  description: 'Which defects. All given fields hold together; {} is everything that is not archived.',
  fields: (t) => ({ ...ofEveryTicket(t, DefectFilterInput), ...ofDefects(t) }),
})
