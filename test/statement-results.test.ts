import { expect, it } from 'vitest'
import { raw, type Sql, sql } from '../src/database/sql.ts'
import { useServer } from './support/app.ts'

const server = useServer()

const now = new Date('0099-02-03T04:05:06.789Z')

it.each<[string, Sql]>([
  ['text', sql`SELECT 'a' AS text, NULL AS nothing, true AS flag, gen_random_uuid() IS NULL AS computed`],
  [
    'numbers',
    sql`SELECT 1 AS int, 9007199254740993::int8 AS bigint, 0.1::float8 AS double, count(*) AS count FROM users`,
  ],
  ['times', sql`SELECT ${now}::timestamptz AS time, NULL::timestamptz AS "noTime"`],
  ['JSON', sql`SELECT '{"a": [1, null]}'::json AS json, '"b"'::jsonb AS jsonb, NULL::jsonb AS "noJson"`],
  ['arrays', sql`SELECT ${['a', null, 'b"\\']}::text[] AS texts, ${[1, 2]}::int[] AS ints`],
  ['enums', sql`SELECT 'OPEN'::ticket_status AS status, ARRAY['OPEN', 'CLOSED']::ticket_status[] AS statuses`],
  ['several rows', sql`SELECT * FROM generate_series(1, ${3}::int) AS number`],
  ['no rows', sql`SELECT 1 AS number WHERE false`],
])('statements outside and in a transaction have the same results: %s', async (_, statement) => {
  const { db, transaction } = server.database
  expect(await db.query(statement)).toStrictEqual(await transaction((tx) => tx.query(statement)))
})

it.each(['1.5::numeric', "'a'::bytea", "DATE '2026-01-01'", 'ARRAY[1::int8]', 'ARRAY[now()]'])(
  'rejects a column whose value would differ between statements outside and in a transaction: %s',
  async (value) => {
    await expect(server.database.db.query(sql`SELECT ${raw(value)} AS value`)).rejects.toThrow('column value')
  },
)
