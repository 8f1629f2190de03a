import { exec } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { findFreePort } from '../support/sockets.ts'

const execute = promisify(exec)

declare module 'vitest' {
  interface ProvidedContext {
    /** Ports of the servers to test, for which the examples are built. */
    ports: Readonly<Record<string, number>>
    /** URL of a PostgreSQL server, without a database. Null tests on the embedded database only. */
    postgres: string | null
  }
}

const examples = ['apollo-list', 'board']

/** Installs and builds the examples as their READMEs say. */
export default async function setUp(project: TestProject): Promise<void> {
  project.provide('postgres', process.env['TEST_DATABASE_URL'] ?? null)
  const ports = await Promise.all(
    examples.map(async (example) => {
      const port = await findFreePort()
      await execute('npm ci --silent --no-audit --no-fund && npm run --silent build', {
        cwd: join(import.meta.dirname, '../../examples', example),
        env: { ...process.env, VITE_SNAGLIST_URL: `http://localhost:${port}/graphql` },
      })
      return [example, port] as const
    }),
  )
  project.provide('ports', Object.fromEntries(ports))
}
