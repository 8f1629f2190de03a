import { bodyText, maxTitleLength, notBlank, text } from '../check.ts'

/** Rules for the texts of a ticket. */
export const ticketRules = {
  title: notBlank(text(maxTitleLength)),
  description: bodyText.nullable(),
} as const
