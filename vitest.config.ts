import { createRequire } from 'node:module'
import { basename } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const onPostgres = Boolean(process.env['TEST_DATABASE_URL'])

/** Files that do not run on PostgreSQL, with the reason. */
const withoutPostgres: Readonly<Record<string, string>> = {
  attack: 'rejects documents and pages before any statement',
  audits: 'GraphQL over HTTP, without rows',
  'browser-session': 'a script of the pages, and requests that other files test',
  'command-import': 'options and output of commands; other files test import, export and doctor',
  compiled: 'the document cache; compiled and interpreted queries send the same SQL',
  compression: 'the encoding of responses',
  config: 'environment variables',
  cost: 'costs of documents',
  'cross-origin': 'headers of requests, before any statement',
  'directory-lock': 'the directory of the embedded database',
  'docs-pages': 'pages of the documentation',
  embedded: 'the driver of the embedded database',
  'error-codes': 'source files',
  'example-scripts': 'programs that send requests that other files test',
  'frontends-guide': 'source files',
  'full-disk': 'the disk of the embedded database',
  'graphiql-examples': 'requests that other files test',
  http: 'pages, CORS and health; opens its own databases',
  'import-files': 'parsing of files; other files test staging, merging and dry runs',
  'import-presets': 'columns and words of other trackers, which become those of other imports',
  'import-rules': 'source files',
  'initial-files': 'the archive of a new embedded database',
  limits: 'limits of bodies and documents, before any statement',
  'limits-values': 'validation of inputs and variables',
  'malformed-requests': 'parsing of requests, before any statement',
  migrations: 'opens embedded databases; each run on PostgreSQL migrates its template',
  'outbound-post': 'requests to other servers, without statements',
  'outbound-targets': 'URLs and addresses',
  'permissions-in-projects': 'decisions by role; other files test each mutation, and visibility in SQL',
  'persisted-documents': 'texts of documents, before any statement',
  'prisma-types': 'source files',
  schema: 'the printed schema',
  scripting: 'snippets of the documentation, which send requests that other files test',
  site: 'pages and their files',
  'slow-readers': 'sockets and quotas of responses',
  transport: 'content types, headers and timeouts, before any statement',
  'variable-errors': 'the coercion of variables',
  'webhook-signature': 'signatures of messages',
  'webhooks-guide': 'programs that verify signatures',
  watchdog: 'a thread that watches the event loop',
}

/** The slowest files run first, so that none of them delays the end of the run. */
const slowest = [
  'look-ahead',
  'issue-version',
  'retry',
  'permissions-in-projects',
  'permissions-matrix',
  'command',
  'drill',
]

class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isSlow = ({ moduleId }: TestSpecification) => slowest.includes(basename(moduleId, '.test.ts'))
    const sorted = await super.sort(files)
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))]
  }
}

export default defineConfig({
  // Sources and packages must use the same copy of graphql: Node's, not the one for bundlers.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/{browser,relay}/**',
      ...(onPostgres ? Object.keys(withoutPostgres).map((name) => `test/${name}.test.ts`) : []),
    ],
    globalSetup: 'test/support/databases.ts',
    // An embedded database uses the CPU of its worker; a worker on PostgreSQL waits half of the time.
    maxWorkers: onPostgres ? 3 : 2,
    // Files share loaded modules, but not their databases.
    isolate: false,
    sequence: { sequencer: SlowestFirst },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
