import { join, type Sql, sql } from '../database/sql.ts'
import { plannedForValues } from '../database/statement-names.ts'
import { allOf, anyOf, escapeLike } from '../filter/comparators.ts'
import { maxTerms, parseSearch, type Term } from './search.parser.ts'

const queryOf = ({ text }: Term) => sql`search_term(${text})`

/** What pg_trgm has threes of: letters and digits, and the edges of words. */
const three = /[\p{L}\p{N}]{3}|[^\p{L}\p{N}][\p{L}\p{N}]|[\p{L}\p{N}]{2}[^\p{L}\p{N}]/u

/** Whether the index of parts of words has nothing for a text: it would be read from end to end. */
export const isBeyondIndex = (text: string) => !three.test(text)

/** Whether the text `s` has a term as a part of words. */
const hasPart = ({ text }: Term) =>
  isBeyondIndex(text)
    ? sql`strpos(s.body, lower(${text})) > 0`
    : sql`s.body LIKE '%' || lower(${escapeLike(text)}) || '%'`

/** What holds, beside others, for every ticket `t` with a text in its title or description, and is found by an index. */
export const mayContain = (text: string) =>
  isBeyondIndex(text)
    ? sql`TRUE`
    : sql`EXISTS (${plannedForValues} SELECT FROM ticket_texts s WHERE s.ticket_id = t.id AND s.comment_id IS NULL
        AND s.body LIKE '%' || search_text(${escapeLike(text)}) || '%')`

/** Whether the ticket `t` has a term in any of its texts: its words in another form, or itself as a part of words. */
const has = (term: Term) => sql`EXISTS (${plannedForValues} SELECT FROM ticket_texts s WHERE s.ticket_id = t.id
  AND (s.words @@ ${queryOf(term)} OR ${hasPart(term)}))`

/**
 * Whether a search finds the ticket `t`; a search for nothing finds everything. Each term stands for itself, so that
 * PostgreSQL can begin with the rarest by the indexes of words and of parts of them, and ask the others of what it finds,
 * or walk a list in its order where all of them are common.
 */
export function searchCondition(search: string): Sql {
  const alternatives = parseSearch(search)
  if (alternatives.length === 0) return sql`TRUE`
  return anyOf(
    alternatives.map((terms) => allOf(terms.map((term) => (term.negated ? sql`NOT ${has(term)}` : has(term))))),
  )
}

const termsOf = (searches: readonly string[]) =>
  searches
    .flatMap((search) => parseSearch(search).flat())
    .filter(({ negated }) => !negated)
    .slice(0, maxTerms)

/** All that searches look for as one query of words; null where they look for nothing. */
export function searchQuery(searches: readonly string[]): Sql | null {
  const terms = termsOf(searches)
  return terms.length > 0 ? sql`(${join(terms.map(queryOf), ' || ')})` : null
}

/** The texts that searches look for, as they are written. */
export const searchedTexts = (searches: readonly string[]): readonly string[] =>
  termsOf(searches).map(({ text }) => text)

/**
 * How well a ticket `t` fits searches, in millionths: the rank of its best text (ts_rank: how often words stand there and
 * how near to each other, in a title more than in a description, there more than in a comment).
 */
export function relevance(searches: readonly string[]): Sql {
  const query = searchQuery(searches)
  if (!query) return sql`0::integer`
  return sql`(SELECT coalesce(max(1e6 * ts_rank(s.words, query.of)), 0)::integer
    FROM ticket_texts s, (SELECT ${query} AS of) query WHERE s.ticket_id = t.id AND s.words @@ query.of)`
}
