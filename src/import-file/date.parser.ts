import dayjs from 'dayjs'
import customParseFormat from 'dayjs/plugin/customParseFormat.js'
import utc from 'dayjs/plugin/utc.js'

dayjs.extend(utc)
dayjs.extend(customParseFormat)

const isoPattern =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)(?: ?(?<utc>Z)| ?(?<hours>[+-]\d\d)(?::?(?<minutes>\d\d))?)?)?$/i

export type ParseDate = (text: string) => Date | null

/** Parses an ISO 8601 date with an optional time, in UTC unless it has an offset. */
const parseIso: ParseDate = (text) => {
  const { day, time = '00:00', hours, minutes = '00' } = isoPattern.exec(text)?.groups ?? {}
  // JavaScript parses February 31 as March 3.
  if (!day || !dayjs.utc(day, 'YYYY-MM-DD', true).isValid()) return null
  return nullIfOutOfRange(new Date(`${day}T${time.replace(',', '.')}${hours ? `${hours}:${minutes}` : 'Z'}`))
}

export const isDateFormat = (format: string): boolean => /YYYY/.test(format) && /M/.test(format) && /D/.test(format)

/** `format` consists of Day.js tokens, such as "DD.MM.YYYY HH:mm"; null for ISO 8601. */
export function createDateParser(format: string | null): ParseDate {
  if (format === null) return parseIso
  return (text) => {
    const date = dayjs.utc(text, format, true)
    return date.isValid() ? nullIfOutOfRange(date.toDate()) : null
  }
}

function nullIfOutOfRange(date: Date): Date | null {
  const year = date.getUTCFullYear()
  return year >= 1 && year <= 9999 ? date : null
}
