import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, inject, test } from 'vitest'
import { sql } from '../src/database/sql.ts'
import type { Transaction } from '../src/database/statements.ts'
import { withRetries } from '../src/database/transaction.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { execute } from './support/databases.ts'
import { createDefect, createTestUsers, signUp } from './support/people.ts'

const server = useServer()
const unavailable = { extensions: { code: 'UNAVAILABLE' } }

const raise = ({ prisma }: Transaction, sqlState: string) =>
  prisma.$executeRawUnsafe(`DO $$ BEGIN RAISE EXCEPTION 'raised' USING ERRCODE = '${sqlState}'; END $$`)

describe('transaction', () => {
  test.each(['40001', '40P01'])('retries a transaction after SQLSTATE %s', async (sqlState) => {
    let runs = 0
    const work = async (tx: Transaction) => {
      if (++runs < 3) await raise(tx, sqlState)
      return 'done'
    }
    expect(await server.database.transaction(work)).toBe('done')
    expect(runs).toBe(3)
  })

  test.each(['40001', '40P01'])('runs a transaction at most five times with SQLSTATE %s', async (sqlState) => {
    let runs = 0
    const work = (tx: Transaction) => {
      runs++
      return raise(tx, sqlState)
    }
    await expect(server.database.transaction(work)).rejects.toThrow()
    expect(runs).toBe(5)
  })

  test.each([
    ['57P01', unavailable],
    ['55P03', unavailable],
    ['57014', unavailable],
    ['23503', { extensions: { code: 'NOT_FOUND' } }],
    ['23505', {}],
    ['40002', {}],
    ['40003', {}],
    ['22012', {}],
  ])('does not retry a transaction after SQLSTATE %s', async (sqlState, expected) => {
    let runs = 0
    const work = (tx: Transaction) => {
      runs++
      return raise(tx, sqlState)
    }
    await expect(server.database.transaction(work)).rejects.toMatchObject(expected)
    expect(runs).toBe(1)
  })

  test('does not retry a transaction that throws an unrelated error', async () => {
    let runs = 0
    await expect(
      withRetries(async () => {
        runs++
        throw new Error('unrelated')
      }),
    ).rejects.toThrow('unrelated')
    expect(runs).toBe(1)
  })
})

// The embedded database runs one transaction at a time, and its connection cannot be terminated.
describe.runIf(inject('postgres'))('transactions on PostgreSQL', () => {
  test('retries one of two transactions in a deadlock', async () => {
    const { transaction, pool } = server.database
    await pool.query('CREATE TABLE counters (id integer PRIMARY KEY, count integer NOT NULL DEFAULT 0)')
    await pool.query('INSERT INTO counters (id) VALUES (1), (2)')
    let runs = 0
    const firstUpdates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    const countUp = (tx: Transaction, id: number) =>
      tx.query(sql`UPDATE counters SET count = count + 1 WHERE id = ${id}`)
    const updateBoth = (own: 0 | 1) =>
      transaction(async (tx) => {
        runs++
        await countUp(tx, own + 1)
        firstUpdates[own].resolve()
        await firstUpdates[1 - own]?.promise
        await countUp(tx, 2 - own)
      })
    await Promise.all([updateBoth(0), updateBoth(1)])
    expect(runs).toBe(3)
    const { rows } = await pool.query('SELECT count FROM counters ORDER BY id')
    expect(rows).toEqual([{ count: 2 }, { count: 2 }])
  })

  test('retries a transaction after a serialization failure', async () => {
    const { transaction, pool } = server.database
    await pool.query('CREATE TABLE totals (total integer NOT NULL)')
    await pool.query('INSERT INTO totals VALUES (0)')
    let runs = 0
    await transaction(async (tx) => {
      runs++
      await tx.query(sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`)
      await tx.query(sql`SELECT total FROM totals`)
      if (runs === 1) await pool.query('UPDATE totals SET total = total + 1')
      await tx.query(sql`UPDATE totals SET total = total + 1`)
    })
    expect(runs).toBe(2)
    expect((await pool.query('SELECT total FROM totals')).rows).toEqual([{ total: 2 }])
  })

  test('returns UNAVAILABLE for a read that loses its connection, and does not rerun the compiled query', async () => {
    const { pool } = server.database
    const Read = graphql(`query RetryRead { tickets(first: 1) { nodes { id } } }`)
    const reader = await signUp(server, 'reader')
    for (let n = 0; n < 3; n++) await reader.ask(Read)
    const lockingClient = await pool.connect()
    await lockingClient.query('BEGIN')
    await lockingClient.query('LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE')
    const response = reader.send(Read)
    for (let waitingCount = 0; waitingCount === 0; ) {
      const { rowCount } = await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`)
      waitingCount = rowCount ?? 0
    }
    await lockingClient.query('ROLLBACK')
    lockingClient.release()
    expect((await response).errors?.map(({ path, extensions }) => [path, extensions?.code])).toEqual([
      [['tickets'], 'UNAVAILABLE'],
    ])
  })

  /** Terminates a connection, and waits until PostgreSQL has closed it. */
  const terminate = (pid: number) => execute(inject('postgres') as string, `SELECT pg_terminate_backend(${pid}, 10000)`)
  const backend = sql`SELECT pg_backend_pid() AS pid`

  test('keeps the process running after the termination of a connection without a listener', async () => {
    const { pool } = server.database
    const client = await pool.connect()
    const { rows } = await client.query<{ pid: number }>(backend)
    const connectionEnd = new Promise<void>((resolve) => client.once('end', resolve))
    await Promise.all([connectionEnd, terminate(rows[0]?.pid ?? 0)])
    client.release()
    expect(pool.idleCount).toBe(pool.totalCount)
  })

  test('returns UNAVAILABLE for a transaction that loses its connection, without a retry', async () => {
    const { transaction, pool, bulkTransaction } = server.database
    let runs = 0
    for (let n = 0; n < 5; n++) {
      await expect(
        transaction(async (tx) => {
          runs++
          await terminate((await tx.query<[{ pid: number }]>(backend))[0].pid)
          await tx.query(sql`SELECT 1`)
        }),
      ).rejects.toMatchObject(unavailable)
      await expect(
        transaction(async (tx) => {
          runs++
          await terminate((await tx.query<[{ pid: number }]>(backend))[0].pid)
        }),
      ).rejects.toMatchObject(unavailable)
      await expect(
        bulkTransaction(async (tx) => {
          runs++
          await terminate((await tx.query<[{ pid: number }]>(backend))[0].pid)
          await tx.query(sql`SELECT 1`)
        }),
      ).rejects.toMatchObject(unavailable)
    }
    // Until the driver notices, the pool may pass the broken connection to the next transaction, whose work does not run.
    expect(runs).toBeLessThanOrEqual(15)
    expect(pool.idleCount).toBe(pool.totalCount)
  })
})

const fields = ['title', 'description', 'absn', 'reportedBy'] as const

test('stores every change of eight clients that retry after CONFLICT, and records each in the history', async () => {
  const users = await createTestUsers(server)
  const { id } = await createDefect(users.contributor, 'CORE', 'Solder')
  const Change = graphql(`
    mutation RetryChange($input: UpdateDefectInput!) { updateDefect(input: $input) { defect { version } } }
  `)
  const acknowledgedChanges = new Map<number, string>()
  let conflicts = 0
  const change = async (field: (typeof fields)[number], text: string, version: number): Promise<number> => {
    for (let attempt = 0; ; attempt++) {
      const input = { id, [field]: text, expectedVersion: version }
      const { data, errors } = await users.contributor.send(Change, { input })
      if (data) {
        const newVersion = data.updateDefect.defect.version
        acknowledgedChanges.set(newVersion, `${field}: ${text}`)
        return newVersion
      }
      const { code, currentVersion } = errors?.[0]?.extensions ?? {}
      expect(code).toBe('CONFLICT')
      conflicts++
      version = Number(currentVersion)
      // An immediate retry would conflict again.
      await wait(Math.random() * Math.min(800, 20 * 2 ** attempt))
    }
  }
  const client = async (number: number) => {
    const field = fields[number % fields.length] ?? 'title'
    let version = 1
    for (let n = 0; n < 5; n++) version = await change(field, `${number}, ${n}`, version)
  }
  await Promise.all(Array.from({ length: 8 }, (_, number) => client(number)))
  expect(conflicts).toBeGreaterThan(0)
  expect(acknowledgedChanges.size).toBe(40)
  const { defect } = await users.contributor.ask(
    graphql(`query RetryOutcome($id: ID!) { defect(id: $id) { version history { totalCount } } }`),
    { id },
  )
  expect(defect).toEqual({ version: 41, history: { totalCount: 40 } })
  const { rows } = await server.database.pool.query<{ version: number; change: string }>(
    `SELECT version, string_agg(change ->> 'field' || ': ' || (change ->> 'to'), '; ') AS change
     FROM history, jsonb_array_elements(changes) change WHERE ticket_id = $1 GROUP BY version`,
    [id],
  )
  expect(new Map(rows.map(({ version, change }) => [version, change]))).toEqual(acknowledgedChanges)
})
