import { join, raw, type Sql, sql } from '../database/sql.ts'
import { decoded, objectOf, type Value } from './value.ts'

/** How a column is read: as it is, as a Date, or whatever else a selection asks for. */
export type Reading = 'plain' | 'time' | 'always'

/** The columns of a table that make a row of a type, under the table's alias. */
export interface Columns<Row> {
  readonly alias: Sql
  /** The value of each property. */
  readonly values: ReadonlyMap<string, Value<unknown>>
  /** What every row has, whatever a selection asks for. */
  readonly always: readonly string[]
  /** All of them, to be selected by a plain statement. */
  readonly all: Sql
  /** All columns as one JSON text: cheaper than columns, which Prisma converts one by one. */
  readonly text: Sql
  /** Parses that text. */
  readonly parse: (text: string) => Row
  /** Never there: it ties the columns to the type of their rows. */
  readonly row?: Row
}

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
const time = (json: string) => new Date(json)

/** The columns of a table; a property `createdAt` is the column created_at. */
export function columnsOf<Row>(
  alias: string,
  readings: { readonly [Name in keyof Row & string]-?: Reading },
): Columns<Row> {
  const entries = Object.entries<Reading>(readings).map(([name, reading]) => {
    const sql = raw(`${alias}.${snakeCase(name)}`)
    return { name, reading, value: { sql, ...(reading === 'time' && { decode: time }) } }
  })
  const values = new Map<string, Value<unknown>>(entries.map(({ name, value }) => [name, value]))
  const row = objectOf<Row & object>(values)
  return {
    alias: raw(alias),
    values,
    always: entries.filter(({ reading }) => reading === 'always').map(({ name }) => name),
    text: sql`(${row.sql})::text`,
    parse: (text) => decoded(row, JSON.parse(text)),
    all: join(entries.map(({ name, value }) => sql`${value.sql} AS ${raw(`"${name}"`)}`)),
  }
}
