/** A request and its expected error codes. */
export interface SoakRequest {
  /** Path of a download; omitted for the API. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | FormData
  readonly expects: readonly string[]
  /** False for imports and exports, whose duration depends on the create. */
  readonly timed: boolean
}

const json = { 'content-type': 'application/json' }
const ok = ['OK']
const query = (text: string, variables: object = {}, expects = ok): SoakRequest => ({
  headers: json,
  body: JSON.stringify({ query: text, variables }),
  expects,
  timed: true,
})

const list = `query List($status: TicketStatus) { tickets(first: 20, filter: { status: { eq: $status } }) {
  nodes { key title status assignee { name } labels { name } comments(last: 2) { nodes { body author { name } } } } pageInfo { endCursor } } }`
const search = `query Search($search: String) { tickets(first: 10, filter: { search: $search }) { nodes { key title } } }`
const report = `query Report { reports { pareto(by: PRIORITY) { value count } ageing { count } } }`
const create = `mutation Create($input: CreateIssueInput!) { createIssue(input: $input) { issue { id key version } } }`
const comment = `mutation Comment($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }`
const patch = `mutation Patch($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { version } } }`

/** The request of a turn: mostly reads, some writes and invalid requests, and occasionally an import or export. */
export function requestOfTurn(turn: number, dice: number, tickets: number): SoakRequest {
  if (turn % 1500 === 7) return importOf(200)
  if (turn % 1500 === 757) return { path: `/export/tickets.csv?project=${firstProject}`, expects: ok, timed: false }
  const one = 1 + (Math.floor(dice * 7919 * 13) % Math.max(1, tickets / 20))
  const key = keyOf(one)
  if (dice < 0.4) return query(list, { status: ['OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'][turn % 4] })
  if (dice < 0.48)
    return query(search, { search: ['driver queue', 'cold night', `memory ${100 + (turn % 50)}`][turn % 3] })
  if (dice < 0.5) return query(report)
  if (dice < 0.6)
    return query(create, { input: { projectId: firstProject, title: `Soaked ${turn}`, description: 'x'.repeat(500) } })
  if (dice < 0.7)
    return query(comment, { input: { ticketId: key, body: `Comment ${turn}` } }, ['OK', 'BAD_USER_INPUT', 'NOT_FOUND'])
  if (dice < 0.78)
    return query(patch, { input: { id: key, title: `Patched ${turn}` } }, ['OK', 'NOT_FOUND', 'BAD_USER_INPUT'])
  if (dice < 0.82) {
    const request = query(create, { input: { projectId: firstProject, title: `Once ${turn}` } })
    return { ...request, headers: { ...json, 'idempotency-key': crypto.randomUUID() } }
  }
  // A different document each time, which must not fill the document cache.
  if (dice < 0.9) return query(`query Q${turn}x${Math.floor(dice * 1e9)} { viewer { a${turn}: username } }`)
  if (dice < 0.92) return query(`{ viewer { nothing${turn} } }`, {}, ['GRAPHQL_VALIDATION_FAILED'])
  if (dice < 0.94) return query('{ viewer {', {}, ['GRAPHQL_PARSE_FAILED'])
  if (dice < 0.96)
    return query('{ tickets(first: 200) { nodes { comments(first: 200) { nodes { id } } } } }', {}, [
      'QUERY_TOO_COMPLEX',
    ])
  if (dice < 0.98)
    return query('query ($n: Int!) { tickets(first: $n) { totalCount } }', { n: 'many' }, ['BAD_USER_INPUT'])
  return {
    headers: { ...json, authorization: `Bearer snag_${turn}` },
    body: '{"query":"{ viewer { id } }"}',
    expects: ['UNAUTHENTICATED'],
    timed: true,
  }
}

/** The project of all new tickets. */
export const firstProject = 'P001'
const keyOf = (number: number) => `${firstProject}-${number}`

function importOf(rows: number): SoakRequest {
  const body = new FormData()
  const text = `mutation Import($input: ImportTicketsInput!) { importTickets(input: $input) { import { createdCount faultCount } } }`
  const input = { projectId: firstProject, kind: 'ISSUE', create: null, onError: 'SKIP' }
  body.set('operations', JSON.stringify({ query: text, variables: { input } }))
  body.set('map', JSON.stringify({ 0: ['variables.input.create'] }))
  const lines = Array.from({ length: rows }, (_, n) => `Imported ${n},${n % 9 ? 'high' : 'no such priority'}`)
  body.set('0', new Blob([`title,priority\n${lines.join('\n')}\n`]), 'soak.csv')
  return { body, expects: ok, timed: false }
}
