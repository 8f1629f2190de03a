import dayjs from 'dayjs'
import customParseFormat from 'dayjs/plugin/customParseFormat.js'
import utc from 'dayjs/plugin/utc.js'

dayjs.extend(utc)
dayjs.extend(customParseFormat)

const isoPattern =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)(?: ?(?<utc>Z)| ?(?<hours>[+-]\d\d)(?::?(?<minutes>\d\d))?)?)?$/i

/** Parses a text as a time in milliseconds; null if it is not a time. */
export type ParseDate = (text: string) => Date | null

/** Parses ISO 8601: a day, or a day and a time; in UTC if there is no offset. */
const parseIso: ParseDate = (text) => {
  const { day, time = '00:00', hours, minutes = '00' } = isoPattern.exec(text)?.groups ?? {}
  // JavaScript reads February 31 as March 3.
  if (!day || !dayjs.utc(day, 'YYYY-MM-DD', true).isValid()) return null
  return inFourDigitYear(new Date(`${day}T${time.replace(',', '.')}${hours ? `${hours}:${minutes}` : 'Z'}`))
}

/** True if a date format contains the year, the month and the day. */
export const isDateFormat = (format: string): boolean => /YYYY/.test(format) && /M/.test(format) && /D/.test(format)

/** Creates a parser for a format in tokens of Day.js, such as "M/D/YYYY" or "DD.MM.YYYY HH:mm"; null for ISO 8601. */
export function createDateParser(format: string | null): ParseDate {
  if (format === null) return parseIso
  return (text) => {
    const parsed = dayjs.utc(text, format, true)
    return parsed.isValid() ? inFourDigitYear(parsed.toDate()) : null
  }
}

/** Returns the date if its year has at most four digits, else null. */
function inFourDigitYear(date: Date): Date | null {
  const year = date.getUTCFullYear()
  return year >= 1 && year <= 9999 ? date : null
}
