import { join, type Sql, sql } from '../database/sql.ts'
import { customPlan } from '../database/statement-names.ts'
import { allOf, anyOf, escapeLike } from '../filter/comparators.ts'
import { maxTerms, parseSearch, type Term } from './search.parser.ts'

const queryOf = ({ text }: Term) => sql`search_term(${text})`

/** A trigram of pg_trgm: letters and digits, padded with spaces at word boundaries. */
const trigramPattern = /[\p{L}\p{N}]{3}|[^\p{L}\p{N}][\p{L}\p{N}]|[\p{L}\p{N}]{2}[^\p{L}\p{N}]/u

/** True for a text without a trigram, for which PostgreSQL would scan the whole index. */
export const lacksTrigram = (text: string) => !trigramPattern.test(text)

const containsPart = ({ text }: Term) =>
  lacksTrigram(text)
    ? sql`strpos(s.body, fold_case(${text})) > 0`
    : sql`s.body LIKE '%' || fold_case(${escapeLike(text)}) || '%'`

/** An indexed condition, necessary but not sufficient, that the title or description of ticket `t` contains a text. */
export const mayContain = (text: string) =>
  lacksTrigram(text)
    ? sql`TRUE`
    : sql`EXISTS (${customPlan} SELECT FROM ticket_texts s WHERE s.ticket_id = t.id AND s.comment_id IS NULL
        AND s.body LIKE '%' || search_text(${escapeLike(text)}) || '%')`

/** The condition that a text of ticket `t` contains the words of a term in any form, or the term as a part of a word. */
const containsTerm = (term: Term) => sql`EXISTS (${customPlan} SELECT FROM ticket_texts s WHERE s.ticket_id = t.id
  AND (s.words @@ ${queryOf(term)} OR ${containsPart(term)}))`

/**
 * The condition that ticket `t` matches a search; an empty search matches all. Each term is a condition of its own, so that
 * PostgreSQL can start with the index of the rarest term, or scan the list in order if all terms are common.
 */
export function searchCondition(search: string): Sql {
  const alternatives = parseSearch(search)
  if (alternatives.length === 0) return sql`TRUE`
  return anyOf(
    alternatives.map((terms) =>
      allOf(terms.map((term) => (term.negated ? sql`NOT ${containsTerm(term)}` : containsTerm(term)))),
    ),
  )
}

const termsOf = (searches: readonly string[]) =>
  searches
    .flatMap((search) => parseSearch(search).flat())
    .filter(({ negated }) => !negated)
    .slice(0, maxTerms)

/** Matches any of the first 20 terms of the searches that are not negated; null if there are none. */
export function searchQuery(searches: readonly string[]): Sql | null {
  const terms = termsOf(searches)
  return terms.length > 0 ? sql`(${join(terms.map(queryOf), ' || ')})` : null
}

export const searchTextsOf = (searches: readonly string[]): readonly string[] =>
  termsOf(searches).map(({ text }) => text)

/** The highest ts_rank of the texts of ticket `t`, in millionths. Titles weigh more than descriptions and comments. */
export function relevance(searches: readonly string[]): Sql {
  const query = searchQuery(searches)
  if (!query) return sql`0::integer`
  return sql`(SELECT coalesce(max(1e6 * ts_rank(s.words, query.of)), 0)::integer
    FROM ticket_texts s, (SELECT ${query} AS of) query WHERE s.ticket_id = t.id AND s.words @@ query.of)`
}
