import type { TicketStatus } from '../generated/graphql.ts'
import { type Client, outcomeOf } from './client.ts'
import * as documents from './documents.ts'

const hotTickets = 6
const groups = 3
/** How many tickets each bulk moves. */
export const groupSize = 5
const recentAtMost = 200
const statuses: readonly TicketStatus[] = ['OPEN', 'IN_PROGRESS', 'RESOLVED', 'CLOSED']

/** What the requests of a load are about. */
export interface Stock {
  /** Issues that many change at once. */
  readonly hot: readonly string[]
  /** Tickets that are moved together, and whose status nothing else changes. */
  readonly groups: readonly string[][]
  /** Tickets that were filed last. */
  readonly recent: string[]
}

let filed = 0
const nextMarker = () => `marker-${++filed}`
const anyOf = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item

/** Opens an account and fills a project with what the requests are about. */
export async function prepareStock(client: Client): Promise<Stock> {
  client.token = (await client.ask(documents.SignUp, {})).signUp.token
  await client.ask(documents.CreateProject, {})
  const fileMany = async (count: number, kind: string) => {
    const ids: string[] = []
    for (let n = 0; n < count; n++) ids.push(await file(client, `${kind} ${nextMarker()}`))
    return ids
  }
  const stock = { hot: await fileMany(hotTickets, 'hot'), groups: [] as string[][], recent: [] as string[] }
  for (let n = 0; n < groups; n++) stock.groups.push(await fileMany(groupSize, `group-${n}`))
  stock.recent.push(...stock.hot)
  return stock
}

async function file(client: Client, description: string): Promise<string> {
  const { data } = await client.write(
    'ticket',
    description,
    documents.CreateIssue,
    { description },
    (answer) => answer.createIssue.issue.id,
  )
  if (!data) throw new Error('The stock could not be filed.')
  return data.createIssue.issue.id
}

type Request = (client: Client, stock: Stock) => Promise<unknown>

/** The requests of a load, each as often as its weight. */
const requests: readonly { readonly weight: number; readonly request: Request }[] = [
  { weight: 5, request: (client) => client.send(documents.List, { status: anyOf(statuses) }) },
  { weight: 3, request: (client) => client.send(documents.Nested, {}) },
  { weight: 1, request: (client) => client.export() },
  { weight: 3, request: fileIssue },
  { weight: 2, request: fileDefect },
  { weight: 6, request: retitle },
  { weight: 3, request: comment },
  { weight: 1, request: label },
  { weight: 2, request: move },
]
const drawn = requests.flatMap(({ weight, request }) => Array<Request>(weight).fill(request))

/** Sends one of them, drawn by chance. */
export const sendAny: Request = (client, stock) => anyOf(drawn)(client, stock)

async function fileIssue(client: Client, stock: Stock): Promise<void> {
  const description = nextMarker()
  const { data } = await client.write(
    'ticket',
    description,
    documents.CreateIssue,
    { description },
    (answer) => answer.createIssue.issue.id,
  )
  if (data) remember(stock, data.createIssue.issue.id)
}

async function fileDefect(client: Client, stock: Stock): Promise<void> {
  const description = nextMarker()
  const { data } = await client.write(
    'ticket',
    description,
    documents.CreateDefect,
    { description },
    (answer) => answer.createDefect.defect.id,
  )
  if (data) remember(stock, data.createDefect.defect.id)
}

function remember({ recent }: Stock, id: string): void {
  recent.push(id)
  if (recent.length > recentAtMost) recent.shift()
}

/** Changes the title of an issue that others change too: again with what is there now, as long as they were faster. */
async function retitle(client: Client, { hot }: Stock): Promise<void> {
  const id = anyOf(hot)
  for (let refused = true; refused; ) {
    const seen = await client.send(documents.Version, { id })
    if (!seen.data?.issue) return
    const title = nextMarker()
    const { code } = await client.write(
      'change',
      title,
      documents.Retitle,
      { id, title, expectedVersion: seen.data.issue.version },
      ({ updateIssue: { issue } }) => `${issue.id} ${issue.version}`,
    )
    refused = code === 'CONFLICT'
  }
}

async function comment(client: Client, { recent }: Stock): Promise<void> {
  const body = nextMarker()
  await client.write(
    'comment',
    body,
    documents.Comment,
    { ticketId: anyOf(recent), body },
    (answer) => answer.addComment.comment.id,
  )
}

async function label(client: Client, { recent }: Stock): Promise<void> {
  const name = nextMarker()
  const { data } = await client.write(
    'label',
    name,
    documents.CreateLabel,
    { name },
    (answer) => answer.createLabel.label.id,
  )
  if (!data) return
  const [ticketId, labelId] = [anyOf(recent), data.createLabel.label.id]
  await client.write('labelling', `${ticketId} ${labelId}`, documents.AddLabel, { ticketId, labelId }, () => '')
}

/** Moves a group. A batch has no words of ours by which it could be found if nobody is told its id. */
async function move(client: Client, stock: Stock): Promise<void> {
  const { data, code } = await client.send(documents.Move, { ids: anyOf(stock.groups), status: anyOf(statuses) })
  const { batch = null, updatedCount = 0 } = data?.bulkUpdateStatus ?? {}
  if (data && batch === null) return
  client.ledger.writes.push({
    kind: 'bulk',
    marker: batch,
    outcome: outcomeOf(code),
    told: data ? String(updatedCount) : '',
  })
}
