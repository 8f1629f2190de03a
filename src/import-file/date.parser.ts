import dayjs from 'dayjs'
import customParseFormat from 'dayjs/plugin/customParseFormat.js'
import utc from 'dayjs/plugin/utc.js'

dayjs.extend(utc)
dayjs.extend(customParseFormat)

const isoPattern =
  /^(?<day>\d{4}-\d\d-\d\d)(?:[T ](?<time>\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)(?: ?(?<utc>Z)| ?(?<hours>[+-]\d\d)(?::?(?<minutes>\d\d))?)?)?$/i

/** Reads a text as a time, to the millisecond; null where it is none. */
export type ReadDate = (text: string) => Date | null

/** ISO 8601: a day, or a day and a time. Without an offset it is in UTC. */
const readIso: ReadDate = (text) => {
  const { day, time = '00:00', hours, minutes = '00' } = isoPattern.exec(text)?.groups ?? {}
  // JavaScript takes the 31st of February for the 3rd of March.
  if (!day || !dayjs.utc(day, 'YYYY-MM-DD', true).isValid()) return null
  return storable(new Date(`${day}T${time.replace(',', '.')}${hours ? `${hours}:${minutes}` : 'Z'}`))
}

/** What a format of dates must name: the year, the month and the day. */
export const isDateFormat = (format: string): boolean => /YYYY/.test(format) && /M/.test(format) && /D/.test(format)

/**
 * Reads dates in ISO 8601, or in a format alone where one is given, in the tokens of Day.js: "M/D/YYYY", "DD.MM.YYYY HH:mm".
 */
export function dateReader(format: string | null): ReadDate {
  if (format === null) return readIso
  return (text) => {
    const read = dayjs.utc(text, format, true)
    return read.isValid() ? storable(read.toDate()) : null
  }
}

/** A time in the years that are told in four digits. */
function storable(date: Date): Date | null {
  const year = date.getUTCFullYear()
  return year >= 1 && year <= 9999 ? date : null
}
