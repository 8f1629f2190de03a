import { toNormalForm } from '../normal-form.ts'

export interface Term {
  readonly text: string
  readonly negated: boolean
}

type Alternative = readonly Term[]

export const maxTerms = 20
const tokenPattern = /(-?)"([^"]*)(?:"|$)|(\S+)/g

/**
 * Parses alternatives (OR) of terms (AND): spaces separate terms, `or` separates alternatives, quotes enclose a phrase, a
 * dash negates a term. Among other terms, ignores punctuation and short stop words. Ignores the terms after the twentieth, to limit
 * the cost.
 */
export function parseSearch(search: string): readonly Alternative[] {
  const alternatives: Term[][] = [[]]
  const tokens = toNormalForm(search)
    .matchAll(tokenPattern)
    .take(2 * maxTerms)
    .toArray()
  let count = 0
  let startsAlternative = false
  tokens.forEach(([, dash, phrase, word], index) => {
    const current = alternatives.at(-1) as Term[]
    if (word?.toLowerCase() === 'or' && current.length > 0 && !startsAlternative && index < tokens.length - 1) {
      startsAlternative = true
      return
    }
    const term = phrase === undefined ? termOf(word as string) : { text: phrase, negated: dash === '-' }
    const text = term.text.trim().replaceAll(/\s+/g, ' ')
    if (text === '' || count === maxTerms) return
    count++
    if (startsAlternative) alternatives.push([{ ...term, text }])
    else current.push({ ...term, text })
    startsAlternative = false
  })
  const significant = withoutEmpty(alternatives.map((terms) => terms.filter(isSignificant)))
  return significant.length > 0 ? significant : withoutEmpty(alternatives)
}

/** Stop words of PostgreSQL's configuration `english` that are too short for a trigram. */
const shortStopWords = new Set('a am an as at be by do he i if in is it me my no of on or s so t to up we'.split(' '))

const isSignificant = ({ text }: Term) => /[\p{L}\p{N}\p{So}]/u.test(text) && !shortStopWords.has(text.toLowerCase())

const withoutEmpty = (alternatives: readonly Alternative[]) => alternatives.filter((terms) => terms.length > 0)

const termOf = (word: string): Term =>
  word.length > 1 && word.startsWith('-') ? { text: word.slice(1), negated: true } : { text: word, negated: false }
