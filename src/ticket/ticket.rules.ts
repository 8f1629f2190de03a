import { bodyText, maxTitleLength, notBlank, text } from '../check.ts'

export const ticketRules = {
  title: notBlank(text(maxTitleLength)),
  description: bodyText.nullable(),
} as const
