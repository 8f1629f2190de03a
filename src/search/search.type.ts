import { builder } from '../builder.ts'
import { nestedField } from '../reading/nested.ts'
import type { Excerpt, TextRange } from './excerpt.ts'
import { ticketExcerpt } from './search.loaders.ts'

// Measured on long texts: five milliseconds.
const excerptCost = 60

const TextRangeType = builder.objectRef<TextRange>('TextRange').implement({
  description: 'A part of a text, in UTF-16 units: those of strings in JavaScript and Java.',
  fields: (t) => ({
    start: t.exposeInt('start', { description: 'Where it begins, counted from 0.' }),
    end: t.exposeInt('end', { description: 'Where it ends: the first unit after it.' }),
  }),
})

const ExcerptType = builder.objectRef<Excerpt>('Excerpt').implement({
  description: 'The part of what a ticket says that fits a search best.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'Plain text, each run of white space as one space.' }),
    hits: t.field({
      type: [TextRangeType],
      description: 'Where in it stands what was searched for, in order.',
      resolve: ({ hits }) => [...hits],
    }),
  }),
})

builder.interfaceField('Ticket', 'excerpt', (t) =>
  t.field({
    type: ExcerptType,
    nullable: true,
    description: 'The part of its title, description or comments that fits a search best; null where nothing does.',
    args: {
      search: t.arg.string({ required: true, description: 'What is searched for, as in a filter.' }),
      maxLength: t.arg.int({
        defaultValue: 200,
        description: 'The longest text, in UTF-16 units: 20 to 1000.',
      }),
    },
    ...nestedField(ticketExcerpt, { cost: excerptCost }),
  }),
)
