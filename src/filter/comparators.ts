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

/** The path of a part of a filter, and the list that collects its errors. */
export interface Location {
  readonly path: string
  readonly errors: FieldError[]
}

export const maxListLength = 100
const maxTextLength = 1000

/** Joins conditions by AND; TRUE without conditions. */
export const allOf = (conditions: readonly Sql[]) =>
  conditions.length === 0 ? sql`TRUE` : sql`(${join([...conditions], ' AND ')})`

/** Joins conditions by OR; FALSE without conditions. */
export const anyOf = (conditions: readonly Sql[]) =>
  conditions.length === 0 ? sql`FALSE` : sql`(${join([...conditions], ' OR ')})`

/** Negates a condition. NULL counts as false. */
export const notSql = (condition: Sql) => sql`(${condition}) IS NOT TRUE`

/**
 * Translates the operators of a comparator to a condition. Adds an error for operands that are null, lists with more than
 * 100 items, and texts that have more than 1,000 characters or cannot be stored.
 */
export function compare<Filter extends object>(
  filter: Filter,
  location: Location,
  operators: { readonly [Name in keyof Filter]-?: (operand: NonNullable<Filter[Name]>) => Sql },
): Sql {
  const conditions: Sql[] = []
  for (const name of Object.keys(filter) as (keyof Filter & string)[]) {
    const operand = filter[name]
    if (operand === undefined) continue
    const error = operandError(operand)
    if (error) location.errors.push({ path: `${location.path}.${name}`, message: error })
    else conditions.push(operators[name](operand as NonNullable<Filter[typeof name]>))
  }
  return allOf(conditions)
}

/** Returns the error of an operand, null if it is valid. */
export function operandError(operand: unknown): string | null {
  if (operand === null) return 'must not be null: omit the operator, or use `isNull` if available'
  if (Array.isArray(operand) && operand.length > maxListLength)
    return `must contain at most ${maxListLength} items (got ${operand.length})`
  for (const text of [operand].flat()) {
    if (typeof text !== 'string') continue
    if (text.length > maxTextLength) return `must be at most ${maxTextLength} characters (got ${text.length})`
    if (text.includes('\0') || !text.isWellFormed())
      return 'contains an invalid character (NUL or an unpaired surrogate)'
  }
  return null
}

/** Texts in lower case, as an array that is computed once per statement. */
export const lowerCaseArray = (texts: readonly string[]) =>
  sql`ARRAY(SELECT lower(text) FROM unnest(${[...texts]}::text[]) AS text)`

/** Compares a nullable text column without case. */
export function compareText(column: Sql, filter: StringFilter, location: Location): Sql {
  return compare(filter, location, {
    eq: (text) => sql`lower(${column}) = lower(${text})`,
    in: (texts) => sql`lower(${column}) = ANY(${lowerCaseArray(texts)})`,
    contains: (text) => sql`${column} ILIKE ${`%${escapeLike(text)}%`}`,
    startsWith: (text) => sql`lower(${column}) LIKE lower(${escapeLike(text)}) || '%'`,
    isNull: (isNull) => nullCheck(column, isNull),
  })
}

/** Compares a nullable enum column; gte and lte by the order of declaration. */
export function compareEnum(column: Sql, type: string, filter: EnumFilter, location: Location): Sql {
  const cast = raw(`::${type}`)
  return compare(filter, location, {
    eq: (value) => sql`${column} = ${value}${cast}`,
    in: (values) => sql`${column} = ANY(${[...values]}${cast}[])`,
    notIn: (values) => notSql(sql`${column} = ANY(${[...values]}${cast}[])`),
    gte: (value) => sql`${column} >= ${value}${cast}`,
    lte: (value) => sql`${column} <= ${value}${cast}`,
  })
}

/** Compares a nullable time column. */
export function compareTime(column: Sql, filter: DateTimeFilter, location: Location): Sql {
  return compare(filter, location, {
    gte: (moment) => sql`${column} >= ${momentSql(moment)}`,
    gt: (moment) => sql`${column} > ${momentSql(moment)}`,
    lte: (moment) => sql`${column} <= ${momentSql(moment)}`,
    lt: (moment) => sql`${column} < ${momentSql(moment)}`,
    isNull: (isNull) => nullCheck(column, isNull),
  })
}

export const nullCheck = (column: Sql, isNull: boolean) =>
  isNull ? sql`${column} IS NULL` : sql`${column} IS NOT NULL`

/** Escapes the wildcards of LIKE. */
export const escapeLike = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&')
