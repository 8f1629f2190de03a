import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Kind, parse } from 'graphql'
import type { Context } from '../src/context.ts'
import { createDocumentCache } from '../src/graphql/document-cache.ts'
import { schema } from '../src/schema.ts'
import { measureFloods } from './flood.ts'

// Measures hostile documents: the CPU time of rejected documents, of documents at the limits and of compiled queries;
// the memory of 5,000 distinct documents of maximum size, each sent twice, and of 20 with a hundred executed operations;
// floods of documents from one address.

const characters = 15_000
const maxRejectionMilliseconds = 50
const maxCompilationMilliseconds = 100
const maxMegabytes = 50

const times = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => piece(index)).join(' ')
const kinds = ['Issue', 'Defect']

/** Documents that are expensive to validate, expand or nest. */
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

/** Distinct documents of maximum size. */
const largest: Readonly<Record<string, (index: number) => string>> = {
  fields: (n) => `{ viewer { a${n}: id ${times(190, () => '... { id username name }')} } }`.padEnd(characters),
  fragments: (n) =>
    `query Q${n} { tickets { nodes { ${times(40, (m) => `...F${m}`)} } } } ${times(40, (m) => `fragment F${m} on Ticket { id key title status assignee { id name } labels { id name } }`)}`,
  operations: (n) => times(240, (m) => `query Q${n}x${m} { viewer { id } }`),
  comments: (n) => `{ viewer { a${n}: id } }`.padEnd(characters - 1, '#'),
  invalid: (n) => `{ viewer { x${n} } }`.padEnd(characters),
}

/** Documents of a hundred operations, with the most fields that have a cost or are compiled. */
const manyOperations: Readonly<Record<string, (index: number) => string>> = {
  'operations with many costs': (n) =>
    `${times(100, (m) => `query Q${n}x${m} { tickets { nodes { ...F0 } } }`)} ${times(6, (m) => `fragment F${m} on Ticket { ...F${m + 1} ...F${m + 1} }`)} fragment F6 on Ticket { ${times(4, () => '... { project { id } }')} }`,
  'operations that are compiled': (n) =>
    `${times(100, (m) => `query Q${n}x${m} { viewer { ...F } }`)} fragment F on User { ${times(70, () => '... { id username name }')} }`,
}

/** Queries of the maximum size that is compiled. */
const compiledQueries: Readonly<Record<string, string>> = {
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
console.info('| document | characters | CPU ms | |\n|---|---|---|---|')
// The first round warms up the JIT compiler and is not reported.
for (let round = 0; round < 2; round++) {
  const documents = open()
  for (const [name, query] of Object.entries(hostile)) {
    const before = process.cpuUsage()
    let outcome = 'allowed'
    try {
      outcome = documents.read(query).errors[0]?.message ?? outcome
    } catch (error) {
      outcome = (error as Error).message
    }
    const { user, system } = process.cpuUsage(before)
    const duration = (user + system) / 1000
    if (round === 0) continue
    if (outcome !== 'allowed' && duration > maxRejectionMilliseconds) failures++
    console.info(`| ${name} | ${query.length} | ${duration.toFixed(1)} | ${outcome.slice(0, 90)} |`)
  }
}

console.info('\n| compiled query | CPU ms |\n|---|---|')
for (let round = 0; round < 2; round++) {
  for (const [name, query] of Object.entries(compiledQueries)) {
    const documents = open()
    documents.read(query)
    const { errors, operation } = documents.read(query)
    if (errors[0]) throw errors[0]
    const before = process.cpuUsage()
    await operation(null)?.run({ viewer: null } as Context, {})
    const { user, system } = process.cpuUsage(before)
    const duration = (user + system) / 1000
    if (round === 0) continue
    if (duration > maxCompilationMilliseconds) failures++
    console.info(`| ${name} | ${duration.toFixed(1)} |`)
  }
}

/** Maximum heap of documents in megabytes, each sent twice, because only repeated documents are cached. */
async function maxHeap(count: number, document: (index: number) => string, runs: boolean): Promise<number> {
  const documents = open()
  const before = heap()
  let max = 0
  for (let n = 0; n < count; n++) {
    documents.read(document(n))
    const { errors, operation } = documents.read(document(n))
    for (const node of errors.length === 0 ? parse(document(n)).definitions : []) {
      if (node.kind !== Kind.OPERATION_DEFINITION) continue
      const outcome = operation(node.name?.value ?? null)
      if (runs) await outcome?.run({ viewer: null } as Context, {}).catch(() => {})
    }
    if (n % (count / 20) === 0) max = Math.max(max, heap() - before)
  }
  if (max > maxMegabytes) failures++
  return max
}

for (const [count, kinds] of [
  [5000, largest],
  [20, manyOperations],
] as const) {
  console.info(`\n| ${count} documents | maximum heap, MB |\n|---|---|`)
  for (const [name, document] of Object.entries(kinds))
    console.info(`| ${name} | ${(await maxHeap(count, document, kinds === manyOperations)).toFixed(1)} |`)
}

const kindsOfLargest = Object.values(largest)
const aliases = (index: number) =>
  times(30, (n) => `e${index}_${n}: tickets(first: 1) { nodes { id title key number status priority } }`)
const viewers = times(180, () => 'viewer { id username name }')
failures += await measureFloods({
  'of maximal size, valid and invalid': (n) => kindsOfLargest[n % kindsOfLargest.length]?.(n) ?? '',
  'that need a token, each twice': (n) => `{ ${aliases(n >> 1)} }`,
  'sign-ins of maximal size': (n) =>
    `mutation { signIn(input: { username: "x${n}", password: "y" }) { token ${viewers} } }`,
  'nested brackets': (n) => `{ a${n}(b: ${'['.repeat(14_000)}`,
})
if (failures > 0) process.exitCode = 1
