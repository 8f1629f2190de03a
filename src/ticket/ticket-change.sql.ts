import { type Sql, sql } from '../database/sql.ts'
import type { FieldChange } from '../rows.ts'

/** A JSON array, empty if both values are equal. */
export const changeOf = (field: string, from: Sql, to: Sql) => sql`
  CASE WHEN ${from} IS DISTINCT FROM ${to} THEN jsonb_build_array(
    jsonb_build_object('field', ${field}::text, 'from', ${from}, 'to', ${to})) ELSE '[]' END`

export const changesAsJson = (changes: readonly FieldChange[]) => sql`${JSON.stringify(changes)}::jsonb`
