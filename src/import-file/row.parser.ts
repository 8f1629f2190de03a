import type { TicketKind } from '../../prisma/generated/client.ts'
import { maxBodyBytes, maxTitleLength } from '../check.ts'
import { unescapeFormula } from '../csv/cells.ts'
import { isBlank } from '../csv/records.ts'
import { firstLine } from '../defect/defect.rules.ts'
import { formatNumber } from '../errors.ts'
import { createDateParser } from './date.parser.ts'
import { type CellFormat, type CellResult, type ImportFieldKey, importField } from './field.parser.ts'
import type { CellError, FileFormat, FileHeader } from './header.parser.ts'
import { foldName } from './name-match.ts'

interface ParsedRow {
  readonly values: ReadonlyMap<ImportFieldKey, string | null>
  /** The first line of the description: the default title of a defect. */
  readonly firstLine: string | null
  /** The whole of a title that was cut, to precede the description. */
  readonly wholeTitle: string | null
  /** Text to follow the description, such as the names of several assignees. */
  readonly notes: string | null
  readonly errors: readonly CellError[]
  readonly warnings: readonly CellError[]
}

const maxValueLength = 200
const roundedNumber = /^\s*\d(?:[.,]\d+)?E\+\d+\s*$/i
const roundedFields: ReadonlySet<ImportFieldKey> = new Set([
  'EXTERNAL_KEY',
  'TITLE',
  'ABSN',
  'CATEGORY',
  'SUBCATEGORY',
  'REPORTED_BY',
])
/** Leaves space for the whole title and the names of unknown users. */
const truncatedBodyBytes = maxBodyBytes - 2048

export function createRowParser(
  header: FileHeader,
  format: FileFormat,
  listSeparator: string,
): (record: readonly string[]) => ParsedRow {
  const cellFormat: CellFormat = {
    parseDate: createDateParser(format.dateFormats, format.timeZone, format.dateLocale),
    listSeparator,
  }
  const replace = createReplacer(format)
  return (record) => {
    const errors: CellError[] = []
    const warnings: CellError[] = []
    const values = new Map<ImportFieldKey, string | null>()
    const notes: string[] = []
    let wholeTitle: string | null = null
    const { names } = header
    if (!isBlank(record.slice(names.length)))
      errors.push({
        column: null,
        value: null,
        message: `has ${count(record.length, 'cell')}, but the header has ${count(names.length, 'column')}`,
      })
    for (const index of header.unnamed)
      if (record[index]?.trim())
        errors.push({
          column: names[index] ?? null,
          value: shorten(record[index]),
          message: 'is in a column without a name: name the column, or map it to a field or to IGNORE',
        })
    for (const [field, sources] of header.fields) {
      const labelNames: string[] = []
      for (const { index, isOptional } of sources) {
        const original = unescapeFormula(record[index] ?? '')
        let cell = replace(field, original)
        if (cell.trim() === '') continue
        const column = names[index] ?? null
        const addWarning = (message: string) => warnings.push({ column, value: shorten(original), message })
        if (roundedFields.has(field) && roundedNumber.test(cell))
          addWarning('looks like a number that a spreadsheet has rounded: compare it with the source')
        if (format.truncate && field === 'TITLE' && codePoints(cell.trim()).length > maxTitleLength) {
          wholeTitle = cell.trim()
          cell = `${codePoints(wholeTitle)
            .slice(0, maxTitleLength - 1)
            .join('')
            .trimEnd()}…`
          addWarning(`was cut to ${maxTitleLength} characters: the description begins with the whole text`)
        }
        if (format.truncate && field === 'DESCRIPTION' && Buffer.byteLength(cell) > maxBodyBytes) {
          cell = `${cutToBytes(cell, truncatedBodyBytes)}…`
          addWarning(`was cut to ${formatNumber(truncatedBodyBytes)} bytes`)
        }
        if (isPerson(field) && format.severalPeople) {
          const [person = '', ...others] = cell.split(format.severalPeople).map((name) => name.trim())
          if (others.length > 0) notes.push(`${column}: ${[person, ...others].join(', ')}`)
          cell = person
        }
        const result = parseCell(field, cell, cellFormat, format.kind)
        if ('error' in result) {
          if (isOptional) continue
          errors.push({ column, value: shorten(original), message: result.error })
        } else if (field === 'LABELS') labelNames.push(...(JSON.parse(result.value ?? '[]') as string[]))
        else values.set(field, result.value)
        if (field !== 'LABELS') break
      }
      if (labelNames.length > 0) values.set(field, JSON.stringify([...new Set(labelNames)]))
    }
    return {
      values,
      firstLine: firstLine(values.get('DESCRIPTION')),
      wholeTitle,
      notes: notes.length > 0 ? notes.join('\n') : null,
      errors,
      warnings,
    }
  }
}

/** Applies the replacements of values and users, then those of the preset. */
function createReplacer({ values, users, presetValues }: FileFormat): (field: ImportFieldKey, cell: string) => string {
  const fold = (cell: string) => cell.normalize('NFC').trim().toLowerCase()
  const replacements = new Map(values.map(({ column, from, to }) => [`${column} ${fold(from)}`, to]))
  const presetReplacements = new Map(presetValues.map(({ column, from, to }) => [`${column} ${foldName(from)}`, to]))
  const usernames = new Map(users.map(({ from, to }) => [fold(from), to]))
  return (field, cell) => {
    const replacement = replacements.get(`${field} ${fold(cell)}`)
    if (replacement !== undefined) return replacement
    if (!isPerson(field)) return presetReplacements.get(`${field} ${foldName(cell)}`) ?? cell
    const [, name = cell, address = ''] = mailboxPattern.exec(cell) ?? []
    return usernames.get(fold(cell)) ?? usernames.get(fold(name)) ?? usernames.get(fold(address)) ?? name
  }
}

const isPerson = (field: ImportFieldKey) => field === 'ASSIGNEE' || field === 'REPORTER'
/** "Ada Lovelace <ada@example.com>" */
const mailboxPattern = /^\s*(\S.*?)\s*<([^<>]*)>\s*$/s

function parseCell(field: ImportFieldKey, cell: string, format: CellFormat, kind: TicketKind | null): CellResult {
  const result = importField(field).parse(cell.normalize('NFC'), format)
  if (field === 'KIND' && kind && 'value' in result && result.value !== kind)
    return { error: `is ${result.value}, but the import is of kind ${kind}` }
  return result
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

const codePoints = (text: string) => [...text]

const cutToBytes = (text: string, bytes: number) =>
  Buffer.from(text)
    .subarray(0, bytes)
    .toString()
    .replace(/\ufffd+$/, '')
    .trimEnd()

/** Cuts a value for an error, and replaces characters that PostgreSQL cannot store. */
const shorten = (value: string) => value.slice(0, maxValueLength).toWellFormed().replaceAll('\0', '\u{fffd}')
