import { foldName, nearestNames } from './name-match.parser.ts'

/** docs/importing.md lists the same synonyms. */
const synonyms = {
  status: {
    OPEN: ['opened', 'new', 'to do', 'backlog', 'reported', 'reopened', 'triage'],
    IN_PROGRESS: ['wip', 'doing', 'started', 'active', 'in review', 'review', 'in work', 'on hold'],
    RESOLVED: ['done', 'fixed', 'solved', 'complete', 'completed'],
    CLOSED: ['verified', 'cancelled', 'canceled'],
  },
  resolution: {
    FIXED: ['done', 'resolved', 'solved', 'complete', 'completed'],
    DUPLICATE: ['duplicated', 'dup', 'dupe'],
    WONT_FIX: [
      "won't fix",
      "won't do",
      'not planned',
      'declined',
      'rejected',
      'cancelled',
      'canceled',
      'obsolete',
      'deferred',
    ],
    CANNOT_REPRODUCE: ["can't reproduce", 'not reproducible', 'works for me'],
    NOT_A_DEFECT: [
      'not a bug',
      'not an issue',
      'no defect',
      'invalid',
      'by design',
      'as designed',
      'works as designed',
    ],
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

/** Words for no value. */
const emptyValues: Partial<Record<EnumField, readonly string[]>> = {
  resolution: ['unresolved', 'none', 'open', '---'],
  disposition: ['none', 'n/a'],
}

const valueByFoldedName = new Map(
  Object.entries(synonyms).map(([field, namesByValue]) => [
    field,
    new Map(
      Object.entries<readonly string[]>(namesByValue).flatMap(([value, names]) =>
        [value, ...names].map((name) => [foldName(name), value] as const),
      ),
    ),
  ]),
)

export const parseEnumValue = (field: EnumField, text: string): string | null =>
  valueByFoldedName.get(field)?.get(foldName(text)) ?? null

export const isEmptyValue = (field: EnumField, text: string): boolean =>
  (emptyValues[field] ?? []).some((word) => foldName(word) === foldName(text))

export const synonymsOf = (field: EnumField): Readonly<Record<string, readonly string[]>> => synonyms[field]

/** Returns the end of an error message about an unknown value. */
export function suggestEnumValues(field: EnumField, text: string): string {
  const values = synonyms[field]
  const suggestions = nearestNames(
    text,
    Object.entries<readonly string[]>(values).flatMap(([value, names]) => [value, ...names]),
  )
  if (suggestions.length === 0) return `; valid values are ${Object.keys(values).join(', ')}`
  return `; did you mean ${suggestions.map((name) => (name in values ? name : `${name} (${parseEnumValue(field, name)})`)).join(' or ')}?`
}
