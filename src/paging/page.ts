import type { MeteredStatements } from '../database/request-quota.ts'
import { empty, join, raw, type Sql, sql } from '../database/sql.ts'
import type { Columns } from '../reading/columns.ts'
import { decodeList, decodeValue, listOf, type ObjectValue, type Value } from '../reading/value.ts'
import { type Bounds, scanOrder } from './bounds.ts'
import { cursorKeyColumn } from './cursor.ts'
import { type IndexScan, selectIds } from './index-scan.ts'
import { type Order, orderBy } from './keyset.ts'
import { type Part, partsOf, rangeCondition, rangeOf } from './parts.ts'

export interface List<Row> {
  readonly columns: Columns<Row>
  /** The table, with the alias of `columns`, and joins. */
  readonly from: Sql
  /** Does not restrict the list to what the viewer can see, if there is a precondition. */
  readonly where: Sql
  readonly shortcut?: Shortcut | null
  /** A condition on no column of the list, which is empty if it is false. In `where` it would be checked for each row. */
  readonly precondition?: Sql
  readonly order: Order
  /** Null if no index has the order. Not used with a probe. */
  readonly indexScan?: IndexScan | null
  /** A value of the snapshot of the page, read if its field of the connection is selected. */
  readonly snapshot?: Snapshot
  /** Null if the rows must be counted. */
  readonly totals?: Totals | null
  /** Required if PostgreSQL cannot estimate how many rows match. */
  readonly probe?: Probe | null
}

/** Stored numbers of rows. */
export interface Totals {
  readonly where: Sql
  /** An expression for the number of rows that satisfy a condition. `countRows` counts them without totals. */
  readonly count: (where: Sql, countRows: Sql) => Sql
}

interface Snapshot {
  readonly field: string
  readonly value: Value<unknown>
  /** Called before the page of a root field is read. */
  readonly prepare: (db: MeteredStatements) => Promise<void>
}

interface Shortcut {
  /** SELECT of at most one row, which `condition` can read as `shortcut`. */
  readonly source: Sql
  /** A condition that `where` implies, for a faster plan. Used if there is a row. */
  readonly condition: Sql
}

interface Probe {
  /** The first rows in an order, which are ranked; null for a list that is not ranked. */
  readonly rankingWindow: { readonly order: Sql; readonly size: number } | null
}

/** `cursorKey` is JSON text, present if a cursor is selected. */
export type WithCursorKey<Row> = Row & { readonly cursorKey: string }

/** Parts that are not selected are empty. */
export interface Page<Row> {
  readonly order: Order
  readonly rows: readonly WithCursorKey<Row>[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
  /** At most `PageParts.maxCount`. */
  readonly totalCount: number
  readonly snapshot: unknown
}

interface PageParts<Row> {
  /** Null if no rows are selected. */
  readonly row: ObjectValue<Row> | null
  readonly withCursorKeys: boolean
  /** The largest count to distinguish: 0 counts nothing, Infinity all. */
  readonly maxCount: number
  readonly snapshot?: Value<unknown> | null
}

/** Reads one row more than the limit, to detect further rows. */
export function pageOf<Row extends object>(list: List<Row>, bounds: Bounds, parts: PageParts<Row>): Value<Page<Row>> {
  const { precondition, order, shortcut } = list
  const { row, snapshot } = parts
  const jsonOfList = jsonOf(list, bounds, parts)
  const json = shortcut
    ? sql`(WITH shortcut AS MATERIALIZED (${shortcut.source}) SELECT CASE WHEN EXISTS (SELECT FROM shortcut)
        THEN ${jsonOf({ ...list, where: sql`${list.where} AND ${shortcut.condition}` }, bounds, parts)} ELSE ${jsonOfList} END)`
    : jsonOfList
  return {
    sql: precondition ? sql`CASE WHEN ${precondition} THEN ${json} ELSE ${arrayOf(nullSql, sql`0`, parts)} END` : json,
    decode: ([rows, totalCount, snapshotJson]: readonly [readonly unknown[][] | null, number, unknown]) => ({
      order,
      ...trimPage(row && rows ? (decodeList(row, rows) as WithCursorKey<Row>[]) : [], bounds),
      totalCount,
      snapshot: snapshot ? decodeValue(snapshot, snapshotJson) : null,
    }),
  }
}

const arrayOf = (rows: Sql, count: Sql, { snapshot }: Pick<PageParts<unknown>, 'snapshot'>) =>
  sql`json_build_array(${join([rows, count, ...(snapshot ? [snapshot.sql] : [])])})`

/** A JSON array of the rows, their count and the snapshot. */
function jsonOf<Row extends object>(list: List<Row>, bounds: Bounds, parts: PageParts<Row>): Sql {
  const { row, withCursorKeys, maxCount } = parts
  const { columns, from, where } = list
  const probe = row && list.probe ? probeOf(list, list.probe, maxCount) : null
  const rows = row && listOf(row, sql`(${selectRows(list, bounds, { withCursorKeys, probe })}) ${columns.alias}`)
  const countAll = sql`(SELECT count(*) FROM ${from} WHERE ${where})`
  const countBounded = sql`(SELECT count(*) FROM (SELECT FROM ${from} WHERE ${where} LIMIT ${literal(maxCount)}) bounded)`
  const countRows = maxCount === Infinity ? countAll : countBounded
  const { totals } = list
  const count = !probe
    ? (totals?.count(totals.where, countRows) ?? countRows)
    : maxCount === Infinity
      ? sql`CASE WHEN ${probe.isComplete} THEN (SELECT count(*) FROM probe) ELSE ${countAll} END`
      : sql`(SELECT least(count(*), ${literal(maxCount)}) FROM probe)`
  const page = arrayOf(rows?.sql ?? nullSql, maxCount > 0 ? count : nullSql, parts)
  return probe ? sql`(WITH probe AS MATERIALIZED (${probe.sql}) SELECT ${page})` : page
}

const nullSql = sql`NULL`
/** A limit that a generic plan takes into account. */
const literal = (limit: number) => raw(String(limit))

function selectRows(
  list: List<unknown>,
  bounds: Bounds,
  { withCursorKeys, probe }: { readonly withCursorKeys: boolean; readonly probe: ProbeSql | null },
): Sql {
  const {
    columns: { alias },
    from,
    where,
    indexScan,
  } = list
  const order = scanOrder(list.order, bounds)
  const range = rangeOf(bounds)
  const wholeRange = { condition: rangeCondition(order, range), order }
  const columns = withCursorKeys ? sql`${alias}.*, ${cursorKeyColumn(list.order)} AS cursor_key` : sql`${alias}.*`
  const orderClause = sql`ORDER BY ${orderBy(order)}`
  const rowsById = (ids: Sql) => sql`(${ids} OFFSET ${bounds.offset}) page JOIN ${from} ON ${alias}.id = page.id`
  const selectPart = (selectedColumns: Sql, part: Part) => {
    const orderAndLimit = (offset: number) =>
      sql`ORDER BY ${orderBy(part.order)} LIMIT ${literal(bounds.limit + 1 + offset)}`
    if (!probe)
      return sql`SELECT ${selectedColumns} FROM ${from} WHERE ${where} AND ${part.condition} ${orderAndLimit(0)}`
    const scan = sql`SELECT ${alias}.* FROM ${from} WHERE ${where} AND NOT ${probe.isComplete} AND ${part.condition}`
    const source =
      probe.rankedRows ??
      sql`SELECT * FROM probe WHERE ${probe.isComplete} UNION ALL (${scan} ${orderAndLimit(bounds.offset)})`
    return sql`SELECT ${selectedColumns} FROM (${source}) ${alias} WHERE ${part.condition} ${orderAndLimit(0)}`
  }
  // Skipped rows are read from an index alone.
  const selectPage = (part: Part, pageColumns: Sql) =>
    bounds.offset === 0
      ? selectPart(pageColumns, part)
      : sql`SELECT ${pageColumns} FROM ${rowsById(selectPart(sql`${alias}.id`, part))} ${orderClause}`
  if (probe || !indexScan || bounds.offset > (indexScan.partitions?.maxOffset ?? Infinity))
    return selectPage(wholeRange, columns)

  const [part = { condition: sql`FALSE`, order }, ...others] = partsOf(order, range)
  const { streams, partitions } = indexScan
  if (others.length === 0 && streams.length === 0 && !partitions) return selectPage(part, columns)
  const scan = { alias, from, where, order, parts: [part, ...others], size: bounds.limit + 1 + bounds.offset }
  const pageById = rowsById(selectIds(scan, indexScan))
  const page = sql`SELECT ${columns} FROM ${pageById} ${orderClause}`
  return partitions ? sql`WITH partitions AS MATERIALIZED (${partitions.rows}) ${page}` : page
}

interface ProbeSql {
  readonly sql: Sql
  readonly isComplete: Sql
  readonly rankedRows: Sql | null
}

const minProbeSize = 500

/**
 * The first matching rows, with one more than the size of the probe. Walking a list in its order is fast if many rows match, but
 * reads the whole table if hardly any do. Rows to rank are read once in the order of their window; other lists are read from the
 * probe if it is complete. So is the count.
 */
function probeOf(
  { columns: { alias }, from, where }: List<unknown>,
  { rankingWindow }: Probe,
  maxCount: number,
): ProbeSql {
  const size = Math.max(rankingWindow?.size ?? minProbeSize, Number.isFinite(maxCount) ? maxCount : 0)
  return {
    sql: sql`SELECT ${alias}.* FROM ${from} WHERE ${where} ${rankingWindow?.order ?? empty} LIMIT ${literal(size + 1)}`,
    isComplete: sql`(SELECT count(*) <= ${literal(size)} FROM probe)`,
    rankedRows:
      rankingWindow && sql`SELECT * FROM probe ${alias} ${rankingWindow.order} LIMIT ${literal(rankingWindow.size)}`,
  }
}

function trimPage<Row>(rowsAndNext: readonly Row[], bounds: Bounds) {
  const hasMore = rowsAndNext.length > bounds.limit
  const rows = hasMore ? rowsAndNext.slice(0, bounds.limit) : rowsAndNext
  if (bounds.backward) return { rows: rows.toReversed(), hasNextPage: bounds.before !== null, hasPreviousPage: hasMore }
  return { rows, hasNextPage: hasMore, hasPreviousPage: bounds.after !== null || bounds.offset > 0 }
}
