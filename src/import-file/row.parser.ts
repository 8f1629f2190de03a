import type { TicketKind } from '../../prisma/generated/client.ts'
import { unescapeFormula } from '../csv/cells.ts'
import { firstLine } from '../defect/defect.rules.ts'
import { dateReader, type ReadDate } from './date.parser.ts'
import { folded, suggestion } from './enum-value.parser.ts'
import { type Cell, type ImportFieldWord, importField, importFieldWords, toldOnly } from './field.parser.ts'

/** How a file is to be read. */
export interface ImportReading {
  readonly kind: TicketKind
  /** Which columns go where; those whose header names a field need not be told. */
  readonly columns: readonly { readonly from: string; readonly to: ImportFieldWord | 'IGNORE' }[]
  /** What stands for other words in a file. */
  readonly values: readonly { readonly column: ImportFieldWord; readonly from: string; readonly to: string }[]
  /** The format of dates; null for ISO 8601. */
  readonly dateFormat: string | null
}

/** What is wrong with a cell. */
export interface CellFault {
  readonly column: string | null
  readonly value: string | null
  readonly message: string
}

/** A row that is read: a value for each field that the file has, and what is wrong with it. */
export interface ImportRow {
  readonly values: ReadonlyMap<ImportFieldWord, string | null>
  /** The first line of the description, which may become the title of a defect. */
  readonly firstLine: string | null
  readonly faults: readonly CellFault[]
}

/** The columns of a file by what they are for. */
export interface ImportHeader {
  readonly names: readonly string[]
  /** Which column each field is read from. */
  readonly fields: ReadonlyMap<ImportFieldWord, number>
  readonly faults: readonly CellFault[]
}

const mostValueLength = 200
const fieldByName = new Map(importFieldWords.map((field) => [folded(importField(field).name), field]))
const ignoredNames = new Set(toldOnly.map(folded))

/** Finds out which columns go where. */
export function readHeader(names: readonly string[], { columns }: ImportReading): ImportHeader {
  const fields = new Map<ImportFieldWord, number>()
  const faults: CellFault[] = []
  const fault = (column: string, message: string) => faults.push({ column, value: null, message })
  names.forEach((name, index) => {
    const told = columns.filter(({ from }) => folded(from) === folded(name))
    const own = fieldByName.get(folded(name))
    if (told.length === 0 && !own && !ignoredNames.has(folded(name))) {
      const known = importFieldWords.map((field) => importField(field).name)
      fault(name, `is the name of no field: say where the column goes, or IGNORE it${suggestion(name, known)}`)
    }
    for (const field of told.length > 0 ? told.map(({ to }) => to) : own ? [own] : []) {
      if (field === 'IGNORE') continue
      const other = fields.get(field)
      if (other === undefined) fields.set(field, index)
      else if (other !== index) fault(name, `goes to ${importField(field).name}, as the column ${names[other]} does`)
    }
  })
  const known = new Set(names.map(folded))
  for (const from of new Set(columns.map((column) => column.from)))
    if (!known.has(folded(from))) fault(from, `is no column of the file${suggestion(from, names)}`)
  return { names, fields, faults }
}

/** Reads the records of a file under a header. */
export function rowReader(
  { names, fields }: ImportHeader,
  reading: ImportReading,
): (record: readonly string[]) => ImportRow {
  const readDate = dateReader(reading.dateFormat)
  const meant = new Map(reading.values.map(({ column, from, to }) => [`${column} ${from.trim().toLowerCase()}`, to]))
  return (record) => {
    const faults: CellFault[] = []
    const values = new Map<ImportFieldWord, string | null>()
    if (record.length !== names.length)
      faults.push({
        column: null,
        value: null,
        message: `has ${count(record.length, 'cell')} where the header has ${count(names.length, 'column')}`,
      })
    for (const [field, index] of fields) {
      const written = unescapeFormula(record[index] ?? '')
      const cell = meant.get(`${field} ${written.trim().toLowerCase()}`) ?? written
      // What is left empty says nothing.
      if (cell.trim() === '') continue
      const read = readCell(field, cell, readDate, reading.kind)
      if ('fault' in read) faults.push({ column: names[index] ?? null, value: shortened(written), message: read.fault })
      else values.set(field, read.value)
    }
    return { values, firstLine: firstLine(values.get('DESCRIPTION')), faults }
  }
}

function readCell(field: ImportFieldWord, cell: string, readDate: ReadDate, kind: TicketKind): Cell {
  const { name, read, onlyFor } = importField(field)
  if (onlyFor === 'DEFECT' && kind !== 'DEFECT') return { fault: `only defects have a ${name}` }
  const result = read(cell, readDate)
  if (field === 'KIND' && 'value' in result && result.value !== kind)
    return { fault: `is a ${result.value}, and this imports each ${kind}` }
  return result
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`

/** A value as it is told in a fault: not more of it than somebody reads, and nothing that no text has. */
const shortened = (value: string) => value.slice(0, mostValueLength).toWellFormed().replaceAll('\0', '\u{fffd}')
