import { join, sql } from '../database/sql.ts'
import type { Order, Place } from './keyset.ts'

const signature = (order: Order) =>
  order.map(({ name, descending, nulls }) => `${name}${descending ? '-' : '+'}${nulls?.[0] ?? ''}`).join('')

/** The place of the row as SQL, a JSON array of text: what `encodeCursor` takes. */
export const placeColumn = (order: Order) => sql`json_build_array(${join(order.map(({ sql }) => sql))})::text`

/** A row's place in an order as the opaque text that clients hand back. */
export function encodeCursor(order: Order, place: string): string {
  return Buffer.from(`${signature(order)}${place}`).toString('base64url')
}

/** The place that a cursor holds; null when it is none, or one of another order. */
export function decodeCursor(order: Order, cursor: string): Place | null {
  const text = Buffer.from(cursor, 'base64url').toString()
  const start = text.indexOf('[')
  if (start < 0 || text.slice(0, start) !== signature(order)) return null
  const values = parse(text.slice(start))
  if (!Array.isArray(values) || values.length !== order.length) return null
  const fits = order.every(({ type, nulls }, index) =>
    values[index] === null ? nulls !== undefined : type.inCursor.safeParse(values[index]).success,
  )
  return fits ? values : null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
