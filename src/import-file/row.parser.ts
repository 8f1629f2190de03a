import { unescapeFormula } from '../csv/cells.ts'
import { isBlankRecord } from '../csv/records.ts'
import { firstLine } from '../defect/defect.rules.ts'
import { isBlank, toStorableText } from '../normal-form.ts'
import { createReplacer, parseAddition, parseCell, peopleIn, prepareCell } from './cell.parser.ts'
import { createDateParser } from './date.parser.ts'
import type { CellFormat, ImportFieldKey } from './field.parser.ts'
import type { CellError, FieldSource, FileFormat, FileHeader } from './header.parser.ts'

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

export function createRowParser(
  header: FileHeader,
  format: FileFormat,
  listSeparator: string,
): (record: readonly string[]) => ParsedRow {
  const cellFormat: CellFormat = {
    parseDate: createDateParser(format.dateFormats, format.timeZone, format.dateLocale),
    listSeparator,
    hasQuotedLabels: format.presetColumns.length === 0,
  }
  const replace = createReplacer(format)

  return (record) => {
    const errors = findStrayCells(record, header)
    const warnings: CellError[] = []
    const notes: string[] = []
    let wholeTitle: string | null = null

    /** Undefined for an empty cell, and for an invalid one. */
    const readValue = (
      field: ImportFieldKey,
      { index, isOptional }: FieldSource,
      hasAlternative: boolean,
    ): string | null | undefined => {
      const column = header.names[index] ?? null
      const original = unescapeFormula(record[index] ?? '')
      const people = peopleIn(field, original, format)
      if (people.length > 1) {
        const list = parseAddition(people.join(', '), cellFormat)
        if ('error' in list) errors.push({ column, value: shorten(original), message: list.error })
        else notes.push(`${column}: ${list.value}`)
      }
      const replaced = replace(field, people[0] ?? '')
      if (isBlank(replaced)) return undefined
      const cell = prepareCell(field, replaced, format, listSeparator)
      const result = parseCell(field, cell.text, cellFormat, format.kind)
      const title = parseAddition(cell.wholeTitle, cellFormat)
      const reject = (message: string) => {
        // A status of a custom workflow may have a known category.
        if (!isOptional && !(field === 'STATUS' && hasAlternative))
          errors.push({ column, value: shorten(original), message })
        return undefined
      }
      if ('error' in result) return reject(result.error)
      if ('error' in title) return reject(title.error)
      if (cell.warning) warnings.push({ column, value: shorten(original), message: cell.warning })
      wholeTitle = title.value ?? wholeTitle
      return result.value
    }

    const values = new Map<ImportFieldKey, string | null>()
    for (const [field, sources] of header.fields) {
      const labelNames = new Set<string>()
      for (const [position, source] of sources.entries()) {
        const value = readValue(field, source, position < sources.length - 1)
        if (value === undefined) continue
        if (field === 'LABELS') for (const name of JSON.parse(value ?? '[]') as string[]) labelNames.add(name)
        values.set(field, field === 'LABELS' ? JSON.stringify([...labelNames]) : value)
        if (field !== 'LABELS') break
      }
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

/** Errors for values outside of the columns with names. */
function findStrayCells(record: readonly string[], { names, unnamed }: FileHeader): CellError[] {
  const errors = unnamed
    .filter((index) => !isBlank(record[index] ?? ''))
    .map((index) => ({
      column: names[index] ?? null,
      value: shorten(record[index] ?? ''),
      message: 'is in a column without a name: name the column, or map it to a field or to IGNORE',
    }))
  if (isBlankRecord(record.slice(names.length))) return errors
  const message = `has ${count(record.length, 'cell')}, but the header has ${count(names.length, 'column')}`
  return [{ column: null, value: null, message }, ...errors]
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

const shorten = (value: string) => toStorableText(value.slice(0, maxValueLength))
