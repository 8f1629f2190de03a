import { distance } from 'fastest-levenshtein'
import { toNormalForm } from '../normal-form.ts'

const maxComparedLength = 50
const maxSuggestions = 3
const maxListedNames = 20

/** "In Progress", "in_progress" and "inprogress" become equal. A name without letters and digits, such as "#", is kept. */
export const foldName = (name: string): string =>
  toNormalForm(name)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, '') || name.trim()

/** Returns up to three names, ordered by the Levenshtein distance between folded names. */
export function nearestNames(name: string, names: readonly string[]): string[] {
  const foldedName = foldName(name).slice(0, maxComparedLength)
  return names
    .map((candidate) => ({ candidate, edits: distance(foldedName, foldName(candidate).slice(0, maxComparedLength)) }))
    .filter(({ candidate, edits }) => edits <= Math.max(1, Math.min(foldedName.length, candidate.length) / 2.5))
    .sort((a, b) => a.edits - b.edits)
    .slice(0, maxSuggestions)
    .map(({ candidate }) => candidate)
}

/** Returns the end of an error message about an unknown name. */
export function suggestNames(name: string, names: readonly string[]): string {
  const suggestions = nearestNames(name, names)
  if (suggestions.length > 0) return `; did you mean ${suggestions.join(' or ')}?`
  return names.length > 0 && names.length <= maxListedNames ? `; known names are ${names.join(', ')}` : ''
}
