import type { TicketStatus } from '../generated/graphql.ts'
import { type Client, outcomeOf } from './client.ts'
import * as documents from './documents.ts'

const hotTickets = 6
const groups = 3
/** Tickets per bulk mutation. */
export const groupSize = 5
const maxRecent = 200
const statuses: readonly TicketStatus[] = ['OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED']

/** The tickets of a load. */
export interface Stock {
  /** Issues that several clients change concurrently. */
  readonly hot: readonly string[]
  /** Tickets whose status is only changed together. */
  readonly groups: readonly string[][]
  /** The latest tickets. */
  readonly recent: string[]
}

let markerCount = 0
const nextMarker = () => `marker-${++markerCount}`
const anyOf = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item

/** Creates a user, a project and its tickets. */
export async function prepareStock(client: Client): Promise<Stock> {
  client.token = (await client.ask(documents.SignUp, {})).signUp.token
  await client.ask(documents.CreateProject, {})
  const createMany = async (count: number, kind: string) => {
    const ids: string[] = []
    for (let n = 0; n < count; n++) ids.push(await createTicket(client, `${kind} ${nextMarker()}`))
    return ids
  }
  const stock = { hot: await createMany(hotTickets, 'hot'), groups: [] as string[][], recent: [] as string[] }
  for (let n = 0; n < groups; n++) stock.groups.push(await createMany(groupSize, `group-${n}`))
  stock.recent.push(...stock.hot)
  return stock
}

export async function createTicket(client: Client, description: string): Promise<string> {
  const { data } = await client.write(
    'ticket',
    description,
    documents.CreateIssue,
    { description },
    (data) => data.createIssue.issue.id,
  )
  if (!data) throw new Error('The tickets could not be created.')
  return data.createIssue.issue.id
}

type Request = (client: Client, stock: Stock) => Promise<unknown>

type Weighted = readonly { readonly weight: number; readonly request: Request }[]

/** Requests with their relative frequencies. */
const reads: Weighted = [
  { weight: 5, request: (client) => client.send(documents.List, { status: anyOf(statuses) }) },
  { weight: 3, request: (client) => client.send(documents.Nested, {}) },
  { weight: 1, request: (client) => client.export() },
]
const writes: Weighted = [
  { weight: 3, request: createIssue },
  { weight: 2, request: createDefect },
  { weight: 6, request: retitle },
  { weight: 3, request: comment },
  { weight: 1, request: label },
  { weight: 2, request: move },
]

/** A function that sends a random one of the requests. */
function randomRequest(weighted: Weighted): Request {
  const all = weighted.flatMap(({ weight, request }) => Array<Request>(weight).fill(request))
  return (client, stock) => anyOf(all)(client, stock)
}

export const sendAny = randomRequest([...reads, ...writes])
export const writeAny = randomRequest(writes)

async function createIssue(client: Client, stock: Stock): Promise<void> {
  const description = nextMarker()
  const { data } = await client.write(
    'ticket',
    description,
    documents.CreateIssue,
    { description },
    (data) => data.createIssue.issue.id,
  )
  if (data) remember(stock, data.createIssue.issue.id)
}

async function createDefect(client: Client, stock: Stock): Promise<void> {
  const description = nextMarker()
  const { data } = await client.write(
    'ticket',
    description,
    documents.CreateDefect,
    { description },
    (data) => data.createDefect.defect.id,
  )
  if (data) remember(stock, data.createDefect.defect.id)
}

function remember({ recent }: Stock, id: string): void {
  recent.push(id)
  if (recent.length > maxRecent) recent.shift()
}

/** Changes the title of a contended issue, and retries after each CONFLICT. */
async function retitle(client: Client, { hot }: Stock): Promise<void> {
  const id = anyOf(hot)
  for (let hasConflict = true; hasConflict; ) {
    const current = await client.send(documents.Version, { id })
    if (!current.data?.issue) return
    const title = nextMarker()
    const { code } = await client.write(
      'change',
      title,
      documents.Retitle,
      { id, title, expectedVersion: current.data.issue.version },
      ({ updateIssue: { issue } }) => `${issue.id} ${issue.version}`,
    )
    hasConflict = code === 'CONFLICT'
  }
}

async function comment(client: Client, { recent }: Stock): Promise<void> {
  const body = nextMarker()
  await client.write(
    'comment',
    body,
    documents.Comment,
    { ticketId: anyOf(recent), body },
    (data) => data.addComment.comment.id,
  )
}

async function label(client: Client, { recent }: Stock): Promise<void> {
  const name = nextMarker()
  const { data } = await client.write(
    'label',
    name,
    documents.CreateLabel,
    { name },
    (data) => data.createLabel.label.id,
  )
  if (!data) return
  const [ticketId, labelId] = [anyOf(recent), data.createLabel.label.id]
  await client.write('labelling', `${ticketId} ${labelId}`, documents.AddLabel, { ticketId, labelId }, () => '')
}

/** A batch has no marker other than its id, which is unknown without a result. */
async function move(client: Client, stock: Stock): Promise<void> {
  const { data, code } = await client.send(documents.Move, { ids: anyOf(stock.groups), status: anyOf(statuses) })
  const { batch = null, updatedCount = 0 } = data?.bulkUpdateStatus ?? {}
  if (data && batch === null) return
  client.ledger.writes.push({
    kind: 'bulk',
    marker: batch,
    outcome: outcomeOf(code),
    result: data ? String(updatedCount) : '',
  })
}
