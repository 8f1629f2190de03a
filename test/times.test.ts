import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timeOf } from '../src/reading/columns.ts'

/** As PostgreSQL writes a timestamptz in JSON, in the time zone UTC. */
const toJson = (time: Date) => time.toISOString().replace(/\.?0*Z$/, '+00:00')

test('times of the database become ISO 8601 with milliseconds', () => {
  const times = fc.date({
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
    noInvalidDate: true,
  })
  fc.assert(
    fc.property(times, (time) => {
      expect(timeOf(toJson(time))).toBe(time.toISOString())
    }),
  )
})

test.each([
  ['2024-02-29T23:59:59+00:00', '2024-02-29T23:59:59.000Z'],
  ['2024-02-29T23:59:59.5+00:00', '2024-02-29T23:59:59.500Z'],
  ['2024-02-29T23:59:59.123456+00:00', '2024-02-29T23:59:59.123Z'],
  ['2024-02-29T23:59:59.12+01:00', '2024-02-29T22:59:59.120Z'],
])('the time %s becomes %s', (json, time) => expect(timeOf(json)).toBe(time))
