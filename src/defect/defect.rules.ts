import { maxTitleLength, nameText, text } from '../check.ts'

/** What a defect's own texts must be, wherever one is filed or changed. */
export const defectRules = {
  category: nameText(100),
  subcategory: nameText(100).nullable(),
  absn: text(100)
    .transform((absn) => absn.trim() || null)
    .nullable(),
  reportedBy: nameText(100),
} as const

/** The first line of a text with something in it, as a title: cut to what a title may hold. Null where there is none. */
export function firstLine(description: string | null | undefined): string | null {
  const line = description?.split(/\r?\n/).find((text) => text.trim() !== '')
  return line ? [...line.trim()].slice(0, maxTitleLength).join('') : null
}
