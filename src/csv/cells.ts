import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'
import { toNormalForm } from '../normal-form.ts'

// Spreadsheets evaluate such cells as formulas, also after apostrophes and spaces (OWASP, "CSV Injection").
const formulaPattern = /^'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/
const escapedFormulaPattern = /^'(?='*(?:\s*[=+\-@＝＋－＠]|[\t\r\n]))/

/** Prefixes a formula with an apostrophe, which spreadsheets hide. */
export const escapeFormula = (cell: string): string => (formulaPattern.test(cell) ? `'${cell}` : cell)

export const unescapeFormula = (cell: string): string => cell.replace(escapedFormulaPattern, '')

/** For the cell of a file, in which a formula may already have an apostrophe. An import reads both cells alike. */
export const escapeCell = (cell: string): string => escapeFormula(unescapeFormula(cell))

/** Quotes names with commas too, so that they are not mistaken for a separator. */
export const joinNames = (names: readonly string[]): string =>
  stringify([[...names]], { delimiter: ';', quoted_match: /,/ }).trimEnd()

/**
 * Trims names and removes duplicates; the database removes those that differ by case. A name that begins with a quote is
 * quoted, unless `hasQuotes` is false. Null if a quoted name does not end.
 */
export function splitNames(cell: string, separator: string, hasQuotes: boolean): string[] | null {
  const names = (hasQuotes && cell.includes('"') ? splitQuoted(cell, separator) : cell.split(separator))
    ?.map((name) => toNormalForm(name.trim().replaceAll(/\s+/g, ' ')))
    .filter((name) => name !== '')
  return names ? [...new Set(names)] : null
}

function splitQuoted(cell: string, delimiter: string): string[] | null {
  const trim = delimiter !== ' '
  try {
    return (parse(cell, { delimiter, ltrim: trim, rtrim: trim, relax_quotes: true }) as string[][]).flat()
  } catch {
    return null
  }
}

export const withoutQuoted = (cell: string) => cell.replaceAll(/"[^"]*"/g, '')

/** The separator of lists of names: a comma if some cell contains one, and none a semicolon, except in quotes. */
export function detectListSeparator(cells: readonly string[]): ';' | ',' {
  const unquoted = cells.map(withoutQuoted)
  return !unquoted.some((cell) => cell.includes(';')) && unquoted.some((cell) => cell.includes(',')) ? ',' : ';'
}

export const toCsv = (rows: readonly (readonly (string | null)[])[]): string =>
  stringify(rows as (string | null)[][], { record_delimiter: '\r\n', quoted_match: /[\r\n]/ })
