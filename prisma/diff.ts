import { readFileSync } from 'node:fs'
import { PrismaPg } from '@prisma/adapter-pg'
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils'
import { SchemaEngine } from '@prisma/schema-engine-wasm'
import type pg from 'pg'

/** The contents of schema.prisma. */
export const currentSchema = () => readFileSync(new URL('schema.prisma', import.meta.url), 'utf8')

/**
 * The SQL that migrates from one Prisma schema to another; null is an empty database. Does not contain functions, checks
 * and expression indexes, which Prisma cannot express. The pool is used only to query the version of PostgreSQL.
 */
export async function schemaDiff(pool: pg.Pool, from: string | null, to: string): Promise<string> {
  const schema = (content: string) => ({ tag: 'schemaDatamodel' as const, files: [{ path: 'schema.prisma', content }] })
  const adapter = bindMigrationAwareSqlAdapterFactory(new PrismaPg(pool))
  using engine = await SchemaEngine.new({ datamodels: undefined }, () => {}, adapter)
  const { stdout } = await engine.diff({
    from: from === null ? { tag: 'empty' } : schema(from),
    to: schema(to),
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  })
  return stdout ?? ''
}
