import { raw, type Sql, sql } from '../database/sql.ts'
import { allOf } from '../filter/comparators.ts'
import type { Columns } from '../reading/columns.ts'
import { decodeValue, listOf, type Value } from '../reading/value.ts'
import { type Bounds, scanOrder } from './bounds.ts'
import { cursorKeyColumn } from './cursor.ts'
import { keysetCondition, type Order, orderBy, reverseOrder } from './keyset.ts'

export interface List<Row> {
  readonly columns: Columns<Row>
  /** The table, with the alias of `columns`, and joins. */
  readonly from: Sql
  readonly where: Sql
  readonly order: Order
  /** Required if PostgreSQL cannot estimate how many rows match. */
  readonly probe?: Probe | null
}

interface Probe {
  /** ORDER BY and LIMIT of the rows to rank if the probe is incomplete; null ranks all. */
  readonly rankingWindow: Sql | null
}

/** `cursorKey` is JSON text, present if a cursor is selected. */
export type WithCursorKey<Row> = Row & { readonly cursorKey: string }

/** Parts that are not selected are empty. */
export interface Page<Row> {
  readonly order: Order
  readonly rows: readonly WithCursorKey<Row>[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  readonly totalCount: number
}

interface PageParts<Row> {
  /** Null if no rows are selected. */
  readonly row: Value<Row> | null
  readonly withCursorKeys: boolean
  readonly withTotalCount: boolean
}

/** Reads one row more than the limit, to detect further rows. */
export function pageOf<Row>(
  list: List<Row>,
  bounds: Bounds,
  { row, withCursorKeys, withTotalCount }: PageParts<Row>,
): Value<Page<Row>> {
  const { columns, from, where, probe } = list
  const rows = row && listOf(row, sql`(${selectRows(list, bounds, withCursorKeys)}) ${columns.alias}`)
  const needsProbe = rows && probe
  const countAll = sql`(SELECT count(*) FROM ${from} WHERE ${where})`
  const count = needsProbe
    ? sql`CASE WHEN ${probeIsComplete} THEN (SELECT count(*) FROM probe) ELSE ${countAll} END`
    : countAll
  const page = sql`json_build_array(${rows?.sql ?? nullSql}, ${withTotalCount ? count : nullSql})`
  return {
    sql: needsProbe ? sql`(WITH probe AS MATERIALIZED (${probeOf(list)}) SELECT ${page})` : page,
    decode: ([json, totalCount]: readonly [unknown, number]) => ({
      order: list.order,
      ...trimPage(rows && json ? (decodeValue(rows, json) as WithCursorKey<Row>[]) : [], bounds),
      totalCount,
    }),
  }
}

const nullSql = sql`NULL`

function selectRows(list: List<unknown>, bounds: Bounds, withCursorKeys: boolean): Sql {
  const {
    columns: { alias },
    from,
    where,
    order,
    probe,
  } = list
  const isWithinCursors = allOf([
    ...(bounds.after ? [keysetCondition(order, bounds.after)] : []),
    ...(bounds.before ? [keysetCondition(reverseOrder(order), bounds.before)] : []),
  ])
  const columns = withCursorKeys ? sql`${alias}.*, ${cursorKeyColumn(order)} AS cursor_key` : sql`${alias}.*`
  const orderClause = sql`ORDER BY ${orderBy(scanOrder(order, bounds))}`
  const selectPage = (selectedColumns: Sql) => {
    // The limit is a literal, so that a generic plan takes it into account.
    const orderAndLimit = (offset: number) => sql`${orderClause} LIMIT ${raw(String(bounds.limit + 1 + offset))}`
    if (!probe)
      return sql`SELECT ${selectedColumns} FROM ${from} WHERE ${where} AND ${isWithinCursors} ${orderAndLimit(0)}`
    const matchingRows = sql`SELECT ${alias}.* FROM ${from} WHERE ${where} AND NOT ${probeIsComplete}`
    const scan = probe.rankingWindow
      ? sql`SELECT ${alias}.* FROM (${matchingRows} ${probe.rankingWindow}) ${alias} WHERE ${isWithinCursors}`
      : sql`${matchingRows} AND ${isWithinCursors}`
    const probeOrScan = sql`SELECT * FROM probe WHERE ${probeIsComplete} UNION ALL (${scan} ${orderAndLimit(bounds.offset)})`
    return sql`SELECT ${selectedColumns} FROM (${probeOrScan}) ${alias} WHERE ${isWithinCursors} ${orderAndLimit(0)}`
  }
  if (bounds.offset === 0) return selectPage(columns)
  // Skipped rows are read from an index alone.
  const ids = sql`${selectPage(sql`${alias}.id`)} OFFSET ${bounds.offset}`
  return sql`SELECT ${columns} FROM (${ids}) page JOIN ${from} ON ${alias}.id = page.id ${orderClause}`
}

const probeLimit = raw('500')

/**
 * Up to 501 matching rows in no order. Walking a list in its order is fast if many rows match, but reads the whole table if
 * hardly any do. If the probe has at most 500 rows it is complete, and the page is read from it.
 */
const probeOf = ({ columns: { alias }, from, where }: List<unknown>) =>
  sql`SELECT ${alias}.* FROM ${from} WHERE ${where} LIMIT ${probeLimit} + 1`
const probeIsComplete = sql`(SELECT count(*) <= ${probeLimit} FROM probe)`

function trimPage<Row>(rowsAndNext: readonly Row[], bounds: Bounds) {
  const hasMore = rowsAndNext.length > bounds.limit
  const rows = hasMore ? rowsAndNext.slice(0, bounds.limit) : rowsAndNext
  if (bounds.backward) return { rows: rows.toReversed(), hasNextPage: bounds.before !== null, hasPreviousPage: hasMore }
  return { rows, hasNextPage: hasMore, hasPreviousPage: bounds.after !== null || bounds.offset > 0 }
}
