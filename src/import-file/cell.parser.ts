import type { TicketKind } from '../../prisma/generated/client.ts'
import { maxBodyBytes, maxTitleLength } from '../check.ts'
import { withoutQuoted } from '../csv/cells.ts'
import { formatNumber } from '../errors.ts'
import { toNormalForm } from '../normal-form.ts'
import { type CellFormat, type CellResult, type ImportFieldKey, importField } from './field.parser.ts'
import type { FileFormat } from './header.parser.ts'
import { foldName } from './name-match.parser.ts'

/** The text of a cell that is parsed, and what the row says about it. */
interface PreparedCell {
  readonly text: string
  readonly warning?: string
  /** The whole of a title that was cut, to precede the description. */
  readonly wholeTitle?: string
}

const roundedNumber = /^\s*\d(?:[.,]\d+)?E\+\d+\s*$/i
const textFields: readonly ImportFieldKey[] = [
  'EXTERNAL_KEY',
  'TITLE',
  'ABSN',
  'CATEGORY',
  'SUBCATEGORY',
  'REPORTED_BY',
]
/** Leaves space for the whole title and the names of unknown users. */
const truncatedBodyBytes = maxBodyBytes - 2048

/** Returns the people in a cell. An import uses the first assignee. */
export const peopleIn = (field: ImportFieldKey, cell: string, { severalPeople }: FileFormat): string[] =>
  field === 'ASSIGNEE' && severalPeople !== null
    ? cell
        .split(severalPeople)
        .map((name) => name.trim())
        .filter((name) => name !== '')
    : [cell]

const isPerson = (field: ImportFieldKey) => field === 'ASSIGNEE' || field === 'REPORTER'

/** Cuts a text that is too long if `truncate` is set, and finds a doubtful value. */
export function prepareCell(
  field: ImportFieldKey,
  text: string,
  format: FileFormat,
  listSeparator: string,
): PreparedCell {
  if (format.truncate && field === 'TITLE' && [...text.trim()].length > maxTitleLength) {
    const start = [...text.trim()].slice(0, maxTitleLength - 1).join('')
    const warning = `was cut to ${maxTitleLength} characters: the description begins with the whole text`
    return { text: `${start.trimEnd()}…`, warning, wholeTitle: text.trim() }
  }
  if (format.truncate && field === 'DESCRIPTION' && Buffer.byteLength(text) > maxBodyBytes) {
    const start = Buffer.from(text).subarray(0, truncatedBodyBytes).toString()
    const warning = `was cut to ${formatNumber(truncatedBodyBytes)} bytes`
    return { text: `${start.replace(/\ufffd$/, '').trimEnd()}…`, warning }
  }
  if (textFields.includes(field) && roundedNumber.test(text))
    return { text, warning: 'looks like a number that a spreadsheet has rounded: compare it with the source' }
  if (field === 'LABELS' && listSeparator !== ',' && withoutQuoted(text).includes(','))
    return { text, warning: 'contains a comma: set `listSeparator` if it separates labels' }
  return { text }
}

export function parseCell(
  field: ImportFieldKey,
  text: string,
  format: CellFormat,
  kind: TicketKind | null,
): CellResult {
  const result = importField(field).parse(toNormalForm(text), format)
  if (field === 'KIND' && kind && 'value' in result && result.value !== kind)
    return { error: `is ${result.value}, but the import is of kind ${kind}` }
  return result
}

/** A part of a description: the whole of a title, or all people of a cell. */
export const parseAddition = (text: string | undefined, format: CellFormat): CellResult =>
  text === undefined ? { value: null } : importField('DESCRIPTION').parse(toNormalForm(text), format)

/** Longer cells, such as descriptions, are not replaced. */
export const maxReplacedLength = 1000
/** "Ada Lovelace <ada@example.com>" */
const mailboxPattern = /^(.*?) *<([^<>]*)>$/s

/** Applies the replacements of values and users, then those of the preset. */
export function createReplacer({
  values,
  users,
  presetValues,
}: FileFormat): (field: ImportFieldKey, cell: string) => string {
  const fold = (cell: string) => toNormalForm(cell).trim().toLowerCase()
  const replacements = new Map(values.map(({ column, from, to }) => [`${column} ${fold(from)}`, to]))
  const presetReplacements = new Map(presetValues.map(({ column, from, to }) => [`${column} ${foldName(from)}`, to]))
  const usernames = new Map(users.map(({ from, to }) => [fold(from), to]))
  return (field, cell) => {
    if (cell.length > maxReplacedLength) return cell
    const replacement = replacements.get(`${field} ${fold(cell)}`)
    if (replacement !== undefined) return replacement
    const presetReplacement = presetReplacements.get(`${field} ${foldName(cell)}`)
    if (!isPerson(field)) return presetReplacement ?? cell
    const [, name = cell, address = ''] = mailboxPattern.exec(cell.trim()) ?? []
    return (
      usernames.get(fold(cell)) ??
      usernames.get(fold(name)) ??
      usernames.get(fold(address)) ??
      presetReplacement ??
      cell
    )
  }
}
