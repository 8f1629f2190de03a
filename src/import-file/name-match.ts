import { distance } from 'fastest-levenshtein'

const maxCompared = 50
const maxSuggestions = 3
const maxListed = 20

/** Folds a name to its lower-case letters and digits: "In Progress", "in_progress" and "inprogress" become equal. */
export const foldName = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '')

/** Returns up to three of the known names, the nearest by Levenshtein distance between folded names first. */
export function nearestNames(name: string, known: readonly string[]): string[] {
  const wanted = foldName(name).slice(0, maxCompared)
  return known
    .map((candidate) => ({ candidate, edits: distance(wanted, foldName(candidate).slice(0, maxCompared)) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.min(wanted.length, candidate.length) / 2))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, maxSuggestions)
    .map(({ candidate }) => candidate)
}

/** Returns the end of an error message about an unknown name: the nearest known names, or all if there are few. */
export function suggestNames(name: string, known: readonly string[]): string {
  const near = nearestNames(name, known)
  if (near.length > 0) return `; did you mean ${near.join(' or ')}?`
  return known.length <= maxListed ? `; known names are ${known.join(', ')}` : ''
}
