/** A query that grows with a size: most often how many of the same stand beside each other. */
export interface Dear {
  readonly name: string
  /** The largest size that is tried. */
  readonly most: number
  readonly query: (size: number) => string
}

const aliasesAtMost = 30
const pageAtMost = 200

const beside =
  (piece: (index: number) => string): Dear['query'] =>
  (size) =>
    `{ ${Array.from({ length: size }, (_, n) => `a${n}: ${piece(n)}`).join(' ')} }`
const within =
  (before: string, piece: (index: number) => string, after: string): Dear['query'] =>
  (size) =>
    `{ ${before} ${Array.from({ length: size }, (_, n) => `a${n}: ${piece(n)}`).join(' ')} ${after} }`
const list = (args: string, fields: string) => `tickets(${args}) { ${fields} }`
const lists = (name: string, args: (n: number) => string, fields: string): Dear => ({
  name,
  most: aliasesAtMost,
  query: beside((n) => list(args(n), fields)),
})
const inProjects = (name: string, args: (n: number) => string, fields: string): Dear => ({
  name,
  most: aliasesAtMost,
  query: within('projects(first: 20) { nodes {', (n) => `issues(${args(n)}) { ${fields} }`, '} }'),
})
/** The same project again and again, through many tickets of it. */
const ofTickets = (name: string, args: string, fields: string): Dear => ({
  name,
  most: pageAtMost,
  query: (size) => `{ tickets(first: ${size}) { nodes { project { issues(${args}) { ${fields} } } } } }`,
})
const ors = (conditions: readonly string[]) => `filter: { or: [${conditions.join(', ')}] }`
const reports = (name: string, field: (n: number) => string): Dear => ({
  name,
  most: aliasesAtMost,
  query: within('reports {', field, '}'),
})
const row = 'nodes { id }'
const nothing = 'absn: { eq: "nothing" }'

/** Queries made to be dear, each in another way. */
export const dear: readonly Dear[] = [
  {
    name: 'comments of tickets, with authors',
    most: pageAtMost,
    query: (size) =>
      `{ tickets(first: 200) { nodes { key title description assignee { name } labels { name } comments(first: ${size}) { nodes { body author { name } } } } } }`,
  },
  {
    name: 'long texts',
    most: aliasesAtMost,
    query: beside((n) => `tickets(first: 200, offset: ${n * 200}) { nodes { description title key } }`),
  },
  {
    name: 'history and comments, counted for each ticket',
    most: pageAtMost,
    query: (size) =>
      `{ tickets(first: ${size}) { nodes { commentCount comments(first: 1) { totalCount } history(first: 1) { totalCount } } } }`,
  },
  lists(
    'lists with counts',
    (n) => `first: 1, filter: { priority: { gte: HIGH }, createdAt: { gte: "-P${n + 2000}D" } }`,
    `totalCount ${row}`,
  ),
  lists('lists of what is not there', (n) => `first: 1, filter: { ${nothing}, title: { eq: "nothing ${n}" } }`, row),
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
    'filters by times that history tells',
    (n) => `first: 1, filter: { firstResponseAt: { lt: "2020-01-0${1 + (n % 9)}T00:00:00Z" } }`,
    row,
  ),
  lists(
    'filters by what once was',
    () => 'first: 1, filter: { everReopenedAt: { lt: "2020-01-01T00:00:00Z" }, openAt: "2025-01-01T00:00:00Z" }',
    row,
  ),
  {
    name: 'comparisons of texts',
    most: 100,
    query: (size) => {
      const conditions = Array.from({ length: size }, (_, n) => `{ title: { contains: "nothing ${n}" } }`)
      return `{ ${list(`first: 1, ${ors(conditions)}`, row)} }`
    },
  },
  {
    name: 'comparisons of long texts, counted',
    most: 100,
    query: (size) => {
      const conditions = Array.from({ length: size }, (_, n) => `{ description: { contains: "nothing ${n}" } }`)
      return `{ ${list(`first: 1, ${ors(conditions)}`, `totalCount ${row}`)} }`
    },
  },
  {
    name: 'comparisons of many equal texts',
    most: 100,
    query: (size) => {
      const conditions = Array.from({ length: size }, (_, n) => `{ title: { eq: "nothing ${n}" } }`)
      return `{ ${list(`first: 1, ${ors(conditions)}`, `totalCount ${row}`)} }`
    },
  },
  lists('searches for what is not there', (n) => `first: 1, filter: { search: "zqx${n}jk" }`, row),
  lists('searches', () => 'first: 1, filter: { search: "driver queue" }', row),
  lists('searches, counted', () => 'first: 1, filter: { search: "driver or queue" }', `totalCount ${row}`),
  lists(
    'searches by relevance',
    () => 'first: 1, filter: { search: "driver queue" }, orderBy: [{ field: RELEVANCE }]',
    `totalCount ${row}`,
  ),
  lists('searches of two letters that are not there', () => 'first: 1, filter: { search: "zq" }', `totalCount ${row}`),
  lists('searches of two letters that are everywhere', () => 'first: 1, filter: { search: "er" }', `totalCount ${row}`),
  lists(
    'searches for what a phrase has',
    () => 'first: 1, filter: { search: "\\"waits for an answer that\\" -hour" }',
    `totalCount ${row}`,
  ),
  {
    name: 'excerpts',
    most: pageAtMost * 10,
    query: (size) =>
      `{ ${Array.from({ length: Math.ceil(size / pageAtMost) }, (_, n) => `a${n}: tickets(first: ${Math.min(pageAtMost, size - n * pageAtMost)}, offset: ${n * pageAtMost}) { nodes { excerpt(search: "driver queue") { text } } }`).join(' ')} }`,
  },
  {
    name: 'deep offsets',
    most: aliasesAtMost,
    query: beside((n) => `tickets(first: 1, offset: ${190_000 + n}) { ${row} }`),
  },
  {
    name: 'deep offsets in another order',
    most: aliasesAtMost,
    query: beside((n) => `tickets(first: 1, offset: ${190_000 + n}, orderBy: [{ field: TITLE }]) { ${row} }`),
  },
  inProjects(
    'counts in projects',
    (n) => `first: 1, filter: { status: { eq: OPEN }, createdAt: { gte: "-P${n + 2000}D" } }`,
    `totalCount ${row}`,
  ),
  inProjects('what is not there, in projects', (n) => `first: 1, filter: { title: { eq: "nothing ${n}" } }`, row),
  inProjects('sorted in projects', () => 'first: 1, orderBy: [{ field: PRIORITY }, { field: TITLE }]', row),
  ofTickets('projects of tickets, sorted', 'first: 1, orderBy: [{ field: PRIORITY }, { field: TITLE }]', row),
  ofTickets('projects of tickets, filtered', `first: 1, filter: { title: { eq: "nothing" } }`, row),
  ofTickets('projects of tickets, counted', 'first: 1', 'totalCount'),
  {
    name: 'members and labels of projects of tickets',
    most: pageAtMost,
    query: (size) =>
      `{ tickets(first: ${size}) { nodes { project { labels { name } members(first: 100) { nodes { role user { name } } } } } } }`,
  },
  {
    name: 'users, searched',
    most: aliasesAtMost,
    query: beside((n) => `users(search: "nobody ${n}", first: 200) { nodes { name } }`),
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
    name: 'what a query would cost',
    most: aliasesAtMost,
    query: beside(
      (n) =>
        `explainCost(query: "{ tickets { nodes { a${n}: id ${'... { id key title }'.repeat(60)} } } }") { requested }`,
    ),
  },
]
