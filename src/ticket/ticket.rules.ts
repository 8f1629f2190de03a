import { bodyText, filled, maxTitleLength, text } from '../check.ts'

/** Rules for the texts of a ticket. */
export const ticketRules = {
  title: filled(text(maxTitleLength)),
  description: bodyText.nullable(),
} as const
