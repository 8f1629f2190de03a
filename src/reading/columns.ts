import { join, raw, type Sql, sql } from '../database/sql.ts'
import { decodeValue, objectOf, type Value } from './value.ts'

/** `time` is decoded to ISO 8601; `always` is read regardless of the selection. */
export type ColumnMode = 'plain' | 'time' | 'always'

export interface Columns<Row> {
  readonly alias: Sql
  readonly values: ReadonlyMap<string, Value<unknown>>
  readonly alwaysSelected: readonly string[]
  readonly all: Sql
  /** All columns as one JSON text, since Prisma converts columns one by one. */
  readonly text: Sql
  readonly parse: (text: string) => Row
  /** Only a type parameter: has no value. */
  readonly row?: Row
}

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/**
 * The JSON of a timestamptz, which omits trailing zeros, as ISO 8601 with milliseconds. Returns other times, such as infinity,
 * unchanged.
 */
export function timeOf(json: string): string {
  const isUsual = json.endsWith('+00:00') && (json.length === 25 || (json[19] === '.' && json.length < 30))
  if (isUsual) return `${json.slice(0, 19)}.${json.slice(20, -6).padEnd(3, '0')}Z`
  const time = new Date(json)
  return Number.isNaN(time.getTime()) ? json : time.toISOString()
}

/** Maps a property such as `createdAt` to the column created_at. */
export function columnsOf<Row>(
  alias: string,
  modes: { readonly [Name in keyof Row & string]-?: ColumnMode },
): Columns<Row> {
  const entries = Object.entries<ColumnMode>(modes).map(([name, mode]) => {
    const sql = raw(`${alias}.${snakeCase(name)}`)
    return { name, mode, value: { sql, ...(mode === 'time' && { decode: timeOf }) } }
  })
  const values = new Map<string, Value<unknown>>(entries.map(({ name, value }) => [name, value]))
  const row = objectOf<Row & object>(values)
  return {
    alias: raw(alias),
    values,
    alwaysSelected: entries.filter(({ mode }) => mode === 'always').map(({ name }) => name),
    text: sql`(${row.sql})::text`,
    parse: (text) => decodeValue(row, JSON.parse(text)),
    all: join(entries.map(({ name, value }) => sql`${value.sql} AS ${raw(`"${name}"`)}`)),
  }
}
