import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timeOf } from '../src/reading/columns.ts'
import { useServer } from './support/app.ts'

const server = useServer()

test('times of the database become ISO 8601 with milliseconds', async () => {
  const time = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  const times = fc.sample(time, 500).map((date) => date.toISOString())
  const { rows } = await server.database.pool.query<{ json: string }>(
    'SELECT to_json(t::timestamptz(3))::text AS json FROM unnest($1::text[]) t',
    [times],
  )
  expect(rows.map(({ json }) => timeOf(JSON.parse(json)))).toEqual(times)
})

test.each([
  ['2024-02-29T23:59:59+00:00', '2024-02-29T23:59:59.000Z'],
  ['2024-02-29T23:59:59.5+00:00', '2024-02-29T23:59:59.500Z'],
  ['2024-02-29T23:59:59.123456+00:00', '2024-02-29T23:59:59.123Z'],
  ['2024-02-29T23:59:59.12+01:00', '2024-02-29T22:59:59.120Z'],
  ['infinity', 'infinity'],
])('the time %s becomes %s', (json, time) => expect(timeOf(json)).toBe(time))
