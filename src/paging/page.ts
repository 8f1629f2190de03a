import { Prisma } from '../../prisma/generated/client.ts'
import type { Transaction } from '../database/transaction.ts'
import { type Bounds, readingOrder } from './bounds.ts'
import { placeColumn } from './cursor.ts'
import { after, type Order, orderBy, reversed } from './keyset.ts'

/** The columns of a select, with the type of the rows that they make. */
export type Columns<Row> = Prisma.Sql & { readonly row?: Row }

/** A list as SQL: which rows, which columns of them, in which order. */
export interface List<Row> {
  readonly columns: Columns<Row>
  readonly from: Prisma.Sql
  readonly where: Prisma.Sql
  readonly order: Order
  /** The column that holds the parent's id, for a list that hangs below parents. */
  readonly parent?: Prisma.Sql
}

/** A row with its place in the list, from which its cursor is made. */
export type Placed<Row> = Row & { readonly place: string }

/** A page of a list, in the list's order. */
export interface Page<Row> {
  readonly rows: readonly Placed<Row>[]
  readonly hasNextPage: boolean
  readonly hasPreviousPage: boolean
}

/** Reads one page in one statement: one row more than asked for tells whether there are further ones. */
export async function readPage<Row>(db: Transaction, list: List<Row>, bounds: Bounds): Promise<Page<Row>> {
  return pageOf(await db.$queryRaw<Placed<Row>[]>(selection(list, bounds, list.where)), bounds)
}

/** Reads the same page below each of many parents, in one statement; pages stand in the parents' order. */
export async function readPages<Row>(
  db: Transaction,
  list: Required<List<Row>>,
  bounds: Bounds,
  parents: readonly string[],
): Promise<Page<Row>[]> {
  const below = Prisma.sql`${list.parent} = parent.id AND ${list.where}`
  const rows = await db.$queryRaw<(Placed<Row> & { belowId: string })[]>`
    SELECT parent.id AS "belowId", page.* FROM unnest(${parents}::uuid[]) AS parent(id)
    CROSS JOIN LATERAL (${selection(list, bounds, below)}) page`
  const byParent = Map.groupBy(rows, ({ belowId }) => belowId)
  return parents.map((id) => pageOf(byParent.get(id) ?? [], bounds))
}

/** How many rows a list has. */
export async function count(db: Transaction, list: List<unknown>): Promise<number> {
  const rows = await db.$queryRaw<
    [{ count: number }]
  >`SELECT count(*)::integer AS count FROM ${list.from} WHERE ${list.where}`
  return rows[0].count
}

/** How many rows a list has below each parent, in one statement. */
export async function countEach(
  db: Transaction,
  list: Required<List<unknown>>,
  parents: readonly string[],
): Promise<number[]> {
  const rows = await db.$queryRaw<{ id: string; count: number }[]>`
    SELECT ${list.parent} AS id, count(*)::integer AS count FROM ${list.from}
    WHERE ${list.parent} = ANY(${parents}::uuid[]) AND ${list.where} GROUP BY 1`
  const counts = new Map(rows.map(({ id, count }) => [id, count]))
  return parents.map((id) => counts.get(id) ?? 0)
}

function selection({ columns, from, order }: List<unknown>, bounds: Bounds, where: Prisma.Sql): Prisma.Sql {
  const conditions = [
    where,
    ...(bounds.after ? [after(order, bounds.after)] : []),
    ...(bounds.before ? [after(reversed(order), bounds.before)] : []),
  ]
  return Prisma.sql`SELECT ${columns}, ${placeColumn(order)} AS place FROM ${from}
    WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY ${orderBy(readingOrder(order, bounds))}
    LIMIT ${bounds.limit + 1} OFFSET ${bounds.offset}`
}

function pageOf<Row>(found: readonly Placed<Row>[], bounds: Bounds): Page<Row> {
  const more = found.length > bounds.limit
  const rows = found.slice(0, bounds.limit)
  if (bounds.backward) return { rows: rows.reverse(), hasNextPage: bounds.before !== null, hasPreviousPage: more }
  return { rows, hasNextPage: more, hasPreviousPage: bounds.after !== null || bounds.offset > 0 }
}
