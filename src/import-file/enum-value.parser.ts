import { distance } from 'fastest-levenshtein'

/** A word without case, spaces, underscores or other signs: "In Progress", "in_progress" and "inprogress" are the same. */
export const folded = (word: string): string => word.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '')

/** What else people write for the words of enums. docs/importing.md lists the same. */
const synonyms = {
  status: {
    OPEN: ['new', 'to do', 'backlog', 'reported', 'reopened', 'triage'],
    IN_PROGRESS: ['wip', 'doing', 'started', 'active', 'in review', 'review', 'in work'],
    RESOLVED: ['done', 'fixed', 'solved', 'complete', 'completed'],
    CLOSED: ['verified', 'cancelled', 'canceled'],
  },
  resolution: {
    FIXED: ['done', 'resolved', 'solved', 'complete', 'completed'],
    DUPLICATE: ['duplicated', 'dup', 'dupe'],
    WONT_FIX: ["won't fix", "won't do", 'not planned', 'declined', 'rejected', 'cancelled', 'canceled'],
    CANNOT_REPRODUCE: ["can't reproduce", 'not reproducible', 'works for me'],
    NOT_A_DEFECT: ['not a bug', 'no defect', 'invalid', 'by design', 'works as designed'],
  },
  priority: {
    LOW: ['lowest', 'minor', 'trivial', 'P4', 'P5'],
    MEDIUM: ['normal', 'moderate', 'default', 'P3'],
    HIGH: ['major', 'important', 'P2'],
    URGENT: ['highest', 'critical', 'blocker', 'immediate', 'P0', 'P1'],
  },
  severity: {
    MINOR: ['low', 'trivial', 'cosmetic', 'slight', 'S3', 'S4'],
    MAJOR: ['moderate', 'medium', 'normal', 'S2'],
    CRITICAL: ['high', 'severe', 'fatal', 'blocker', 'S1'],
  },
  disposition: {
    PENDING: ['undecided', 'on hold', 'quarantine'],
    USE_AS_IS: ['accept', 'accepted', 'UAI', 'concession'],
    REWORK: ['reworked'],
    REPAIR: ['repaired'],
    SCRAP: ['scrapped', 'reject', 'rejected'],
    RETURN_TO_SUPPLIER: ['return', 'returned', 'return to vendor', 'RTS', 'RTV'],
  },
  kind: {
    ISSUE: ['bug', 'task', 'story'],
    DEFECT: ['nonconformity', 'NCR'],
  },
} as const

export type EnumField = keyof typeof synonyms

const meanings = new Map(
  Object.entries(synonyms).map(([field, words]) => [
    field,
    new Map(
      Object.entries<readonly string[]>(words).flatMap(([word, others]) =>
        [word, ...others].map((one) => [folded(one), word] as const),
      ),
    ),
  ]),
)

/** The word of an enum that a text means; null where it means none. */
export const meaningOf = (field: EnumField, text: string): string | null =>
  meanings.get(field)?.get(folded(text)) ?? null

/** What else is understood for the words of an enum. */
export const synonymsOf = (field: EnumField): Readonly<Record<string, readonly string[]>> => synonyms[field]

/** What was perhaps meant by a text that is no word of an enum, as the end of a sentence. */
export function wordSuggestion(field: EnumField, text: string): string {
  const near = nearest(
    text,
    Object.entries(synonymsOf(field)).flatMap(([word, others]) => [word, ...others]),
  )
  if (near.length === 0) return `; known are ${Object.keys(synonyms[field]).join(', ')}`
  return `; did you mean ${near.map((word) => (word in synonyms[field] ? word : `${word} (${meaningOf(field, word)})`)).join(' or ')}?`
}

/** Up to three of the known words that are nearest to one, by Levenshtein's distance between them without case. */
function nearest(word: string, known: readonly string[]): string[] {
  const wanted = folded(word).slice(0, 50)
  return known
    .map((one) => ({ one, far: distance(wanted, folded(one).slice(0, 50)) }))
    .filter(({ one, far }) => far <= Math.max(1, Math.min(wanted.length, one.length) / 2))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ one }) => one)
}

/** What a word should have been, as the end of a sentence. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known)
  if (near.length > 0) return `; did you mean ${near.join(' or ')}?`
  return known.length <= 20 ? `; known are ${known.join(', ')}` : ''
}
