import { checkArgument, integerBetween, text } from '../check.ts'
import { join, type Sql, sql } from '../database/sql.ts'
import type { NestedField } from '../reading/look-ahead.ts'
import { type Excerpt, excerptOf, hitDelimiters } from './excerpt.ts'
import { searchQuery, searchTextsOf } from './search.filter.ts'

interface ExcerptArguments {
  readonly search: string
  readonly maxLength?: number | null | undefined
}

const defaultLength = 200
const lengths = integerBetween(20, 1000)

const withSingleSpaces = (column: Sql) =>
  sql`regexp_replace(translate(${column}, ${hitDelimiters.start + hitDelimiters.end}, ''), '\\s+', ' ', 'g')`

/**
 * PostgreSQL finds the best text and marks the matching words with `hitDelimiters` (ts_headline); `excerptOf` finds parts of
 * words.
 */
export const ticketExcerpt: NestedField = {
  keyProperty: 'id',
  fragment: ({ search, maxLength }: ExcerptArguments) => {
    const searchTexts = searchTextsOf([checkArgument('search', search, text(1000))])
    const length = checkArgument('maxLength', maxLength ?? defaultLength, lengths)
    const query = searchQuery([search])
    if (!query) return { sql: sql`NULL` }
    const containsAny = join(
      searchTexts.map((part) => sql`strpos(search_text(source.text), search_text(${part})) > 0`),
      ' OR ',
    )
    return {
      sql: sql`(
        SELECT ts_headline('english', best.text, query.of, ${`HighlightAll=true, StartSel=${hitDelimiters.start}, StopSel=${hitDelimiters.end}`})
        FROM (SELECT ${query} AS of) query, LATERAL (
          SELECT source.text FROM (
            SELECT ${withSingleSpaces(sql`t.title`)} AS text, 'A' AS weight FROM tickets t WHERE t.id = parent.id
            UNION ALL SELECT ${withSingleSpaces(sql`t.description`)}, 'B' FROM tickets t WHERE t.id = parent.id AND t.description IS NOT NULL
            UNION ALL SELECT ${withSingleSpaces(sql`c.body`)}, 'C' FROM comments c WHERE c.ticket_id = parent.id AND c.deleted_at IS NULL) source
          CROSS JOIN LATERAL (SELECT ts_rank(setweight(to_tsvector('english', source.text), source.weight::"char"), query.of) AS value) rank
          WHERE rank.value > 0 OR ${containsAny}
          ORDER BY rank.value DESC, source.weight LIMIT 1) best)`,
      decode: (markedText: string): Excerpt | null => excerptOf(markedText, searchTexts, length),
    }
  },
}
