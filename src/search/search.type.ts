import { builder } from '../builder.ts'
import { type DatabaseSize, workIn } from '../database/size.ts'
import type { FieldCall } from '../graphql/cost.ts'
import { nestedField } from '../reading/nested.ts'
import type { Excerpt, TextRange } from './excerpt.ts'
import { ticketExcerpt } from './search.loaders.ts'

// With more texts, fewer of them are cached.
const excerptWork = (_call: FieldCall, size: DatabaseSize) =>
  workIn({ tickets: size.tickets, allTickets: size.tickets }, 5)

const TextRangeType = builder.objectRef<TextRange>('TextRange').implement({
  description: 'A range of a text in UTF-16 code units, as in strings of JavaScript and Java.',
  fields: (t) => ({
    start: t.exposeInt('start', { description: 'Index of the first code unit, counted from 0.' }),
    end: t.exposeInt('end', { description: 'Index after the last code unit.' }),
  }),
})

const ExcerptType = builder.objectRef<Excerpt>('Excerpt').implement({
  description: 'The best matching part of the texts of a ticket.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'Plain text in which each run of white space is one space.' }),
    hits: t.field({
      type: [TextRangeType],
      description: 'Ranges of `text` that match the search, in ascending order.',
      resolve: ({ hits }) => [...hits],
    }),
  }),
})

builder.interfaceField('Ticket', 'excerpt', (t) =>
  t.field({
    type: ExcerptType,
    nullable: true,
    description: 'Best matching part of the title, the description or a comment. Null if nothing matches.',
    args: {
      search: t.arg.string({
        required: true,
        description: 'Search in the syntax of `TicketFilter.search`, at most 1000 characters.',
      }),
      maxLength: t.arg.int({
        defaultValue: 200,
        description: 'Maximum length of the excerpt in UTF-16 code units, 20 to 1000.',
      }),
    },
    ...nestedField(ticketExcerpt, { work: excerptWork }),
  }),
)
