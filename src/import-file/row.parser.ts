import type { TicketKind } from '../../prisma/generated/client.ts'
import { unescapeFormula } from '../csv/cells.ts'
import { firstLine } from '../defect/defect.rules.ts'
import { createDateParser, type ParseDate } from './date.parser.ts'
import {
  type CellResult,
  exportOnlyHeaders,
  type ImportFieldKey,
  importField,
  importFieldKeys,
} from './field.parser.ts'
import { foldName, suggestNames } from './name-match.ts'

export interface FileFormat {
  readonly kind: TicketKind
  /** Columns whose header is the name of a field need no entry. */
  readonly columns: readonly { readonly from: string; readonly to: ImportFieldKey | 'IGNORE' }[]
  readonly values: readonly { readonly column: ImportFieldKey; readonly from: string; readonly to: string }[]
  readonly dateFormat: string | null
}

/** `column` is null if the whole row is invalid. */
export interface CellError {
  readonly column: string | null
  readonly value: string | null
  readonly message: string
}

interface ParsedRow {
  readonly values: ReadonlyMap<ImportFieldKey, string | null>
  /** The first line of the description: the default title of a defect. */
  readonly firstLine: string | null
  readonly errors: readonly CellError[]
}

export interface FileHeader {
  readonly names: readonly string[]
  readonly fields: ReadonlyMap<ImportFieldKey, number>
  readonly errors: readonly CellError[]
}

const maxValueLength = 200
const keyByName = new Map(importFieldKeys.map((key) => [foldName(importField(key).name), key]))
const ignoredNames = new Set(exportOnlyHeaders.map(foldName))

export function parseHeader(names: readonly string[], { columns }: FileFormat): FileHeader {
  const fields = new Map<ImportFieldKey, number>()
  const errors: CellError[] = []
  const addError = (column: string, message: string) => errors.push({ column, value: null, message })
  names.forEach((name, index) => {
    const mappings = columns.filter(({ from }) => foldName(from) === foldName(name))
    const key = keyByName.get(foldName(name))
    if (mappings.length === 0 && !key && !ignoredNames.has(foldName(name))) {
      const fieldNames = importFieldKeys.map((field) => importField(field).name)
      addError(
        name,
        `is not the name of a field: map the column to a field or to IGNORE${suggestNames(name, fieldNames)}`,
      )
    }
    for (const field of mappings.length > 0 ? mappings.map(({ to }) => to) : key ? [key] : []) {
      if (field === 'IGNORE') continue
      const other = fields.get(field)
      if (other === undefined) fields.set(field, index)
      else if (other !== index)
        addError(name, `is mapped to ${importField(field).name}, as is the column ${names[other]}`)
    }
  })
  const foldedNames = new Set(names.map(foldName))
  for (const from of new Set(columns.map((column) => column.from)))
    if (!foldedNames.has(foldName(from))) addError(from, `is not a column of the file${suggestNames(from, names)}`)
  return { names, fields, errors }
}

export function createRowParser(
  { names, fields }: FileHeader,
  { kind, values: replacements, dateFormat }: FileFormat,
): (record: readonly string[]) => ParsedRow {
  const parseDate = createDateParser(dateFormat)
  const replacementKey = (field: ImportFieldKey, cell: string) => `${field} ${cell.trim().toLowerCase()}`
  const replacementByKey = new Map(replacements.map(({ column, from, to }) => [replacementKey(column, from), to]))
  return (record) => {
    const errors: CellError[] = []
    const values = new Map<ImportFieldKey, string | null>()
    if (record.length !== names.length)
      errors.push({
        column: null,
        value: null,
        message: `has ${count(record.length, 'cell')}, but the header has ${count(names.length, 'column')}`,
      })
    for (const [field, index] of fields) {
      const originalCell = unescapeFormula(record[index] ?? '')
      const cell = replacementByKey.get(replacementKey(field, originalCell)) ?? originalCell
      if (cell.trim() === '') continue
      const result = parseCell(field, cell, parseDate, kind)
      if ('error' in result)
        errors.push({ column: names[index] ?? null, value: shorten(originalCell), message: result.error })
      else values.set(field, result.value)
    }
    return { values, firstLine: firstLine(values.get('DESCRIPTION')), errors }
  }
}

function parseCell(field: ImportFieldKey, cell: string, parseDate: ParseDate, kind: TicketKind): CellResult {
  const { name, parse, onlyFor } = importField(field)
  if (onlyFor === 'DEFECT' && kind !== 'DEFECT') return { error: `sets ${name}, which only defects have` }
  const result = parse(cell, parseDate)
  if (field === 'KIND' && 'value' in result && result.value !== kind)
    return { error: `is ${result.value}, but the import is of kind ${kind}` }
  return result
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

/** Cuts a value for an error, and replaces characters that PostgreSQL cannot store. */
const shorten = (value: string) => value.slice(0, maxValueLength).toWellFormed().replaceAll('\0', '\u{fffd}')
