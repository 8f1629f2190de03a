/** A query whose work grows with its size, usually the number of aliases. */
export interface CostlyQuery {
  readonly name: string
  /** The largest size to try. */
  readonly maxSize: number
  readonly query: (size: number) => string
}

const maxAliases = 30
const maxPageSize = 200

const repeated =
  (piece: (index: number) => string): CostlyQuery['query'] =>
  (size) =>
    `{ ${Array.from({ length: size }, (_, n) => `a${n}: ${piece(n)}`).join(' ')} }`
const repeatedIn =
  (before: string, piece: (index: number) => string, after: string): CostlyQuery['query'] =>
  (size) =>
    `{ ${before} ${Array.from({ length: size }, (_, n) => `a${n}: ${piece(n)}`).join(' ')} ${after} }`
const list = (args: string, fields: string) => `tickets(${args}) { ${fields} }`
const lists = (name: string, args: (n: number) => string, fields: string): CostlyQuery => ({
  name,
  maxSize: maxAliases,
  query: repeated((n) => list(args(n), fields)),
})
const inProjects = (name: string, args: (n: number) => string, fields: string): CostlyQuery => ({
  name,
  maxSize: maxAliases,
  query: repeatedIn('projects(first: 20) { nodes {', (n) => `issues(${args(n)}) { ${fields} }`, '} }'),
})
/** The project of many tickets, which is the same for most of them. */
const inProjectsOfTickets = (name: string, args: string, fields: string): CostlyQuery => ({
  name,
  maxSize: maxPageSize,
  query: (size) => `{ tickets(first: ${size}) { nodes { project { issues(${args}) { ${fields} } } } } }`,
})
const anyOf = (conditions: readonly string[]) => `filter: { or: [${conditions.join(', ')}] }`
const reports = (name: string, field: (n: number) => string): CostlyQuery => ({
  name,
  maxSize: maxAliases,
  query: repeatedIn('reports {', field, '}'),
})
const row = 'nodes { id }'
const noMatch = 'absn: { eq: "nothing" }'

/** Expensive queries, each for a different reason. */
export const costlyQueries: readonly CostlyQuery[] = [
  {
    name: 'comments of tickets, with authors',
    maxSize: maxPageSize,
    query: (size) =>
      `{ tickets(first: 200) { nodes { key title description assignee { name } labels { name } comments(first: ${size}) { nodes { body author { name } } } } } }`,
  },
  {
    name: 'long texts',
    maxSize: maxAliases,
    query: repeated((n) => `tickets(first: 200, offset: ${n * 200}) { nodes { description title key } }`),
  },
  {
    name: 'history and comments, counted for each ticket',
    maxSize: maxPageSize,
    query: (size) =>
      `{ tickets(first: ${size}) { nodes { commentCount comments(first: 1) { totalCount } history(first: 1) { totalCount } } } }`,
  },
  lists(
    'lists with counts',
    (n) => `first: 1, filter: { priority: { gte: HIGH }, createdAt: { gte: "-P${n + 2000}D" } }`,
    `totalCount ${row}`,
  ),
  lists('lists without matches', (n) => `first: 1, filter: { ${noMatch}, title: { eq: "nothing ${n}" } }`, row),
  lists('lists that must be sorted', () => 'first: 1, orderBy: [{ field: PRIORITY }, { field: TITLE }]', row),
  lists(
    'lists by title, filtered',
    (n) => `first: 1, orderBy: { field: TITLE }, filter: { status: { in: [OPEN, CLOSED] }, title: { in: ["x${n}"] } }`,
    row,
  ),
  lists(
    'comparisons of labels',
    (n) => `first: 1, filter: { label: { none: ["label 1"], every: ["label ${n}", "label 2", "label 3"] } }`,
    `totalCount ${row}`,
  ),
  lists(
    'filters by times in the history',
    (n) => `first: 1, filter: { firstResponseAt: { lt: "2020-01-0${1 + (n % 9)}T00:00:00Z" } }`,
    row,
  ),
  lists(
    'filters by past states',
    () => 'first: 1, filter: { everReopenedAt: { lt: "2020-01-01T00:00:00Z" }, openAt: "2025-01-01T00:00:00Z" }',
    row,
  ),
  {
    name: 'comparisons of texts',
    maxSize: 100,
    query: (size) => {
      const conditions = Array.from({ length: size }, (_, n) => `{ title: { contains: "nothing ${n}" } }`)
      return `{ ${list(`first: 1, ${anyOf(conditions)}`, row)} }`
    },
  },
  {
    name: 'comparisons of long texts, counted',
    maxSize: 100,
    query: (size) => {
      const conditions = Array.from({ length: size }, (_, n) => `{ description: { contains: "nothing ${n}" } }`)
      return `{ ${list(`first: 1, ${anyOf(conditions)}`, `totalCount ${row}`)} }`
    },
  },
  {
    name: 'comparisons of many equal texts',
    maxSize: 100,
    query: (size) => {
      const conditions = Array.from({ length: size }, (_, n) => `{ title: { eq: "nothing ${n}" } }`)
      return `{ ${list(`first: 1, ${anyOf(conditions)}`, `totalCount ${row}`)} }`
    },
  },
  lists('searches without matches', (n) => `first: 1, filter: { search: "zqx${n}jk" }`, row),
  lists('searches', () => 'first: 1, filter: { search: "driver queue" }', row),
  lists('searches, counted', () => 'first: 1, filter: { search: "driver or queue" }', `totalCount ${row}`),
  lists(
    'searches by relevance',
    () => 'first: 1, filter: { search: "driver queue" }, orderBy: [{ field: RELEVANCE }]',
    `totalCount ${row}`,
  ),
  lists('searches of two letters without matches', () => 'first: 1, filter: { search: "zq" }', `totalCount ${row}`),
  lists('searches of two letters with many matches', () => 'first: 1, filter: { search: "er" }', `totalCount ${row}`),
  lists(
    'searches for a phrase',
    () => 'first: 1, filter: { search: "\\"gives up without a word\\" -hour" }',
    `totalCount ${row}`,
  ),
  {
    name: 'searches in projects by relevance',
    maxSize: maxAliases,
    query: repeated(
      (n) =>
        `tickets(first: 1, filter: { project: { eq: "P0${String(1 + (n % 20)).padStart(2, '0')}" }, search: "driver queue" }, orderBy: [{ field: RELEVANCE }]) { totalCount ${row} }`,
    ),
  },
  lists(
    'search boxes',
    (n) =>
      `first: 20, filter: { search: "${'bcdfghklmnprstw'[n % 15]}" }, orderBy: [{ field: RELEVANCE, direction: DESC }]`,
    'totalCountUpTo nodes { key title excerpt(search: "driver") { text } }',
  ),
  lists('lists by last comment', () => 'first: 1, orderBy: [{ field: COMMENTED_AT }]', row),
  lists(
    'filters by last comment',
    () => 'first: 1, filter: { commentedAt: { gt: "2050-01-01T00:00:00Z" } }',
    `totalCount ${row}`,
  ),
  {
    name: 'excerpts',
    maxSize: maxPageSize * 10,
    query: (size) =>
      `{ ${Array.from({ length: Math.ceil(size / maxPageSize) }, (_, n) => `a${n}: tickets(first: ${Math.min(maxPageSize, size - n * maxPageSize)}, offset: ${n * maxPageSize}) { nodes { excerpt(search: "driver queue") { text } } }`).join(' ')} }`,
  },
  {
    name: 'deep offsets',
    maxSize: maxAliases,
    query: repeated((n) => `tickets(first: 1, offset: ${190_000 + n}) { ${row} }`),
  },
  {
    name: 'deep offsets in another order',
    maxSize: maxAliases,
    query: repeated((n) => `tickets(first: 1, offset: ${190_000 + n}, orderBy: [{ field: TITLE }]) { ${row} }`),
  },
  inProjects(
    'counts in projects',
    (n) => `first: 1, filter: { status: { eq: OPEN }, createdAt: { gte: "-P${n + 2000}D" } }`,
    `totalCount ${row}`,
  ),
  inProjects('lists without matches, in projects', (n) => `first: 1, filter: { title: { eq: "nothing ${n}" } }`, row),
  inProjects('sorted in projects', () => 'first: 1, orderBy: [{ field: PRIORITY }, { field: TITLE }]', row),
  inProjectsOfTickets('projects of tickets, sorted', 'first: 1, orderBy: [{ field: PRIORITY }, { field: TITLE }]', row),
  inProjectsOfTickets('projects of tickets, filtered', `first: 1, filter: { title: { eq: "nothing" } }`, row),
  inProjectsOfTickets('projects of tickets, counted', 'first: 1', 'totalCount'),
  {
    name: 'members and labels of projects of tickets',
    maxSize: maxPageSize,
    query: (size) =>
      `{ tickets(first: ${size}) { nodes { project { labels { name } members(first: 100) { nodes { role user { name } } } } } } }`,
  },
  {
    name: 'users, searched',
    maxSize: maxAliases,
    query: repeated((n) => `users(search: "nothing ${n}", first: 200) { nodes { name } }`),
  },
  reports('topAssignees', (n) => `topAssignees(limit: ${n + 1}) { total }`),
  reports('resolutionTime', () => 'resolutionTime(groupBy: ASSIGNEE) { p95 }'),
  reports('resolutionTime by label', () => 'resolutionTime(groupBy: LABEL) { p95 }'),
  reports('firstResponseTime', () => 'firstResponseTime(groupBy: PROJECT) { p95 }'),
  reports('pareto', () => 'pareto(by: LABEL) { count }'),
  reports('pareto by serial number', () => 'pareto(by: ABSN, limit: 100) { count }'),
  reports('ageing', () => 'ageing(groupBy: ASSIGNEE) { count }'),
  reports(
    'flow',
    (n) => `flow(interval: DAY, from: "2024-0${1 + (n % 5)}-01T00:00:00Z", to: "2025-12-01T00:00:00Z") { opened }`,
  ),
  reports('reopenRate', () => 'reopenRate(from: "2024-01-01T00:00:00Z") { rate }'),
  {
    name: 'explainCost',
    maxSize: maxAliases,
    query: repeated(
      (n) =>
        `explainCost(query: "{ tickets { nodes { a${n}: id ${'... { id key title }'.repeat(60)} } } }") { requested }`,
    ),
  },
]
