import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Kind, parse } from 'graphql'
import type { Context } from '../src/context.ts'
import { createDocumentCache } from '../src/graphql/document-cache.ts'
import { schema } from '../src/schema.ts'

// What hostile documents take: processor time of those that are refused and of those that just fit, and of compiling
// queries; and the memory of 5,000 documents of the largest size, each another one, which come twice, and of 20 with a
// hundred operations that all run.

const characters = 15_000
const refusedWithin = 50
const compiledWithin = 100
const megabytes = 50

const times = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => piece(index)).join(' ')
const kinds = ['Issue', 'Defect']

/** Documents that are made to be compared, written out, or nested. */
const hostile: Readonly<Record<string, string>> = {
  'a field 900 times': `{ tickets { nodes { ${times(900, () => 'id')} } } }`,
  '200 × 100 inline fragments': `{ tickets { nodes { ${times(200, () => `... on Issue { ${times(100, () => 'id')} }`)} } } }`,
  'inline fragments of two types': `{ tickets { nodes { ${times(160, (n) => `... on ${kinds[n % 2]} { project { id key } }`)} } } }`,
  'fragments across fragments': `{ tickets { nodes { ${times(60, (n) => `...F${n}`)} } } } ${times(60, (n) => `fragment F${n} on Ticket { project { ...G${n} } } fragment G${n} on Project { id key name }`)}`,
  'fragments 200 deep': `{ tickets { nodes { ...F0 } } } ${times(200, (n) => `fragment F${n} on Ticket { id ...F${n + 1} }`)} fragment F200 on Ticket { id }`,
  'fragments that double 30 times': `{ viewer { ...F0 } } ${times(30, (n) => `fragment F${n} on User { ...F${n + 1} ...F${n + 1} }`)} fragment F30 on User { id }`,
  'fragments that double, unused': `{ viewer { id } } ${times(30, (n) => `fragment F${n} on User { ...F${n + 1} ...F${n + 1} }`)} fragment F30 on User { id }`,
  'fragments in circles': `{ viewer { ...F0 } } ${times(100, (n) => `fragment F${n} on User { ...F${(n + 1) % 100} ...F${(n + 7) % 100} }`)}`,
  '240 operations': times(240, (n) => `query Q${n} { viewer { id } }`),
  '240 operations of one name': times(240, () => 'query Q { viewer { id } }'),
  '400 variables': `query (${times(400, (n) => `$v${n}: Int`)}) { viewer { id } }`,
  '600 directives': `{ viewer { id ${times(600, () => '@aa')} } }`,
  '900 unknown fields': `{ ${times(900, (n) => `x${n}`)} }`,
  'a list of 1,500': `{ tickets(filter: { id: { in: [${times(1500, () => '"x"')}] } }) { totalCount } }`,
  'filters 200 deep': `{ tickets(filter: ${'{and:['.repeat(200)}{}${']}'.repeat(200)}) { totalCount } }`,
  'introspection in circles': '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }',
  'types of types, 200 deep': `{ __schema { types { ${'ofType{'.repeat(200)}name${'}'.repeat(200)} } } }`,
}

/** Documents of the largest size, each with something of its own. */
const largest: Readonly<Record<string, (index: number) => string>> = {
  fields: (n) => `{ viewer { a${n}: id ${times(190, () => '... { id username name }')} } }`.padEnd(characters),
  fragments: (n) =>
    `query Q${n} { tickets { nodes { ${times(40, (m) => `...F${m}`)} } } } ${times(40, (m) => `fragment F${m} on Ticket { id key title status assignee { id name } labels { id name } }`)}`,
  operations: (n) => times(240, (m) => `query Q${n}x${m} { viewer { id } }`),
  comments: (n) => `{ viewer { a${n}: id } }`.padEnd(characters - 1, '#'),
  'faulty ones': (n) => `{ viewer { x${n} } }`.padEnd(characters),
}

/** Documents of a hundred operations, each as large as it may be to be priced, or compiled. */
const manyOperations: Readonly<Record<string, (index: number) => string>> = {
  'operations that are priced': (n) =>
    `${times(100, (m) => `query Q${n}x${m} { tickets { nodes { ...F0 } } }`)} ${times(6, (m) => `fragment F${m} on Ticket { ...F${m + 1} ...F${m + 1} }`)} fragment F6 on Ticket { ${times(4, () => '... { project { id } }')} }`,
  'operations that are compiled': (n) =>
    `${times(100, (m) => `query Q${n}x${m} { viewer { ...F } }`)} fragment F on User { ${times(70, () => '... { id username name }')} }`,
}

/** Queries that are compiled when they come again, as large as that may be. */
const compiled: Readonly<Record<string, string>> = {
  '300 fields': `{ viewer { ${times(70, () => '... { id username name }')} } }`,
  'pages in pages':
    '{ tickets { nodes { comments { nodes { replies { nodes { author { name } } } author { name } } } project { issues { nodes { labels { name } } } members { nodes { user { name } } } } } } }',
  '28 filters in variables': `query (${times(28, (n) => `$f${n}: TicketFilter`)}) { ${times(28, (n) => `a${n}: tickets(filter: $f${n}) { nodes { id } }`)} }`,
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const heap = () => {
  collect()
  return getHeapStatistics().used_heap_size / 1e6
}

const open = () => createDocumentCache({ schema, suggestions: false, compilation: true, onRun: () => {} })
let failures = 0
console.info('| document | characters | ms of processor | |\n|---|---|---|---|')
// The second round is told: the first compiles this program.
for (let round = 0; round < 2; round++) {
  const documents = open()
  for (const [name, query] of Object.entries(hostile)) {
    const before = process.cpuUsage()
    let found = 'fits'
    try {
      found = documents.read(query).errors[0]?.message ?? found
    } catch (error) {
      found = (error as Error).message
    }
    const { user, system } = process.cpuUsage(before)
    const took = (user + system) / 1000
    if (round === 0) continue
    if (found !== 'fits' && took > refusedWithin) failures++
    console.info(`| ${name} | ${query.length} | ${took.toFixed(1)} | ${found.slice(0, 90)} |`)
  }
}

console.info('\n| compiled | ms of processor |\n|---|---|')
for (let round = 0; round < 2; round++) {
  for (const [name, query] of Object.entries(compiled)) {
    const documents = open()
    documents.read(query)
    const { errors, operation } = documents.read(query)
    if (errors[0]) throw errors[0]
    const before = process.cpuUsage()
    await operation(null)?.run({ viewer: null } as Context, {})
    const { user, system } = process.cpuUsage(before)
    const took = (user + system) / 1000
    if (round === 0) continue
    if (took > compiledWithin) failures++
    console.info(`| ${name} | ${took.toFixed(1)} |`)
  }
}

/** The most heap that some documents take, each sent twice: what comes once is not remembered. */
async function mostHeap(count: number, document: (index: number) => string, runs: boolean): Promise<number> {
  const documents = open()
  const before = heap()
  let most = 0
  for (let n = 0; n < count; n++) {
    documents.read(document(n))
    const { errors, operation } = documents.read(document(n))
    for (const node of errors.length === 0 ? parse(document(n)).definitions : []) {
      if (node.kind !== Kind.OPERATION_DEFINITION) continue
      const found = operation(node.name?.value ?? null)
      if (runs) await found?.run({ viewer: null } as Context, {}).catch(() => {})
    }
    if (n % (count / 20) === 0) most = Math.max(most, heap() - before)
  }
  if (most > megabytes) failures++
  return most
}

for (const [count, kinds] of [
  [5000, largest],
  [20, manyOperations],
] as const) {
  console.info(`\n| ${count} documents | MB of heap at most |\n|---|---|`)
  for (const [name, document] of Object.entries(kinds))
    console.info(`| ${name} | ${(await mostHeap(count, document, kinds === manyOperations)).toFixed(1)} |`)
}
if (failures > 0) process.exitCode = 1
