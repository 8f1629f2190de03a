import { z } from 'zod'

// ICU knows other names of three letters, to which PostgreSQL gives another meaning: "IST" is India or Israel.
const shortNames = 'CET EET EST GMT HST MET MST PRC ROC ROK UCT UTC WET'.split(' ')

function isTimeZone(name: string): boolean {
  // An offset is no name, and its sign is ambiguous.
  if (!/^[a-z][\w+-]*(?:\/[\w+-]+)*$/i.test(name)) return false
  if (/^[a-z]{3}$/i.test(name) && !shortNames.includes(name.toUpperCase())) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** A name of the IANA time zone database, of any case. */
export const timeZoneName = z
  .string('must not be null')
  .refine(isTimeZone, 'is not an IANA time zone such as "Europe/Berlin"')

/** Zones that PostgreSQL takes for abbreviations without summer time, and the zones that they are links to. */
const links: Readonly<Record<string, string>> = {
  CET: 'Europe/Brussels',
  EET: 'Europe/Athens',
  MET: 'Europe/Brussels',
  WET: 'Europe/Lisbon',
}

/** The name for AT TIME ZONE. */
export const toDatabaseTimeZone = (name: string): string => links[name.toUpperCase()] ?? name
