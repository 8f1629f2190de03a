import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/browser/*.test.ts'],
    globalSetup: 'test/browser/build.ts',
    maxWorkers: 2,
    // A story: each test continues where the previous one ended.
    bail: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
