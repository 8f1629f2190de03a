import { join, sql } from '../database/sql.ts'
import type { CursorKey, Order } from './keyset.ts'

const signature = (order: Order) =>
  order.map(({ name, descending, nulls }) => `${name}${descending ? '-' : '+'}${nulls?.[0] ?? ''}`).join('')

/** JSON text for `encodeCursor`. */
export const cursorKeyColumn = (order: Order) =>
  sql`json_build_array(${join(order.map(({ sql: key, type }) => type.toCursorValue?.(key) ?? key))})::text`

/** `cursorKey` is JSON text. */
export function encodeCursor(order: Order, cursorKey: string): string {
  return Buffer.from(`${signature(order)}${cursorKey}`).toString('base64url')
}

/** Returns null if the cursor is invalid or belongs to another order. */
export function decodeCursor(order: Order, cursor: string): CursorKey | null {
  const text = Buffer.from(cursor, 'base64url').toString()
  const start = text.indexOf('[')
  if (start < 0 || text.slice(0, start) !== signature(order)) return null
  const values = parse(text.slice(start))
  if (!Array.isArray(values) || values.length !== order.length) return null
  const isValid = order.every(({ type, nulls }, index) =>
    values[index] === null ? nulls !== undefined : type.cursorValue.safeParse(values[index]).success,
  )
  return isValid ? values : null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
