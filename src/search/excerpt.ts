/** A range of UTF-16 code units, `end` exclusive. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

export interface Excerpt {
  readonly text: string
  readonly hits: readonly TextRange[]
}

/** Delimiters of hits in marked texts: control characters that are removed from the texts. */
export const hitDelimiters = { start: '\u0002', end: '\u0003' } as const

export interface FoldedMatch {
  readonly text: string
  /** The text in folded case, which keeps all lengths, with delimiters around matching words. */
  readonly marked: string
  /** Parts of the search in folded case. */
  readonly parts: readonly string[]
}

/**
 * Returns the part of a text with the most hits, cut between words; null without hits. Hits are marked words and
 * occurrences of the parts. Lengths are in UTF-16 code units.
 */
export function excerptOf({ text, marked, parts }: FoldedMatch, maxLength: number): Excerpt | null {
  const { foldedText, ranges } = parseMarkedText(marked)
  const hits = mergeRanges([...ranges, ...parts.flatMap((part) => findOccurrences(foldedText, part))])
  if (hits.length === 0) return null
  const window = findBestWindow(text, hits, maxLength)
  return {
    text: text.slice(window.start, window.end),
    hits: hits
      .filter(({ start, end }) => start < window.end && end > window.start)
      .map(({ start, end }) => ({
        start: Math.max(start, window.start) - window.start,
        end: Math.min(end, window.end) - window.start,
      })),
  }
}

function parseMarkedText(markedText: string): { foldedText: string; ranges: TextRange[] } {
  const ranges: TextRange[] = []
  let foldedText = ''
  for (const [index, piece] of markedText.split(hitDelimiters.start).entries()) {
    const [hit = '', ...rest] = index === 0 ? ['', piece] : piece.split(hitDelimiters.end)
    if (hit) ranges.push({ start: foldedText.length, end: foldedText.length + hit.length })
    foldedText += hit + rest.join('')
  }
  return { foldedText, ranges }
}

function findOccurrences(text: string, part: string): TextRange[] {
  const pattern = new RegExp(RegExp.escape(part), 'gu')
  return [...text.matchAll(pattern)].map(({ index, 0: match }) => ({ start: index, end: index + match.length }))
}

function mergeRanges(ranges: readonly TextRange[]): TextRange[] {
  const result: { start: number; end: number }[] = []
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    if (last && start < last.end) last.end = Math.max(last.end, end)
    else result.push({ start, end })
  }
  return result
}

function findBestWindow(text: string, hits: readonly TextRange[], maxLength: number): TextRange {
  if (text.length <= maxLength) return { start: 0, end: text.length }
  let best = { first: 0, last: 0 }
  for (let first = 0, last = 0; first < hits.length; first++) {
    last = Math.max(first, last)
    while (last + 1 < hits.length && endOf(hits, last + 1) - startOf(hits, first) <= maxLength) last++
    if (last - first > best.last - best.first) best = { first, last }
  }
  const margin = Math.max(0, maxLength - (endOf(hits, best.last) - startOf(hits, best.first))) >> 1
  const start = Math.max(0, Math.min(startOf(hits, best.first) - margin, text.length - maxLength))
  return {
    start: cutBefore(text, start, startOf(hits, best.first)),
    end: cutAfter(text, start + maxLength, endOf(hits, best.last)),
  }
}

const startOf = (hits: readonly TextRange[], index: number) => hits[index]?.start ?? 0
const endOf = (hits: readonly TextRange[], index: number) => hits[index]?.end ?? 0

/** Returns the index after the first space between `from` and a hit; never between surrogates. */
function cutBefore(text: string, from: number, hit: number): number {
  if (from === 0 || text[from - 1] === ' ') return from
  const space = text.indexOf(' ', from)
  if (space >= 0 && space < hit) return space + 1
  return isInsidePair(text, from) ? from + 1 : from
}

/** Returns the index of the last space between a hit and `to`; never between surrogates. */
function cutAfter(text: string, to: number, hit: number): number {
  if (to >= text.length || text[to] === ' ') return Math.min(to, text.length)
  const space = text.lastIndexOf(' ', to)
  if (space >= hit) return space
  return isInsidePair(text, to) ? to - 1 : to
}

const isInsidePair = (text: string, index: number) =>
  /[\ud800-\udbff]/.test(text[index - 1] ?? '') && /[\udc00-\udfff]/.test(text[index] ?? '')
