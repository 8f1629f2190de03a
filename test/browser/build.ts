import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { findFreePort } from '../support/sockets.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Port of the servers to test, for which the examples are built. */
    port: number
    /** URL of a PostgreSQL server, without a database. Null tests on the embedded database only. */
    postgres: string | null
  }
}

const examples = ['board']

/** Builds the examples as their READMEs say. */
export default async function setUp(project: TestProject): Promise<void> {
  const port = await findFreePort()
  project.provide('port', port)
  project.provide('postgres', process.env['TEST_DATABASE_URL'] ?? null)
  for (const example of examples)
    execFileSync('npm', ['run', '--silent', 'build'], {
      cwd: join(import.meta.dirname, '../../examples', example),
      env: { ...process.env, VITE_SNAGLIST_URL: `http://localhost:${port}/graphql` },
      stdio: 'pipe',
    })
}
