import { distance } from 'fastest-levenshtein'

const maxCompared = 50
const maxSuggestions = 3
const maxListed = 20

/** "In Progress", "in_progress" and "inprogress" become equal. */
export const foldName = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '')

/** Returns up to three known names, ordered by the Levenshtein distance between folded names. */
export function nearestNames(name: string, known: readonly string[]): string[] {
  const folded = foldName(name).slice(0, maxCompared)
  return known
    .map((candidate) => ({ candidate, edits: distance(folded, foldName(candidate).slice(0, maxCompared)) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.min(folded.length, candidate.length) / 2))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, maxSuggestions)
    .map(({ candidate }) => candidate)
}

/** Returns the end of an error message about an unknown name. */
export function suggestNames(name: string, known: readonly string[]): string {
  const near = nearestNames(name, known)
  if (near.length > 0) return `; did you mean ${near.join(' or ')}?`
  return known.length <= maxListed ? `; known names are ${known.join(', ')}` : ''
}
