import { raw, type Sql, sql } from '../database/sql.ts'
import { allOf } from '../filter/comparators.ts'
import type { Columns } from '../reading/columns.ts'
import { decodeValue, listOf, type Value } from '../reading/value.ts'
import { type Bounds, readingOrder } from './bounds.ts'
import { cursorKeyColumn } from './cursor.ts'
import { after, type Order, orderBy, reversed } from './keyset.ts'

/** A list as SQL. */
export interface List<Row> {
  readonly columns: Columns<Row>
  /** The table under the alias of its columns, and its joins. */
  readonly from: Sql
  readonly where: Sql
  readonly order: Order
  /** Present if PostgreSQL cannot estimate how many rows meet the condition: then a page is read with a probe. */
  readonly selectivityUnknown?: SelectivityUnknown | null
}

interface SelectivityUnknown {
  /** ORDER BY and LIMIT of the rows to sort if there are many; null to sort all. */
  readonly rankingWindow: Sql | null
}

/** A row with its cursor key as JSON text, which is present if a cursor is selected. */
export type WithCursorKey<Row> = Row & { readonly cursorKey: string }

/** A page of a list, in the order of the list. Parts that are not selected are empty. */
export interface Page<Row> {
  readonly order: Order
  readonly rows: readonly WithCursorKey<Row>[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  /** The number of rows of the whole list. */
  readonly totalCount: number
}

/** The selected parts of a page. */
interface PageParts<Row> {
  /** The value of each row; null if no rows are selected. */
  readonly row: Value<Row> | null
  readonly withCursorKeys: boolean
  readonly withTotalCount: boolean
}

/** A page as one value. Reads one row more than the limit, which shows if there are further rows. */
export function pageOf<Row>(
  list: List<Row>,
  bounds: Bounds,
  { row, withCursorKeys, withTotalCount }: PageParts<Row>,
): Value<Page<Row>> {
  const { columns, from, where, selectivityUnknown } = list
  const rows = row && listOf(row, sql`(${selection(list, bounds, withCursorKeys)}) ${columns.alias}`)
  const needsProbe = rows && selectivityUnknown
  const all = sql`(SELECT count(*) FROM ${from} WHERE ${where})`
  const count = needsProbe ? sql`CASE WHEN ${probeIsComplete} THEN (SELECT count(*) FROM probe) ELSE ${all} END` : all
  const page = sql`json_build_array(${rows?.sql ?? nothing}, ${withTotalCount ? count : nothing})`
  return {
    sql: needsProbe ? sql`(WITH probe AS MATERIALIZED (${probeOf(list)}) SELECT ${page})` : page,
    decode: ([json, totalCount]: readonly [unknown, number]) => ({
      order: list.order,
      ...trim(rows && json ? (decodeValue(rows, json) as WithCursorKey<Row>[]) : [], bounds),
      totalCount,
    }),
  }
}

const nothing = sql`NULL`

/** SELECT of the rows of a page, and one more. */
function selection(list: List<unknown>, bounds: Bounds, withCursorKeys: boolean): Sql {
  const {
    columns: { alias },
    from,
    where,
    order,
    selectivityUnknown,
  } = list
  const isWithinCursors = allOf([
    ...(bounds.after ? [after(order, bounds.after)] : []),
    ...(bounds.before ? [after(reversed(order), bounds.before)] : []),
  ])
  const columns = withCursorKeys ? sql`${alias}.*, ${cursorKeyColumn(order)} AS cursor_key` : sql`${alias}.*`
  const sorted = sql`ORDER BY ${orderBy(readingOrder(order, bounds))}`
  // The limit is a literal, so that a generic plan takes it into account.
  const cut = (chosen: Sql) => {
    const ordered = (more: number) => sql`${sorted} LIMIT ${raw(String(bounds.limit + 1 + more))}`
    if (!selectivityUnknown)
      return sql`SELECT ${chosen} FROM ${from} WHERE ${where} AND ${isWithinCursors} ${ordered(0)}`
    const all = sql`SELECT ${alias}.* FROM ${from} WHERE ${where} AND NOT ${probeIsComplete}`
    const many = selectivityUnknown.rankingWindow
      ? sql`SELECT ${alias}.* FROM (${all} ${selectivityUnknown.rankingWindow}) ${alias} WHERE ${isWithinCursors}`
      : sql`${all} AND ${isWithinCursors}`
    const either = sql`SELECT * FROM probe WHERE ${probeIsComplete} UNION ALL (${many} ${ordered(bounds.offset)})`
    return sql`SELECT ${chosen} FROM (${either}) ${alias} WHERE ${isWithinCursors} ${ordered(0)}`
  }
  if (bounds.offset === 0) return cut(columns)
  // Skipped rows are read from an index alone.
  const ids = sql`${cut(sql`${alias}.id`)} OFFSET ${bounds.offset}`
  return sql`SELECT ${columns} FROM (${ids}) page JOIN ${from} ON ${alias}.id = page.id ${sorted}`
}

const probeLimit = raw('500')

/**
 * The probe: up to 501 rows that meet the condition of a list, in no order. Walking a list in its order until a page is full
 * is fast if many rows meet the condition, but reads the whole table if hardly any do. If the probe has at most 500 rows
 * it is complete, and the page is read from it.
 */
const probeOf = ({ columns: { alias }, from, where }: List<unknown>) =>
  sql`SELECT ${alias}.* FROM ${from} WHERE ${where} LIMIT ${probeLimit} + 1`
const probeIsComplete = sql`(SELECT count(*) <= ${probeLimit} FROM probe)`

/** Removes the additional row, and derives from it if there are further pages. */
function trim<Row>(read: readonly Row[], bounds: Bounds) {
  const hasMore = read.length > bounds.limit
  const rows = hasMore ? read.slice(0, bounds.limit) : read
  if (bounds.backward) return { rows: rows.toReversed(), hasNextPage: bounds.before !== null, hasPreviousPage: hasMore }
  return { rows, hasNextPage: hasMore, hasPreviousPage: bounds.after !== null || bounds.offset > 0 }
}
