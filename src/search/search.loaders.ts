import { checkArgument, integerBetween, text } from '../check.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { NestedField } from '../reading/look-ahead.ts'
import { type Excerpt, excerptOf, type FoldedMatch, hitDelimiters } from './excerpt.ts'
import { searchQuery, searchTextsOf } from './search.filter.ts'

interface ExcerptArguments {
  readonly search: string
  readonly maxLength?: number | null | undefined
}

const defaultLength = 200
const lengths = integerBetween(20, 1000)

const withSingleSpaces = (column: Sql) =>
  sql`single_spaces(translate(${column}, ${hitDelimiters.start + hitDelimiters.end}, ''))`

/**
 * PostgreSQL finds the best text, folds it and the parts of the search, and marks the matching words with `hitDelimiters`
 * (ts_headline); `excerptOf` finds parts of words.
 */
export const ticketExcerpt: NestedField = {
  keyProperty: 'id',
  fragment: ({ search, maxLength }: ExcerptArguments) => {
    const searchTexts = searchTextsOf([checkArgument('search', search, text(1000))])
    const length = checkArgument('maxLength', maxLength ?? defaultLength, lengths)
    const query = searchQuery([search])
    if (!query) return { sql: sql`NULL` }
    const foldedParts = sql`ARRAY(SELECT fold_case(part) FROM unnest(${[...searchTexts]}::text[]) AS part)`
    return {
      sql: sql`(
        SELECT json_build_object('text', best.text, 'parts', query.parts,
          'marked', ts_headline('english', best.folded, query.of, ${`HighlightAll=true, StartSel=${hitDelimiters.start}, StopSel=${hitDelimiters.end}`}))
        FROM (SELECT ${query} AS of, ${foldedParts} AS parts) query, LATERAL (
          SELECT source.text, source.folded FROM (SELECT *, fold_case(text) AS folded FROM (
            SELECT ${withSingleSpaces(sql`t.title`)} AS text, 'A' AS weight FROM tickets t WHERE t.id = parent.id
            UNION ALL SELECT ${withSingleSpaces(sql`t.description`)}, 'B' FROM tickets t WHERE t.id = parent.id AND t.description IS NOT NULL
            UNION ALL SELECT ${withSingleSpaces(sql`c.body`)}, 'C' FROM comments c WHERE c.ticket_id = parent.id AND c.deleted_at IS NULL) texts) source
          CROSS JOIN LATERAL (SELECT ts_rank(setweight(to_tsvector('english', source.folded), source.weight::"char"), query.of) AS value) rank
          WHERE rank.value > 0 OR EXISTS (SELECT FROM unnest(query.parts) AS part WHERE strpos(source.folded, part) > 0)
          ORDER BY rank.value DESC, source.weight LIMIT 1) best)`,
      decode: (match: FoldedMatch): Excerpt | null => excerptOf(match, length),
    }
  },
}
