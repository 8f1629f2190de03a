import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // One copy of graphql for sources and packages alike: the one that Node resolves, not the one for bundlers.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/databases.ts',
    // An embedded database is a PostgreSQL of its own in each process.
    maxWorkers: 2,
    // What all files load is loaded once by each process. Each still has a database of its own.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
