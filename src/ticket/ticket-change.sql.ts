import { type Sql, sql } from '../database/sql.ts'

/**
 * A change of one field as the history of a ticket stores it: names of users and labels, values of enums, times in ISO
 * 8601; null for no value.
 */
export interface FieldChange {
  readonly field: string
  readonly from: string | null
  readonly to: string | null
}

/** The change of a field as a JSON array, empty if both values are equal. */
export const changeOf = (field: string, from: Sql, to: Sql) => sql`
  CASE WHEN ${from} IS DISTINCT FROM ${to} THEN jsonb_build_array(
    jsonb_build_object('field', ${field}::text, 'from', ${from}, 'to', ${to})) ELSE '[]' END`

/** Changes as a JSON array. */
export const changesAsJson = (changes: readonly FieldChange[]) => sql`${JSON.stringify(changes)}::jsonb`
