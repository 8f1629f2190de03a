/** A request of the soak, and the codes that it may be answered with. */
export interface Ask {
  /** Where it goes, if that is not the API. */
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | FormData
  readonly expects: readonly string[]
  /** Whether its time counts: that of an import or export is its file's. */
  readonly timed: boolean
}

const json = { 'content-type': 'application/json' }
const ok = ['OK']
const query = (text: string, variables: object = {}, expects = ok): Ask => ({
  headers: json,
  body: JSON.stringify({ query: text, variables }),
  expects,
  timed: true,
})

const list = `query List($status: TicketStatus) { tickets(first: 20, filter: { status: { eq: $status } }) {
  nodes { key title status assignee { name } labels { name } comments(last: 2) { nodes { body author { name } } } } pageInfo { endCursor } } }`
const search = `query Search($search: String) { tickets(first: 10, filter: { search: $search }) { nodes { key title } } }`
const report = `query Report { reports { pareto(by: PRIORITY) { value count } ageing { count } } }`
const file = `mutation File($input: CreateIssueInput!) { createIssue(input: $input) { issue { id key version } } }`
const say = `mutation Say($input: AddCommentInput!) { addComment(input: $input) { comment { id } } }`
const patch = `mutation Patch($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { version } } }`

/** What a client asks in a turn: reads for the most part, changes, what is refused, and now and then an import or export. */
export function asks(turn: number, dice: number, tickets: number): Ask {
  if (turn % 1500 === 7) return importOf(200)
  if (turn % 1500 === 757) return { path: `/export/tickets.csv?project=${firstProject}`, expects: ok, timed: false }
  const one = 1 + (Math.floor(dice * 7919 * 13) % Math.max(1, tickets / 20))
  const key = keyOf(one)
  if (dice < 0.4) return query(list, { status: ['OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED'][turn % 4] })
  if (dice < 0.48)
    return query(search, { search: ['driver queue', 'cold night', `memory ${100 + (turn % 50)}`][turn % 3] })
  if (dice < 0.5) return query(report)
  if (dice < 0.6)
    return query(file, { input: { projectId: firstProject, title: `Soaked ${turn}`, description: 'x'.repeat(500) } })
  if (dice < 0.7)
    return query(say, { input: { ticketId: key, body: `Said in turn ${turn}` } }, ['OK', 'BAD_USER_INPUT', 'NOT_FOUND'])
  if (dice < 0.78)
    return query(patch, { input: { id: key, title: `Patched ${turn}` } }, ['OK', 'NOT_FOUND', 'BAD_USER_INPUT'])
  if (dice < 0.82) {
    const kept = query(file, { input: { projectId: firstProject, title: `Once ${turn}` } })
    return { ...kept, headers: { ...json, 'idempotency-key': crypto.randomUUID() } }
  }
  // A document of its own each time, which no memory of documents may keep.
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

/** Where everything is filed. */
export const firstProject = 'P001'
const keyOf = (number: number) => `${firstProject}-${number}`

function importOf(rows: number): Ask {
  const body = new FormData()
  const text = `mutation Import($input: ImportTicketsInput!) { importTickets(input: $input) { import { createdCount faultCount } } }`
  const input = { projectId: firstProject, kind: 'ISSUE', file: null, onError: 'SKIP' }
  body.set('operations', JSON.stringify({ query: text, variables: { input } }))
  body.set('map', JSON.stringify({ 0: ['variables.input.file'] }))
  const lines = Array.from({ length: rows }, (_, n) => `Imported ${n},${n % 9 ? 'high' : 'no such priority'}`)
  body.set('0', new Blob([`title,priority\n${lines.join('\n')}\n`]), 'soak.csv')
  return { body, expects: ok, timed: false }
}
