import { join, type Sql, sql } from '../database/sql.ts'
import { customPlan } from '../database/statement-names.ts'
import { allOf, anyOf, escapeLike } from '../filter/comparators.ts'
import { maxTerms, parseSearch, type Term } from './search.parser.ts'

const wordsOf = ({ text }: Term) => sql`search_term(${text})`
const beginningsOf = (term: Term) => sql`${wordsOf(term)} || search_prefix(${term.text})`

/** A trigram of pg_trgm: letters and digits, padded with spaces at word boundaries. */
const trigramPattern = /[\p{L}\p{N}]{3}|[^\p{L}\p{N}][\p{L}\p{N}]|[\p{L}\p{N}]{2}[^\p{L}\p{N}]/u

/** True for a text without a trigram, for which PostgreSQL would scan the whole index. */
export const lacksTrigram = (text: string) => !trigramPattern.test(text)

/** An indexed condition, necessary but not sufficient, that the title or description of ticket `t` contains a text. */
export const mayContain = (text: string) =>
  lacksTrigram(text)
    ? sql`TRUE`
    : sql`EXISTS (${customPlan} SELECT FROM ticket_texts s WHERE s.ticket_id = t.id AND s.comment_id IS NULL
        AND s.body LIKE '%' || search_text(${escapeLike(text)}) || '%')`

const rareMatches = 5000

/**
 * SELECT of a `query` for a rare short term of searches that a ticket must match; null without short terms. PostgreSQL
 * estimates a beginning of words by the most frequent words, without names such as `PAY-1`, of which one letter can match all.
 */
export function rareShortTerm(searches: readonly string[]): Sql | null {
  const terms = searches
    .map(parseSearch)
    .flatMap((alternatives) => (alternatives.length === 1 ? alternatives.flat() : []))
    .filter(({ text, negated }) => !negated && lacksTrigram(text))
    .slice(0, maxTerms)
  if (terms.length === 0) return null
  // Without ORDER BY, the first rare term ends the search for one.
  const queries = terms.map((term) => sql`(${beginningsOf(term)})`)
  return sql`SELECT query FROM (VALUES ${join(queries)}) term (query) WHERE (SELECT count(*) <= ${rareMatches} FROM (
      SELECT FROM ticket_texts s WHERE s.words @@ term.query LIMIT ${rareMatches + 1}) matches)
    LIMIT 1`
}

export interface SearchOptions {
  /** True to check short terms for each ticket instead of reading an index. */
  readonly scansShortTerms?: boolean
}

/**
 * The condition that a text of ticket `t` contains the words of a term in any form, or the term as a part of a word. A term without
 * a trigram must begin a word.
 */
const containsTerm = (term: Term, scansShortTerms: boolean) => {
  const { text } = term
  const begins = sql`s.words @@ (${beginningsOf(term)})`
  const matches = lacksTrigram(text)
    ? scansShortTerms
      ? sql`CASE WHEN ${begins} THEN TRUE ELSE FALSE END`
      : begins
    : sql`(s.words @@ ${wordsOf(term)} OR s.body LIKE '%' || fold_case(${escapeLike(text)}) || '%')`
  return sql`EXISTS (${customPlan} SELECT FROM ticket_texts s WHERE s.ticket_id = t.id AND ${matches})`
}

/**
 * The condition that ticket `t` matches a search; an empty search matches all. Each term is a condition of its own, so that
 * PostgreSQL can start with the index of the rarest term, or scan the list in order if all terms are common.
 */
export function searchCondition(search: string, { scansShortTerms = false }: SearchOptions = {}): Sql {
  const alternatives = parseSearch(search)
  if (alternatives.length === 0) return sql`TRUE`
  return anyOf(
    alternatives.map((terms) =>
      allOf(
        terms.map((term) =>
          term.negated ? sql`NOT ${containsTerm(term, scansShortTerms)}` : containsTerm(term, scansShortTerms),
        ),
      ),
    ),
  )
}

const termsOf = (searches: readonly string[]) =>
  searches
    .flatMap((search) => parseSearch(search).flat())
    .filter(({ negated }) => !negated)
    .slice(0, maxTerms)

/** Matches any of the first 20 terms of the searches that are not negated; null if there are none. */
export const searchQuery = (searches: readonly string[]): Sql | null => anyTerm(searches, wordsOf)

function anyTerm(searches: readonly string[], queryOf: (term: Term) => Sql): Sql | null {
  const terms = termsOf(searches)
  return terms.length > 0 ? sql`(${join(terms.map(queryOf), ' || ')})` : null
}

export const searchTextsOf = (searches: readonly string[]): readonly string[] =>
  termsOf(searches).map(({ text }) => text)

/**
 * The highest ts_rank of the texts of ticket `t`, in millionths. Titles weigh more than descriptions and comments, and beginnings of
 * words count.
 */
export function relevance(searches: readonly string[]): Sql {
  const query = anyTerm(searches, beginningsOf)
  if (!query) return sql`0::integer`
  return sql`(SELECT coalesce(max(1e6 * ts_rank(s.words, query.of)), 0)::integer
    FROM ticket_texts s, (SELECT ${query} AS of) query WHERE s.ticket_id = t.id AND s.words @@ query.of)`
}
