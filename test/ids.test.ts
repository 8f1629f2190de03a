import { expect, test } from 'vitest'
import { useServer } from './support/app.ts'

const server = useServer()

test('creates ids that sort by time', async () => {
  const { rows } = await server.database.pool.query<{ id: string; ms: string }>(
    'SELECT new_id() AS id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms, pg_sleep(0.001) FROM generate_series(1, 20)',
  )
  expect(rows.map(({ id }) => id).toSorted()).toEqual(rows.map(({ id }) => id))
  for (const { id, ms } of rows) {
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Math.abs(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16) - Number(ms))).toBeLessThan(1000)
  }
})
