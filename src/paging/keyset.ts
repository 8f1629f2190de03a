import { z } from 'zod'
import { Prisma } from '../../prisma/generated/client.ts'

/** What a key's values are: their PostgreSQL type, and how they stand in a cursor. */
export interface KeyType {
  readonly name: string
  readonly inCursor: z.ZodType
}

export const moment: KeyType = {
  name: 'timestamptz',
  // PostgreSQL writes at most six digits of a second, and reads no endless ones.
  inCursor: z.iso
    .datetime({ offset: true })
    .max(32)
    .regex(/^(?!0000).*(?:Z|[+]00:00)$/),
}
export const integer: KeyType = { name: 'integer', inCursor: z.int32() }
export const text: KeyType = { name: 'text', inCursor: z.string().refine((value) => !value.includes('\0')) }
export const uuid: KeyType = { name: 'uuid', inCursor: z.guid() }
/** An enum of the database, which sorts in the order its words were declared in. */
export const enumeration = (name: string, words: Readonly<Record<string, string>>): KeyType => ({
  name,
  inCursor: z.enum(words),
})

/** One part of an order: an expression over the listed row, and how it sorts. */
export interface SortKey {
  /** Its name in cursors, so that a cursor of another order is refused. */
  readonly name: string
  readonly sql: Prisma.Sql
  readonly type: KeyType
  readonly descending: boolean
  /** Where rows without a value stand; left out for what always has one. */
  readonly nulls?: 'FIRST' | 'LAST'
}

/** An order ends with a unique key, so that every row has its own place in it. */
export type Order = readonly SortKey[]

/** The values of a row under an order's keys: its place. */
export type Place = readonly (string | number | null)[]

const nothing = Prisma.sql`FALSE`
const everything = Prisma.sql`TRUE`

/** The order read from its end. */
export function reversed(order: Order): Order {
  return order.map((key) => ({
    ...key,
    descending: !key.descending,
    ...(key.nulls && { nulls: key.nulls === 'FIRST' ? ('LAST' as const) : ('FIRST' as const) }),
  }))
}

/** The keys as a list for ORDER BY. */
export function orderBy(order: Order): Prisma.Sql {
  return Prisma.join(
    order.map(({ sql, descending, nulls }) => {
      const direction = descending ? Prisma.sql`DESC` : Prisma.sql`ASC`
      if (!nulls) return Prisma.sql`${sql} ${direction}`
      return Prisma.sql`${sql} ${direction} NULLS ${nulls === 'FIRST' ? Prisma.sql`FIRST` : Prisma.sql`LAST`}`
    }),
  )
}

/**
 * The rows that come after a place, as a range that an index over the keys can be entered at: a row comparison where
 * all keys have values and one direction, else `a >= x AND (a > x OR …)`, key by key.
 */
export function after(order: Order, place: Place): Prisma.Sql {
  const uniform = order.every(({ descending, nulls }) => !nulls && descending === order[0]?.descending)
  if (!uniform) return afterKey(order, place)
  const keys = Prisma.join(order.map(({ sql }) => sql))
  const values = Prisma.join(order.map((key, index) => bound(key, place[index] ?? null)))
  return order[0]?.descending ? Prisma.sql`(${keys}) < (${values})` : Prisma.sql`(${keys}) > (${values})`
}

function afterKey([key, ...rest]: Order, [value = null, ...values]: Place): Prisma.Sql {
  if (!key) return nothing
  const behind = beyond(key, value)
  if (rest.length === 0) return behind
  return Prisma.sql`(${notBefore(key, value)} AND (${behind} OR ${afterKey(rest, values)}))`
}

/** The rows whose key sorts strictly after a value. */
function beyond(key: SortKey, value: string | number | null): Prisma.Sql {
  if (value === null) return key.nulls === 'FIRST' ? Prisma.sql`${key.sql} IS NOT NULL` : nothing
  const further = key.descending
    ? Prisma.sql`${key.sql} < ${bound(key, value)}`
    : Prisma.sql`${key.sql} > ${bound(key, value)}`
  return key.nulls === 'LAST' ? Prisma.sql`(${further} OR ${key.sql} IS NULL)` : further
}

/** The rows whose key sorts at a value or after it. */
function notBefore(key: SortKey, value: string | number | null): Prisma.Sql {
  if (value === null) return key.nulls === 'FIRST' ? everything : Prisma.sql`${key.sql} IS NULL`
  const onwards = key.descending
    ? Prisma.sql`${key.sql} <= ${bound(key, value)}`
    : Prisma.sql`${key.sql} >= ${bound(key, value)}`
  return key.nulls === 'LAST' ? Prisma.sql`(${onwards} OR ${key.sql} IS NULL)` : onwards
}

function bound({ type }: SortKey, value: string | number | null): Prisma.Sql {
  return Prisma.sql`${value}::${Prisma.raw(type.name)}`
}
