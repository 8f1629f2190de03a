import { join, raw, type Sql, sql } from '../database/sql.ts'
import { type RelativeDateTime, timestampSql } from '../date-time.ts'
import type { FieldError } from '../errors.ts'
import { maxShrinkage, toNormalForm } from '../normal-form.ts'

type Optional<Value> = Value | null | undefined

export interface IDFilter {
  readonly eq?: Optional<string>
  readonly in?: Optional<readonly string[]>
  readonly notIn?: Optional<readonly string[]>
}
export interface StringFilter {
  readonly eq?: Optional<string>
  readonly in?: Optional<readonly string[]>
  readonly contains?: Optional<string>
  readonly startsWith?: Optional<string>
  readonly isNull?: Optional<boolean>
}
export interface EnumFilter {
  readonly eq?: Optional<string>
  readonly in?: Optional<readonly string[]>
  readonly notIn?: Optional<readonly string[]>
  readonly gte?: Optional<string>
  readonly lte?: Optional<string>
}
export interface UserFilter {
  readonly eq?: Optional<string>
  readonly in?: Optional<readonly string[]>
  readonly isViewer?: Optional<boolean>
  readonly isNull?: Optional<boolean>
}
export interface LabelFilter {
  readonly some?: Optional<readonly string[]>
  readonly every?: Optional<readonly string[]>
  readonly none?: Optional<readonly string[]>
  readonly isEmpty?: Optional<boolean>
}
export interface DateTimeFilter {
  readonly gte?: Optional<RelativeDateTime>
  readonly gt?: Optional<RelativeDateTime>
  readonly lte?: Optional<RelativeDateTime>
  readonly lt?: Optional<RelativeDateTime>
  readonly isNull?: Optional<boolean>
}

/** The path of a part of a filter, and the collected errors of the filter. */
export interface Location {
  readonly path: string
  readonly errors: FieldError[]
}

export const maxListLength = 100
const maxTextLength = 1000

export const allOf = (conditions: readonly Sql[]) =>
  conditions.length === 0 ? sql`TRUE` : sql`(${join([...conditions], ' AND ')})`

export const anyOf = (conditions: readonly Sql[]) =>
  conditions.length === 0 ? sql`FALSE` : sql`(${join([...conditions], ' OR ')})`

/** NULL counts as false. */
export const notSql = (condition: Sql) => sql`(${condition}) IS NOT TRUE`

/** Joins the conditions of all operators by AND. Adds an error for each invalid operand. */
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
    else conditions.push(operators[name](normalOperand(operand) as NonNullable<Filter[typeof name]>))
  }
  return allOf(conditions)
}

export function operandError(operand: unknown): string | null {
  if (operand === null) return 'must not be null: omit the operator, or use `isNull` if available'
  if (Array.isArray(operand) && operand.length > maxListLength)
    return `must contain at most ${maxListLength} items (got ${operand.length})`
  for (const text of [operand].flat()) {
    if (typeof text !== 'string') continue
    const { length } = text.length > maxShrinkage * maxTextLength ? text : toNormalForm(text)
    if (length > maxTextLength) return `must be at most ${maxTextLength} characters (got ${length})`
    if (text.includes('\0') || !text.isWellFormed())
      return 'contains an invalid character (NUL or an unpaired surrogate)'
  }
  return null
}

function normalOperand(operand: unknown): unknown {
  if (Array.isArray(operand)) return operand.map(normalOperand)
  return typeof operand === 'string' ? toNormalForm(operand) : operand
}

/** Computed once per statement. */
export const foldedArray = (texts: readonly string[]) =>
  sql`ARRAY(SELECT fold_case(text) FROM unnest(${[...texts]}::text[]) AS text)`

export function compareText(column: Sql, filter: StringFilter, location: Location): Sql {
  return compare(filter, location, {
    eq: (text) => sql`fold_case(${column}) = fold_case(${text})`,
    in: (texts) => sql`fold_case(${column}) = ANY(${foldedArray(texts)})`,
    contains: (text) => containsText([column], text),
    startsWith: (text) => sql`fold_case(${column}) LIKE fold_case(${escapeLike(text)}) || '%'`,
    isNull: (isNull) => nullCheck(column, isNull),
  })
}

/** One of the columns contains the text. True for an empty text, or none. */
export const containsText = (columns: readonly Sql[], text: string | null | undefined): Sql =>
  text
    ? anyOf(columns.map((column) => sql`fold_case(${column}) LIKE '%' || fold_case(${escapeLike(text)}) || '%'`))
    : sql`TRUE`

/** `gte` and `lte` compare by the order of declaration. */
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

export function compareTime(column: Sql, filter: DateTimeFilter, location: Location): Sql {
  return compare(filter, location, {
    gte: (time) => sql`${column} >= ${timestampSql(time)}`,
    gt: (time) => sql`${column} > ${timestampSql(time)}`,
    lte: (time) => sql`${column} <= ${timestampSql(time)}`,
    lt: (time) => sql`${column} < ${timestampSql(time)}`,
    isNull: (isNull) => nullCheck(column, isNull),
  })
}

export const nullCheck = (column: Sql, isNull: boolean) =>
  isNull ? sql`${column} IS NULL` : sql`${column} IS NOT NULL`

export const escapeLike = (text: string) => text.replaceAll(/[\\%_]/g, '\\$&')
