const maxResults = 12
const maxExcerpt = 140
const leadingText = 50

const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean)

/** Returns the sections that contain all words: first those with the words in their heading, then in their page's title. */
export function findSections(sections, query) {
  const words = wordsOf(query)
  if (words.length === 0) return []
  return sections
    .map((section) => ({ section, score: scoreOf(section, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, maxResults)
    .map(({ section }) => section)
}

/** Returns 0 if a word is missing. */
function scoreOf({ page, heading, text }, words) {
  const [inHeading, inPage, inText] = [heading, page, text].map((part) => part.toLowerCase())
  const scores = words.map((word) => {
    // "createIssue" is the name of the section "Mutation.createIssue".
    if (inHeading === word || inHeading.endsWith(`.${word}`)) return 16
    if (inHeading.startsWith(word)) return 8
    if (inHeading.includes(word)) return 6
    if (inPage.includes(word)) return 3
    return inText.includes(word) ? 1 : 0
  })
  const phrase = words.join(' ')
  const phraseScore = inHeading.includes(phrase) ? 12 : inText.includes(phrase) ? 2 : 0
  return scores.includes(0) ? 0 : scores.reduce((sum, score) => sum + score, phraseScore)
}

/** Splits the part of a text around the first match into pieces: every second one is a match. */
export function excerptOf(text, query) {
  const words = wordsOf(query)
  const lower = text.toLowerCase()
  const indexes = words.map((word) => lower.indexOf(word)).filter((index) => index >= 0)
  const first = indexes.length > 0 ? Math.min(...indexes) : 0
  const start = first > maxExcerpt - leadingText ? text.indexOf(' ', first - leadingText) + 1 : 0
  const end = start + maxExcerpt
  const excerpt = `${start > 0 ? '… ' : ''}${text.slice(start, end)}${end < text.length ? ' …' : ''}`
  return excerpt.split(new RegExp(`(${words.map(escapePattern).join('|')})`, 'i'))
}

/** `RegExp.escape` is missing in browsers of 2024. */
const escapePattern = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
