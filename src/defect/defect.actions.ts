import { maxTitleLength } from '../check.ts'

/** The first line of a text with something in it, as a title: cut to what a title may hold. Null where there is none. */
export function firstLine(description: string | null | undefined): string | null {
  const line = description?.split(/\r?\n/).find((text) => text.trim() !== '')
  return line ? [...line.trim()].slice(0, maxTitleLength).join('') : null
}
