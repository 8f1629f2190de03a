import { maxTitleLength, nameText, text } from '../check.ts'
import { isBlank } from '../normal-form.ts'

export const defectRules = {
  category: nameText(100),
  subcategory: nameText(100).nullable(),
  absn: text(100)
    .transform((absn) => (isBlank(absn) ? null : absn.trim()))
    .nullable(),
  reportedBy: nameText(100),
} as const

/** The first line that is not blank, truncated to the maximum length of a title. */
export function firstLine(description: string | null | undefined): string | null {
  const line = description?.split(/\r?\n/).find((text) => !isBlank(text))
  return line ? [...line.trim()].slice(0, maxTitleLength).join('') : null
}
