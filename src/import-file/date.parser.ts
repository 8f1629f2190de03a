import { DateTime } from 'luxon'

// "24:00" is the end of a day in ISO 8601, but no time of a spreadsheet.
const isoPattern =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<time>(?:[01]\d|2[0-3]):\d\d(?::\d\d(?:[.,]\d{1,9})?)?)(?: ?(?<utc>Z|UTC)| ?(?<hours>[+-](?:0\d|1[0-4]))(?::?(?<minutes>[0-5]\d))?)?)?$/i

/** Tokens of Day.js and Moment, and those of Luxon. */
const luxonTokens: Readonly<Record<string, string>> = {
  YYYY: 'yyyy',
  YY: 'yy',
  DD: 'dd',
  D: 'd',
  dddd: 'cccc',
  ddd: 'ccc',
  A: 'a',
  ZZ: 'ZZZ',
  Z: 'ZZ',
}
const tokenPattern = /YYYY|YY|dddd|ddd|MMMM|MMM|MM|M|DD|D|HH|H|hh|h|mm|m|ss|s|SSS|A|a|ZZ|Z|\[[^\]]*\]|[A-Za-z]+/g
const passedTokens = /^(?:M{1,4}|HH?|hh?|mm?|ss?|SSS|a)$/

/** The format of Luxon, or null for an unknown token or without a year, month and day. */
function toLuxonFormat(format: string): string | null {
  const tokens = format.match(tokenPattern) ?? []
  const isKnown = (token: string) => token in luxonTokens || passedTokens.test(token) || token.startsWith('[')
  const isDate = [/^YY/, /^M/, /^D/].every((pattern) => tokens.some((token) => pattern.test(token)))
  if (!isDate || !tokens.every(isKnown)) return null
  // Without the space before AM or PM, which `normalizeDate` removes as well.
  return format
    .replaceAll(/ +(?=a$|a[^a-z])/gi, '')
    .replaceAll(tokenPattern, (token) =>
      token.startsWith('[') ? `'${token.slice(1, -1)}'` : (luxonTokens[token] ?? token),
    )
}

/** Removes narrow no-break spaces, which JavaScript and ICU write before AM and PM, and the name of a time zone. */
const normalizeDate = (cell: string): string =>
  cell
    .replaceAll(/\s+/g, ' ')
    .replace(/ ?\b([ap])\.?m\b\.?/i, '$1m')
    .replace(/(\d) ?([ap])\.?m\b\.?/i, '$1$2m')
    .replace(/ \([^)]*\)$/, '')

/** True for a format of the tokens YYYY YY M MM MMM MMMM D DD ddd dddd H HH h hh m mm s ss SSS A Z ZZ, and [text]. */
export const isDateFormat = (format: string): boolean => toLuxonFormat(format) !== null

const maxLength = 100

export type ParseDate = (text: string) => Date | null

/**
 * Parses dates in ISO 8601 and in the formats, such as "DD.MM.YYYY HH:mm". A time without an offset is in `timeZone`.
 * Names of months are English, or of the language `locale`.
 */
export function createDateParser(formats: readonly string[], timeZone: string, locale: string | null): ParseDate {
  const locales = locale === null ? ['en'] : [locale, 'en']
  const parsers = formats.flatMap((format) =>
    locales.map((name) => DateTime.buildFormatParser(toLuxonFormat(format) ?? '', { locale: name })),
  )
  return (cell) => {
    if (cell.length > maxLength) return null
    const text = normalizeDate(cell)
    const isoDate = parseIso(text, timeZone)
    if (isoDate) return isoDate
    for (const [index, parser] of parsers.entries()) {
      const options = { zone: timeZone, locale: locales[index % locales.length] as string }
      const date = DateTime.fromFormatParser(text, parser, options)
      if (date.isValid) return nullIfOutOfRange(date.toJSDate())
    }
    return null
  }
}

function parseIso(text: string, zone: string): Date | null {
  const { day, time = '00:00', utc, hours, minutes = '00' } = isoPattern.exec(text)?.groups ?? {}
  if (!day) return null
  const offset = utc ? 'Z' : hours ? `${hours}:${minutes}` : ''
  const date = DateTime.fromISO(`${day}T${time.replace(',', '.')}${offset}`, { zone })
  return date.isValid ? nullIfOutOfRange(date.toJSDate()) : null
}

function nullIfOutOfRange(date: Date): Date | null {
  const year = date.getUTCFullYear()
  return year >= 1 && year <= 9999 ? date : null
}
