import { raw, type Sql, sql } from '../database/sql.ts'
import { allOf } from '../filter/comparators.ts'
import type { Columns } from '../reading/columns.ts'
import { decoded, listOf, type Value } from '../reading/value.ts'
import { type Bounds, readingOrder } from './bounds.ts'
import { placeColumn } from './cursor.ts'
import { after, type Order, orderBy, reversed } from './keyset.ts'

/** A list as SQL: which rows, which columns of them, in which order. */
export interface List<Row> {
  readonly columns: Columns<Row>
  /** The table under its columns' alias, and what it is joined with. */
  readonly from: Sql
  readonly where: Sql
  readonly order: Order
  /** Given where the database cannot tell beforehand if many rows or hardly any meet the condition. */
  readonly uncertain?: Uncertain | null
}

interface Uncertain {
  /** Which of many rows are put in order, as ORDER BY and LIMIT, where putting all of them in it takes too long. */
  readonly among: Sql | null
}

/** A row with its place in the list, from which its cursor is made; read only where a cursor is asked for. */
export type Placed<Row> = Row & { readonly place: string }

/** A page of a list, in the list's order. What was not asked for is empty. */
export interface Page<Row> {
  readonly order: Order
  readonly rows: readonly Placed<Row>[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  /** How many rows the whole list has. */
  readonly totalCount: number
}

/** What of a page is asked for: rows with such values, whether with their places; and whether their count. */
export interface PageParts<Row> {
  readonly row: Value<Row> | null
  readonly placed: boolean
  readonly counted: boolean
}

/** A page as one value: one row more than asked for tells whether there are further ones. */
export function pageOf<Row>(
  list: List<Row>,
  bounds: Bounds,
  { row, placed, counted }: PageParts<Row>,
): Value<Page<Row>> {
  const { columns, from, where, uncertain } = list
  const rows = row && listOf(row, sql`(${selection(list, bounds, placed)}) ${columns.alias}`)
  const looksFirst = rows && uncertain
  const all = sql`(SELECT count(*) FROM ${from} WHERE ${where})`
  const count = looksFirst ? sql`CASE WHEN ${isFew} THEN (SELECT count(*) FROM found) ELSE ${all} END` : all
  const page = sql`json_build_array(${rows?.sql ?? nothing}, ${counted ? count : nothing})`
  return {
    sql: looksFirst ? sql`(WITH found AS MATERIALIZED (${fewOf(list)}) SELECT ${page})` : page,
    decode: ([found, totalCount]: readonly [unknown, number]) => ({
      order: list.order,
      ...within(rows && found ? (decoded(rows, found) as Placed<Row>[]) : [], bounds),
      totalCount,
    }),
  }
}

const nothing = sql`NULL`

/** The rows of a page, and one more. */
function selection(list: List<unknown>, bounds: Bounds, placed: boolean): Sql {
  const {
    columns: { alias },
    from,
    where,
    order,
    uncertain,
  } = list
  const beyond = allOf([
    ...(bounds.after ? [after(order, bounds.after)] : []),
    ...(bounds.before ? [after(reversed(order), bounds.before)] : []),
  ])
  const columns = placed ? sql`${alias}.*, ${placeColumn(order)} AS place` : sql`${alias}.*`
  const sorted = sql`ORDER BY ${orderBy(readingOrder(order, bounds))}`
  // The limit stands in the text: a plan that is kept knows then how few rows are wanted.
  const cut = (chosen: Sql) => {
    const ordered = (more: number) => sql`${sorted} LIMIT ${raw(String(bounds.limit + 1 + more))}`
    if (!uncertain) return sql`SELECT ${chosen} FROM ${from} WHERE ${where} AND ${beyond} ${ordered(0)}`
    const all = sql`SELECT ${alias}.* FROM ${from} WHERE ${where} AND NOT ${isFew}`
    const many = uncertain.among
      ? sql`SELECT ${alias}.* FROM (${all} ${uncertain.among}) ${alias} WHERE ${beyond}`
      : sql`${all} AND ${beyond}`
    const either = sql`SELECT * FROM found WHERE ${isFew} UNION ALL (${many} ${ordered(bounds.offset)})`
    return sql`SELECT ${chosen} FROM (${either}) ${alias} WHERE ${beyond} ${ordered(0)}`
  }
  if (bounds.offset === 0) return cut(columns)
  // What is skipped is read from an index alone.
  const ids = sql`${cut(sql`${alias}.id`)} OFFSET ${bounds.offset}`
  return sql`SELECT ${columns} FROM (${ids}) page JOIN ${from} ON ${alias}.id = page.id ${sorted}`
}

const few = raw('500')

/**
 * All rows that meet a list's condition where these are few, and one more where they are not: `found`. Walking a list in
 * its order until a page is full is quick where many rows meet the condition, and reads them all where hardly any does: so
 * a few are looked for first, in no order, by whatever index finds them.
 */
const fewOf = ({ columns: { alias }, from, where }: List<unknown>) =>
  sql`SELECT ${alias}.* FROM ${from} WHERE ${where} LIMIT ${few} + 1`
const isFew = sql`(SELECT count(*) <= ${few} FROM found)`

function within<Row>(found: readonly Row[], bounds: Bounds) {
  const more = found.length > bounds.limit
  const rows = more ? found.slice(0, bounds.limit) : found
  if (bounds.backward) return { rows: rows.toReversed(), hasNextPage: bounds.before !== null, hasPreviousPage: more }
  return { rows, hasNextPage: more, hasPreviousPage: bounds.after !== null || bounds.offset > 0 }
}
