import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const onPostgres = Boolean(process.env['TEST_DATABASE_URL'])

/** Files that a run on PostgreSQL leaves out, and why the database makes no difference to them. */
const withoutPostgres: Readonly<Record<string, string>> = {
  attack: 'refusals of documents and of pages, before any statement',
  audits: 'GraphQL over HTTP: documents without rows',
  'command-import': 'options and output of commands; import, export and doctor have their tests on PostgreSQL',
  compiled: 'the memory of documents: the same SQL is sent by either way of running it',
  config: 'the environment',
  cost: 'prices are computed from documents',
  'directory-lock': 'the folder of the embedded database',
  embedded: 'the driver of the embedded database',
  http: 'pages, CORS and health; opens the databases that it needs by itself',
  'import-rules': 'source files',
  limits: 'bounds of bodies and documents, before any statement',
  migrations: 'opens embedded databases by itself; the template of each run is migrated on PostgreSQL',
  schema: 'the printed schema',
  transport: 'content types, headers and timeouts, before any statement',
}

/** The files that take longest, so that none of them begins when the others have ended. */
const slowest = ['look-ahead', 'issue-version', 'retry', 'rights-in-projects', 'rights-matrix', 'command', 'drill']

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => slowest.includes(basename(moduleId, '.test.ts'))
    const sorted = await super.sort(files)
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))]
  }
}

export default defineConfig({
  // One copy of graphql for sources and packages alike: the one that Node resolves, not the one for bundlers.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: onPostgres ? Object.keys(withoutPostgres).map((name) => `test/${name}.test.ts`) : [],
    globalSetup: 'test/support/databases.ts',
    // An embedded database runs in the worker itself; a worker on PostgreSQL waits for it half of its time.
    maxWorkers: onPostgres ? 3 : 2,
    // What all files load is loaded once by each process. Each still has a database of its own.
    isolate: false,
    sequence: { sequencer: SlowestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
