import { parse } from 'csv-parse/sync'
import { stringify } from 'csv-stringify/sync'

// Spreadsheets evaluate such cells as formulas, also after apostrophes (OWASP, "CSV Injection").
const formulaPattern = /^'*[=+\-@\t\r\n＝＋－＠]/
const escapedFormulaPattern = /^'(?='*[=+\-@\t\r\n＝＋－＠])/

/** Prefixes a formula with an apostrophe, which spreadsheets hide. */
export const escapeFormula = (cell: string): string => (formulaPattern.test(cell) ? `'${cell}` : cell)

export const unescapeFormula = (cell: string): string => cell.replace(escapedFormulaPattern, '')

/** For the cell of a file, in which a formula may already have an apostrophe. An import reads both cells alike. */
export const escapeCell = (cell: string): string => escapeFormula(unescapeFormula(cell))

export const joinNames = (names: readonly string[]): string => stringify([[...names]], { delimiter: ';' }).trimEnd()

/** Trims names and removes case-insensitive duplicates. Null if quotes are unbalanced. */
export function splitNames(cell: string): string[] | null {
  const names = (cell.includes('"') ? splitQuoted(cell) : cell.split(';'))
    ?.map((name) => name.trim().replaceAll(/\s+/g, ' '))
    .filter((name) => name !== '')
  return names ? [...new Map(names.toReversed().map((name) => [name.toLowerCase(), name])).values()].toReversed() : null
}

function splitQuoted(cell: string): string[] | null {
  try {
    return (parse(cell, { delimiter: ';', ltrim: true, rtrim: true }) as string[][]).flat()
  } catch {
    return null
  }
}

export const toCsv = (rows: readonly (readonly (string | null)[])[]): string =>
  stringify(rows as (string | null)[][], { record_delimiter: '\r\n', quoted_match: /[\r\n]/ })
