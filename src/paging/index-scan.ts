import { join, raw, type Sql, sql } from '../database/sql.ts'
import { allOf } from '../filter/comparators.ts'
import { type Order, orderBy } from './keyset.ts'
import type { Part } from './parts.ts'

/** Reading a list from an index over its partition and the keys of its order. */
export interface IndexScan {
  /** Disjoint conditions that together match all rows, if only the rows of each are in the order of an index. */
  readonly streams: readonly Sql[]
  /** Null if all rows of the list are in one partition. */
  readonly partitions: Partitions | null
}

export interface Partitions {
  /** SELECT of an `id` per partition. */
  readonly rows: Sql
  /** Approximate number of partitions. */
  readonly count: number
  /** Above this offset the list is read as a whole. */
  readonly maxOffset: number
  /** The condition of the list for rows of the partition with `partitions.id`. */
  readonly where: Sql
}

interface Scan {
  readonly alias: Sql
  readonly from: Sql
  readonly where: Sql
  /** The direction of reading. */
  readonly order: Order
  readonly parts: readonly Part[]
  /** Number of rows, including skipped ones. */
  readonly size: number
}

/** SELECT of the ids of the first rows, and of their keys. Reads at most `size` rows of each partition, and one more per stream. */
export function selectIds(scan: Scan, { streams, partitions }: IndexScan): Sql {
  if (!partitions) return selectParts(scan, scan.where, streams)
  const { alias, size } = scan
  const order = keysIn(scan, scan.order)
  const headSize = Math.min(size, headSizeOf(size / partitions.count))
  const selectFrom = (source: Sql, rows: Sql) =>
    sql`SELECT partitions.id AS partition_id, ${alias}.* FROM ${source} partitions CROSS JOIN LATERAL (${rows}) ${alias}`
  const rowsUpTo = (limit: number) => selectParts({ ...scan, size: limit }, partitions.where, streams)
  const heads = sql`${selectFrom(sql`partitions`, rowsUpTo(headSize))} ${firstRows(scan, order)}`
  if (headSize === size) return heads
  // A partition can have further rows among the first ones only if its whole head is.
  const incomplete = sql`(SELECT partition_id AS id FROM heads GROUP BY partition_id HAVING count(*) = ${literal(headSize)})`
  const tail = sql`SELECT * FROM (${rowsUpTo(size)}) ${alias} ORDER BY ${orderBy(order)} OFFSET ${literal(headSize)}`
  return sql`WITH heads AS MATERIALIZED (${heads})
    SELECT * FROM (SELECT * FROM heads UNION ALL ${selectFrom(incomplete, tail)}) ${alias} ${firstRows(scan, order)}`
}

/** Twice the mean and more, so that few heads are incomplete. A power of two, so that few statements are prepared. */
const headSizeOf = (meanSize: number) => 2 ** Math.ceil(Math.log2(2 * meanSize + 2))

/** Reads each part only as far as the previous parts are shorter than the page. */
function selectParts(scan: Scan, where: Sql, streams: readonly Sql[]): Sql {
  const { alias, parts, size, order } = scan
  const [part, ...others] = parts
  if (part && others.length === 0) return selectStreams(scan, where, part, streams)
  const names = parts.map((_part, index) => raw(`part_${index}`))
  const tables = parts.map((part, index) => {
    const readCounts = names.slice(0, index).map((name) => sql`(SELECT count(*) FROM ${name})`)
    return sql`${names[index]} AS MATERIALIZED (SELECT * FROM (${selectStreams(scan, where, part, streams)}) ${alias}
      LIMIT ${join([literal(size), ...readCounts], ' - ')})`
  })
  const rows = names.map((name) => sql`SELECT * FROM ${name}`)
  return sql`WITH ${join(tables)} SELECT * FROM (${join(rows, ' UNION ALL ')}) ${alias} ${firstRows(scan, keysIn(scan, order))}`
}

/** PostgreSQL merges the streams. */
function selectStreams(scan: Scan, where: Sql, part: Part, streams: readonly Sql[]): Sql {
  if (streams.length === 0) return selectPart(scan, where, part)
  const selects = streams.map((stream) => sql`(${selectPart(scan, allOf([where, stream]), part)})`)
  return sql`SELECT * FROM (${join(selects, ' UNION ALL ')}) ${scan.alias} ${firstRows(scan, keysIn(scan, part.order))}`
}

function selectPart(scan: Scan, where: Sql, part: Part): Sql {
  const { alias, from, order } = scan
  const keys = order.map(({ sql: key, name }) => sql`${key} AS ${keyColumn(name)}`)
  return sql`SELECT ${alias}.id, ${join(keys)} FROM ${from} WHERE ${where} AND ${part.condition} ${firstRows(scan, part.order)}`
}

const keyColumn = (name: string) => raw(`"key ${name}"`)

/** The order of rows with their keys, which are computed once. */
const keysIn = ({ alias }: Scan, order: Order): Order =>
  order.map((key) => ({ ...key, sql: sql`${alias}.${keyColumn(key.name)}` }))

const firstRows = ({ size }: Scan, order: Order) => sql`ORDER BY ${orderBy(order)} LIMIT ${literal(size)}`

/** A number that a generic plan takes into account. */
const literal = (value: number) => raw(String(value))
