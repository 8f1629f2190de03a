import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startPgBouncer } from './support/pgbouncer.ts'

// Runs test files through PgBouncer, by default those that depend on transactions, times, LISTEN and COPY.

const defaultFiles = [
  'auth',
  'bulk',
  'export',
  'history',
  'idempotency',
  'import',
  'import-undo',
  'issue',
  'metrics',
  'pgbouncer',
  'races',
  'rates',
  'report',
  'viewer-cache',
].map((name) => `test/${name}.test.ts`)

const postgres = process.env['TEST_DATABASE_URL'] ?? 'postgresql://postgres@127.0.0.1:5432/postgres'
const givenFiles = process.argv.slice(2)
await using pgbouncer = await startPgBouncer(postgres)
const tests = spawn('vitest', ['run', ...(givenFiles.length > 0 ? givenFiles : defaultFiles)], {
  env: { ...process.env, TEST_DATABASE_URL: postgres, TEST_PGBOUNCER_URL: pgbouncer.url },
  stdio: 'inherit',
})
const [code] = await once(tests, 'close')
process.exitCode = code ?? 1
