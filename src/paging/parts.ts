import { raw, type Sql, sql } from '../database/sql.ts'
import { allOf } from '../filter/comparators.ts'
import type { Bounds } from './bounds.ts'
import { type CursorKey, keysetCondition, type Order, reverseOrder, type SortKey } from './keyset.ts'

/** Rows that are consecutive in an order and in an index over its keys, which has one direction. */
export interface Part {
  readonly condition: Sql
  readonly order: Order
}

/** Exclusive limits of the rows to read, in the order of reading. */
export interface Range {
  readonly from: CursorKey | null
  readonly to: CursorKey | null
}

interface Group {
  readonly matches: (value: unknown) => boolean
  readonly partsIn: (range: Range) => readonly Part[]
}

/**
 * Divides the rows of a range: null and other values of the first key, and each value of an enum whose direction differs
 * from the next key. Returns the parts in their order; no part if the range is empty.
 */
export function partsOf(order: Order, range: Range): readonly Part[] {
  const [key, ...rest] = order
  if (key?.nulls) return partsInGroups(nullGroups(key, rest), range)
  if (key?.type.values && rest[0] && rest[0].descending !== key.descending)
    return partsInGroups(valueGroups(key, rest), range)
  return [{ condition: rangeCondition(order, range), order }]
}

/** The range between the cursors of a page, for its scan order. */
export const rangeOf = ({ backward, after, before }: Bounds): Range =>
  backward ? { from: before, to: after } : { from: after, to: before }

export function rangeCondition(order: Order, { from, to }: Range): Sql {
  return allOf([
    ...(from ? [keysetCondition(order, from)] : []),
    ...(to ? [keysetCondition(reverseOrder(order), to)] : []),
  ])
}

function nullGroups({ nulls, ...key }: SortKey, rest: Order): Group[] {
  const values: Group = {
    matches: (value) => value !== null,
    partsIn: (range) => withCondition(sql`${key.sql} IS NOT NULL`, partsOf([key, ...rest], range)),
  }
  // The key is constant, but PostgreSQL finds the index only by all of its keys.
  const prefix = { ...key, descending: rest[0]?.descending ?? false }
  const noValue: Group = {
    matches: (value) => value === null,
    partsIn: (range) =>
      withCondition(sql`${key.sql} IS NULL`, partsOf(rest, withoutFirstKey(range))).map(({ condition, order }) => ({
        condition,
        order: [prefix, ...order],
      })),
  }
  return nulls === 'FIRST' ? [noValue, values] : [values, noValue]
}

function valueGroups({ sql: key, type, descending }: SortKey, rest: Order): Group[] {
  const groups = (type.values ?? []).map((constant) => ({
    matches: (value: unknown) => value === constant,
    partsIn: (range: Range) =>
      withCondition(sql`${key} = ${raw(`'${constant}'::${type.name}`)}`, partsOf(rest, withoutFirstKey(range))),
  }))
  return descending ? groups.toReversed() : groups
}

function partsInGroups(groups: readonly Group[], { from, to }: Range): Part[] {
  const first = from ? groups.findIndex(({ matches }) => matches(from[0])) : 0
  const last = to ? groups.findIndex(({ matches }) => matches(to[0])) : groups.length - 1
  return groups.flatMap(({ partsIn }, index) =>
    index < first || index > last
      ? []
      : partsIn({ from: index === first ? from : null, to: index === last ? to : null }),
  )
}

const withCondition = (condition: Sql, parts: readonly Part[]): Part[] =>
  parts.map((part) => ({ condition: allOf([condition, part.condition]), order: part.order }))

const withoutFirstKey = ({ from, to }: Range): Range => ({
  from: from?.slice(1) ?? null,
  to: to?.slice(1) ?? null,
})
