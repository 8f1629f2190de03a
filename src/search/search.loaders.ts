import { checkArgument, integerBetween, text } from '../check.ts'
import { join, type Sql, sql } from '../database/sql.ts'
import type { NestedField } from '../reading/look-ahead.ts'
import { type Excerpt, excerptOf, marks } from './excerpt.ts'
import { searchedTexts, searchQuery } from './search.filter.ts'

interface ExcerptArguments {
  readonly search: string
  readonly maxLength?: number | null | undefined
}

const defaultLength = 200
const lengths = integerBetween(20, 1000)

const plain = (column: Sql) =>
  sql`regexp_replace(translate(${column}, ${marks.start + marks.end}, ''), '\\s+', ' ', 'g')`

/**
 * The best fragment of a ticket's texts for a search. PostgreSQL finds the text that fits best and marks words in other
 * forms in it (ts_headline); parts of words are found here.
 */
export const ticketExcerpt: NestedField = {
  on: 'id',
  fragment: ({ search, maxLength }: ExcerptArguments) => {
    const searched = searchedTexts([checkArgument('search', search, text(1000))])
    const length = checkArgument('maxLength', maxLength ?? defaultLength, lengths)
    const query = searchQuery([search])
    if (!query) return { sql: sql`NULL` }
    const has = join(
      searched.map((part) => sql`strpos(search_text(said.text), search_text(${part})) > 0`),
      ' OR ',
    )
    return {
      sql: sql`(
        SELECT ts_headline('english', best.text, query.of, ${`HighlightAll=true, StartSel=${marks.start}, StopSel=${marks.end}`})
        FROM (SELECT ${query} AS of) query, LATERAL (
          SELECT said.text FROM (
            SELECT ${plain(sql`t.title`)} AS text, 'A' AS weight FROM tickets t WHERE t.id = parent.id
            UNION ALL SELECT ${plain(sql`t.description`)}, 'B' FROM tickets t WHERE t.id = parent.id AND t.description IS NOT NULL
            UNION ALL SELECT ${plain(sql`c.body`)}, 'C' FROM comments c WHERE c.ticket_id = parent.id AND c.deleted_at IS NULL) said
          CROSS JOIN LATERAL (SELECT ts_rank(setweight(to_tsvector('english', said.text), said.weight::"char"), query.of) AS value) rank
          WHERE rank.value > 0 OR ${has}
          ORDER BY rank.value DESC, said.weight LIMIT 1) best)`,
      decode: (marked: string): Excerpt | null => excerptOf(marked, searched, length),
    }
  },
}
