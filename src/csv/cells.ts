import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'

// What makes a spreadsheet run a cell as a formula, after any apostrophes (OWASP, "CSV Injection").
const formula = /^'*[=+\-@\t\r\n＝＋－＠]/
const escaped = /^'(?='*[=+\-@\t\r\n＝＋－＠])/

/** A cell that no spreadsheet runs as a formula: with an apostrophe before it, which spreadsheets do not show. */
export const escapeFormula = (cell: string): string => (formula.test(cell) ? `'${cell}` : cell)

/** The cell as it was before `escapeFormula`. */
export const unescapeFormula = (cell: string): string => cell.replace(escaped, '')

/** Names in one cell, separated by semicolons; a name that has one in it, or a quote, stands in quotes. */
export const joinNames = (names: readonly string[]): string => stringify([[...names]], { delimiter: ';' }).trimEnd()

/** The names in a cell, without spaces around them, each once without case; null where quotes in it do not fit. */
export function splitNames(cell: string): string[] | null {
  const names = (cell.includes('"') ? quotedNames(cell) : cell.split(';'))
    ?.map((name) => name.trim().replaceAll(/\s+/g, ' '))
    .filter((name) => name !== '')
  return names ? [...new Map(names.toReversed().map((name) => [name.toLowerCase(), name])).values()].toReversed() : null
}

function quotedNames(cell: string): string[] | null {
  try {
    return (parse(cell, { delimiter: ';', ltrim: true, rtrim: true }) as string[][]).flat()
  } catch {
    return null
  }
}

/** Rows as CSV with its final line break. */
export const csvOf = (rows: readonly (readonly (string | null)[])[]): string =>
  stringify(rows as (string | null)[][], { record_delimiter: '\r\n', quoted_match: /[\r\n]/ })
