import type pg from 'pg'
import { expect, test } from 'vitest'
import { currentSchema, schemaDiff } from '../prisma/diff.ts'
import { isMigrated, listMigrations, migrate } from '../src/database/migrate.ts'
import { openEmptyDatabase } from './support/environment.ts'

/** A description of each part of a database. */
async function structure(pool: pg.Pool): Promise<string[]> {
  const { rows } = await pool.query<{ part: string }>(`
    SELECT format('column %s.%s %s%s default %s', table_name, column_name, udt_name, CASE is_nullable WHEN 'NO' THEN ' not null' END, column_default) AS part
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_prisma_migrations'
    UNION ALL SELECT format('enum %s %s', typname, (SELECT string_agg(enumlabel, ' ' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid))
    FROM pg_type WHERE typtype = 'e'
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'
    UNION ALL SELECT format('constraint %s on %s %s', conname, conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f', 'u', 'c') AND conrelid <> '_prisma_migrations'::regclass`)
  return rows.map(({ part }) => part).toSorted()
}

// Prisma cannot express checks, and indexes over expressions, words or some of the rows.
const beyondPrisma = (part: string) => /^constraint \w+_check |^index .*(?:fold_case\(|USING gin| WHERE )/.test(part)

test('migrations create the tables of schema.prisma', async () => {
  await using described = await openEmptyDatabase()
  await using migrated = await openEmptyDatabase()
  const newId = /CREATE FUNCTION new_id.*?\$\$;/s.exec(listMigrations()[0]?.sql ?? '')?.[0]
  await described.pool.query(`${newId} CREATE TABLE _prisma_migrations (id int)`)
  await described.pool.query(await schemaDiff(described.pool, null, currentSchema()))
  await migrate(migrated.pool)
  const expected = await structure(described.pool)
  expect(expected.length).toBeGreaterThan(100)
  expect((await structure(migrated.pool)).filter((part) => !beyondPrisma(part))).toEqual(expected)
})

test('migrations run once in one transaction if several servers start concurrently', async () => {
  await using fresh = await openEmptyDatabase()
  await expect(isMigrated(fresh.pool)).rejects.toThrow()
  const runs = await Promise.all([migrate(fresh.pool), migrate(fresh.pool), migrate(fresh.pool)])
  expect(runs.flat()).toEqual(listMigrations().map(({ name }) => name))
  expect(await isMigrated(fresh.pool)).toBe(true)
  await fresh.pool.query('ALTER TABLE labels RENAME TO tags')
  await fresh.pool.query('DELETE FROM _prisma_migrations')
  await expect(migrate(fresh.pool)).rejects.toThrow(/already exists/)
  expect((await fresh.pool.query('SELECT * FROM _prisma_migrations')).rows).toEqual([])
})

test('migrate rejects changed migrations and the database of a newer server', async () => {
  await using fresh = await openEmptyDatabase()
  await migrate(fresh.pool)
  await fresh.pool.query("UPDATE _prisma_migrations SET checksum = 'other'")
  await expect(migrate(fresh.pool)).rejects.toThrow(/Migrations were changed after they were applied/)
  await fresh.pool.query("UPDATE _prisma_migrations SET migration_name = '29990101000000_later'")
  await expect(migrate(fresh.pool)).rejects.toThrow(/newer than this server/)
})

test('migrate reports a database user without the right to create tables', async () => {
  await using fresh = await openEmptyDatabase()
  await fresh.pool.query('CREATE ROLE guest; SET ROLE guest')
  await expect(migrate(fresh.pool)).rejects.toThrow(
    /preparation of the migrations failed: permission denied .* OWNER TO/,
  )
})
