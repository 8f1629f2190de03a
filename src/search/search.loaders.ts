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

/** Longer texts are cut around the first occurrence of a part of the search, to limit the cost. */
const maxSourceLength = 5000
const lengthBeforeHit = 1200
/** A text whose words match in another form has no occurrence of the part, but mostly of its beginning. */
const inflectionLength = 3
const maxCandidates = 3

/** The first position of a part of the search, or of its beginning, in a folded text. */
const firstHit = (folded: Sql) => sql`(
  SELECT coalesce(min(nullif(strpos(${folded}, part), 0)),
    min(nullif(strpos(${folded}, left(part, greatest(${inflectionLength}, length(part) - ${inflectionLength}))), 0)), 1)
  FROM unnest(query.parts) AS part)`

const cut = (text: Sql) => sql`CASE WHEN length(${text}) <= ${maxSourceLength} THEN ${text}
  ELSE substr(${text}, greatest(1, ${firstHit(sql`fold_case(${text})`)} - ${lengthBeforeHit}), ${maxSourceLength}) END`

const withSingleSpaces = (text: Sql) =>
  sql`single_spaces(translate(${text}, ${hitDelimiters.start + hitDelimiters.end}, ''))`

/** True if a text contains words or parts of the search. Among the words of weight A are names, which no text contains. */
const isMatch = sql`(
  CASE original.weight WHEN 'A' THEN to_tsvector('english', source.folded) ELSE original.words END @@ query.of
  OR EXISTS (SELECT FROM unnest(query.parts) AS part WHERE strpos(source.folded, part) > 0))`

/**
 * The index of searches finds the best texts. PostgreSQL folds the best one and the parts of the search, and marks the
 * matching words with `hitDelimiters` (ts_headline); `excerptOf` finds parts of words.
 */
export const ticketExcerpt: NestedField = {
  keyProperty: 'id',
  fragment: ({ search, maxLength }: ExcerptArguments) => {
    const searchTexts = searchTextsOf([checkArgument('search', search, text(1000))])
    const length = checkArgument('maxLength', maxLength ?? defaultLength, lengths)
    const query = searchQuery([search])
    if (!query) return { sql: sql`NULL` }
    const foldedParts = sql`ARRAY(SELECT fold_case(part) FROM unnest(${[...searchTexts]}::text[]) AS part)`
    const options = `HighlightAll=true, StartSel=${hitDelimiters.start}, StopSel=${hitDelimiters.end}`
    return {
      sql: sql`(
        SELECT json_build_object('text', best.text, 'parts', query.parts, 'marked', ts_headline('english', best.folded, query.of, ${options}))
        FROM (SELECT ${query} AS of, ${foldedParts} AS parts) query, LATERAL (
          SELECT source.text, source.folded
          FROM (SELECT s.comment_id, s.words, ts_rank(s.words, query.of) AS rank FROM ticket_texts s
            WHERE s.ticket_id = parent.id
              AND (s.words @@ query.of OR EXISTS (SELECT FROM unnest(query.parts) AS part WHERE strpos(s.body, part) > 0))
            ORDER BY rank DESC, s.comment_id NULLS FIRST LIMIT ${maxCandidates}) s
          CROSS JOIN LATERAL (
            SELECT t.title AS text, 'A' AS weight FROM tickets t WHERE t.id = parent.id AND s.comment_id IS NULL
            UNION ALL SELECT t.description, 'B' FROM tickets t WHERE t.id = parent.id AND s.comment_id IS NULL
            UNION ALL SELECT c.body, 'C' FROM comments c WHERE c.id = s.comment_id) body
          CROSS JOIN LATERAL (SELECT body.text, body.weight, ts_filter(s.words, ARRAY[body.weight::"char"]) AS words OFFSET 0) original
          CROSS JOIN LATERAL (SELECT ${withSingleSpaces(cut(sql`original.text`))} AS text OFFSET 0) short
          CROSS JOIN LATERAL (SELECT short.text, fold_case(short.text) AS folded OFFSET 0) source
          WHERE ${isMatch}
          ORDER BY s.rank DESC, ts_rank(original.words, query.of) DESC, original.weight LIMIT 1) best)`,
      decode: (match: FoldedMatch): Excerpt | null => excerptOf(match, length),
    }
  },
}
