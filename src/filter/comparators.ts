import { join, raw, type Sql, sql } from '../database/sql.ts'
import type { FieldError } from '../errors.ts'
import { type Moment, momentSql } from '../moment.ts'

type Given<Value> = Value | null | undefined

export interface IDFilter {
  readonly eq?: Given<string>
  readonly in?: Given<readonly string[]>
  readonly notIn?: Given<readonly string[]>
}
export interface StringFilter {
  readonly eq?: Given<string>
  readonly in?: Given<readonly string[]>
  readonly contains?: Given<string>
  readonly startsWith?: Given<string>
  readonly isNull?: Given<boolean>
}
export interface EnumFilter {
  readonly eq?: Given<string>
  readonly in?: Given<readonly string[]>
  readonly notIn?: Given<readonly string[]>
  readonly gte?: Given<string>
  readonly lte?: Given<string>
}
export interface UserFilter {
  readonly eq?: Given<string>
  readonly in?: Given<readonly string[]>
  readonly isViewer?: Given<boolean>
  readonly isNull?: Given<boolean>
}
export interface LabelFilter {
  readonly some?: Given<readonly string[]>
  readonly every?: Given<readonly string[]>
  readonly none?: Given<readonly string[]>
  readonly isEmpty?: Given<boolean>
}
export interface DateTimeFilter {
  readonly gte?: Given<Moment>
  readonly gt?: Given<Moment>
  readonly lte?: Given<Moment>
  readonly lt?: Given<Moment>
  readonly isNull?: Given<boolean>
}

/** Where a part of a filter stands, and who collects its faults. */
export interface Spot {
  readonly path: string
  readonly faults: FieldError[]
}

export const maxListLength = 100
const maxTextLength = 1000

/** All conditions together; none is everything. */
export const allOf = (conditions: readonly Sql[]) =>
  conditions.length === 0 ? sql`TRUE` : sql`(${join([...conditions], ' AND ')})`

/** Any of the conditions; none is nothing. */
export const anyOf = (conditions: readonly Sql[]) =>
  conditions.length === 0 ? sql`FALSE` : sql`(${join([...conditions], ' OR ')})`

/** The opposite, also where a condition is unknown because a column is null. */
export const notSql = (condition: Sql) => sql`(${condition}) IS NOT TRUE`

/**
 * The operators of a comparator, each turned into a condition. Checks what all comparators share: no null operands,
 * lists of at most 100, texts of at most 1,000 characters that the database can hold.
 */
export function compare<Filter extends object>(
  filter: Filter,
  spot: Spot,
  operators: { readonly [Name in keyof Filter]-?: (operand: NonNullable<Filter[Name]>) => Sql },
): Sql {
  const conditions: Sql[] = []
  for (const name of Object.keys(filter) as (keyof Filter & string)[]) {
    const operand = filter[name]
    if (operand === undefined) continue
    const fault = faultOf(operand)
    if (fault) spot.faults.push({ path: `${spot.path}.${name}`, message: fault })
    else conditions.push(operators[name](operand as NonNullable<Filter[typeof name]>))
  }
  return allOf(conditions)
}

/** What is wrong with an operand of any comparator; null where nothing is. */
export function faultOf(operand: unknown): string | null {
  if (operand === null) return 'must not be null: leave it out, or use isNull where there is one'
  if (Array.isArray(operand) && operand.length > maxListLength) return `may list at most ${maxListLength}`
  for (const text of [operand].flat()) {
    if (typeof text !== 'string') continue
    if (text.length > maxTextLength) return `may have at most ${maxTextLength} characters`
    if (text.includes('\0') || !text.isWellFormed()) return 'holds a character that no text has'
  }
  return null
}

/** Texts in lower case, as an array that is made once and not for every row. */
export const lowered = (texts: readonly string[]) =>
  sql`ARRAY(SELECT lower(text) FROM unnest(${[...texts]}::text[]) AS text)`

/** Text compared without case, over a column that may be null. */
export function compareText(column: Sql, filter: StringFilter, spot: Spot): Sql {
  return compare(filter, spot, {
    eq: (text) => sql`lower(${column}) = lower(${text})`,
    in: (texts) => sql`lower(${column}) = ANY(${lowered(texts)})`,
    contains: (text) => sql`${column} ILIKE ${`%${literalPattern(text)}%`}`,
    startsWith: (text) => sql`lower(${column}) LIKE lower(${literalPattern(text)}) || '%'`,
    isNull: (isNull) => nullness(column, isNull),
  })
}

/** An enum, over a column that may be null; gte and lte go by the order its words are declared in. */
export function compareEnum(column: Sql, type: string, filter: EnumFilter, spot: Spot): Sql {
  const cast = raw(`::${type}`)
  return compare(filter, spot, {
    eq: (word) => sql`${column} = ${word}${cast}`,
    in: (words) => sql`${column} = ANY(${[...words]}${cast}[])`,
    notIn: (words) => notSql(sql`${column} = ANY(${[...words]}${cast}[])`),
    gte: (word) => sql`${column} >= ${word}${cast}`,
    lte: (word) => sql`${column} <= ${word}${cast}`,
  })
}

/** A time, over a column that may be null. */
export function compareTime(column: Sql, filter: DateTimeFilter, spot: Spot): Sql {
  return compare(filter, spot, {
    gte: (moment) => sql`${column} >= ${momentSql(moment)}`,
    gt: (moment) => sql`${column} > ${momentSql(moment)}`,
    lte: (moment) => sql`${column} <= ${momentSql(moment)}`,
    lt: (moment) => sql`${column} < ${momentSql(moment)}`,
    isNull: (isNull) => nullness(column, isNull),
  })
}

export const nullness = (column: Sql, isNull: boolean) => (isNull ? sql`${column} IS NULL` : sql`${column} IS NOT NULL`)

/** A text in which LIKE's wildcards stand for themselves. */
export const literalPattern = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&')
