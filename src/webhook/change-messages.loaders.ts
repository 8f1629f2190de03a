import { execute, type GraphQLError, type GraphQLResolveInfo, type GraphQLSchema } from 'graphql'
import type { ChangeSource, ChangeType } from '../../prisma/generated/client.ts'
import { changeConditions } from '../change/change.filter.ts'
import { type ChangeRow, changeColumns, changesWhere } from '../change/change.sql.ts'
import { type Context, requireViewer } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import { type CursorState, cursorAt, cursorState } from '../feed/feed.access.ts'
import { allOf } from '../filter/comparators.ts'
import { maskError } from '../http/mask-error.ts'
import { rowOf, selectedField, subfieldsOf } from '../reading/look-ahead.ts'
import { decodeValue, listOf, readValue, type Value } from '../reading/value.ts'
import { ticketsByReference } from '../reference.ts'
import { visibleTicketsByReference } from '../ticket/ticket.access.ts'
import type { TicketFilter } from '../ticket/ticket.filter.ts'
import type { Viewer } from '../viewer.ts'
import { messageBody } from './message.ts'
import { createBatchSchema, type WebhookQuery } from './webhook-query.rules.ts'

/** Positions of the feed: after `after`, up to `until`. */
export interface FeedRange {
  readonly after: number
  readonly until: number
}

export interface ChangeSelection {
  readonly projectId: string | null
  readonly types: readonly ChangeType[]
  readonly sources: readonly ChangeSource[]
  readonly filter: TicketFilter | null
  readonly sendLeaves: boolean
}

export interface ChangeMessage {
  readonly changeId: string
  readonly position: number
  readonly type: string
  readonly body: string
}

type Row = ChangeRow & { readonly cursor: string }

/** Arguments and result of the root field of a batch. */
interface Batch {
  readonly changes: Sql
  rows: readonly Row[]
}

interface MessageRequest {
  readonly query: Pick<WebhookQuery, 'document'>
  /** SELECT of the changes. */
  readonly changes: Sql
  readonly context: Context
  /** An error of each message, whose data is null. */
  readonly error?: GraphQLError
}

/**
 * Reads changes, and renders a message for each of them with the permissions of the viewer. Errors of its
 * fields are part of a message. Throws an error of the API if the changes cannot be read.
 */
export type ReadMessages = (request: MessageRequest) => Promise<readonly ChangeMessage[]>

const maxBodyBytes = 262_144

/** `onError` is called with unexpected errors. */
export function createMessageReader(schema: GraphQLSchema, onError: (error: unknown) => void): ReadMessages {
  const batchSchema = createBatchSchema(schema, (batch, _args, context, info) =>
    readRows(batch as Batch, context, info),
  )
  return async ({ query: { document }, changes, context, error }) => {
    const batch: Batch = { changes, rows: [] }
    const { data, errors = [] } = await execute({
      schema: batchSchema,
      document,
      rootValue: batch,
      contextValue: context,
    })
    const [failure] = errors
    if (failure && batch.rows.length === 0) throw mask(failure)
    if (error) return batch.rows.map((row) => messageOf(row, null, [toPayload(error)]))
    const values = (data?.['changes'] ?? []) as readonly unknown[]
    return batch.rows.map((row, index) =>
      messageOf(row, values[index] ?? null, errors.filter(({ path }) => path?.[1] === index).map(toPayload)),
    )
  }

  function toPayload(error: GraphQLError): object {
    const { message, path, extensions } = mask(error)
    return { message, path: path?.slice(2), extensions: { code: extensions['code'] } }
  }

  function mask(error: GraphQLError): GraphQLError {
    const masked = maskError(error)
    if (masked.extensions['code'] === 'INTERNAL_SERVER_ERROR') onError(masked.originalError)
    return masked
  }
}

async function readRows(batch: Batch, context: Context, info: GraphQLResolveInfo): Promise<readonly Row[]> {
  const columns = changeColumns.values
  const row = rowOf(
    changeColumns,
    subfieldsOf(selectedField(info), info),
    { context, info },
    {
      type: columns.get('type') as Value<unknown>,
      at: columns.get('at') as Value<unknown>,
    },
  )
  const list = listOf(row, sql`(${batch.changes}) ch`)
  batch.rows = await readValue(context.db, {
    sql: sql`json_build_array(${cursorState(requireViewer(context))}, ${list.sql})`,
    decode: ([state, rows]: readonly [CursorState, unknown]) =>
      decodeValue(list, rows).map((change) => ({ ...change, cursor: cursorAt(change.position, state) })),
  })
  return batch.rows
}

/** Kinds of changes after which a ticket does not match most filters, although the webhook asks for them. */
const leaves: readonly ChangeType[] = ['TICKET_ARCHIVED', 'TICKET_DELETED']

/** The first changes of a range that a webhook sends. */
export function selectChanges(
  { projectId, types, sources, filter, sendLeaves }: ChangeSelection,
  viewer: Viewer,
  { after, until }: FeedRange,
  limit: number,
): Sql {
  const { matches, isDelivered } = changeConditions(filter, viewer)
  const isSent = sendLeaves ? sql`TRUE` : sql`(ch.matches OR ch.type = ANY(${leaves}::change_type[]))`
  const conditions = [
    sql`ch.position > ${after} AND ch.position <= ${until}`,
    sql`ch.type = ANY(${types}::change_type[]) AND ch.source = ANY(${sources}::change_source[])`,
    ...(projectId === null ? [] : [sql`ch.project_id = ${projectId}::uuid`]),
    isDelivered,
  ]
  return sql`
    SELECT * FROM (${changesWhere(matches, allOf(conditions))}) ch WHERE ${isSent} ORDER BY ch.position LIMIT ${limit}`
}

/** The feed has no index by ticket, which would cost each write. */
const previewedChanges = 100_000

/** The last change of a ticket that the viewer can see, among the last ones of the feed. */
export function selectLastChange(ticket: string, filter: TicketFilter | null, viewer: Viewer): Sql {
  const { matches } = changeConditions(filter, viewer)
  const ticketId = sql`(
    SELECT t.id FROM tickets t WHERE ${ticketsByReference([ticket])} AND ${visibleTicketsByReference(viewer)})`
  const isRecent = sql`ch.position > (SELECT last FROM feed) - ${previewedChanges}`
  const isOfTicket = sql`${isRecent} AND ch.ticket_id = ${ticketId}`
  return sql`${changesWhere(matches, isOfTicket)} ORDER BY ch.position DESC LIMIT 1`
}

/** `TICKET_UPDATED` is sent as "ticket.updated", as Standard Webhooks recommends. */
const eventType = (type: ChangeType) => type.toLowerCase().replace('_', '.')

function messageOf({ id, position, type, at, cursor }: Row, data: unknown, errors: readonly object[]): ChangeMessage {
  const message = { type: eventType(type), at, cursor, data, ...(errors.length > 0 && { errors }) }
  const body = messageBody(message)
  return {
    changeId: id,
    position,
    type: message.type,
    body: Buffer.byteLength(body) <= maxBodyBytes ? body : messageBody({ ...message, data: null, errors: [tooLarge] }),
  }
}

const tooLarge = {
  message: 'The data exceeds 256 KB. Select fewer fields, or read them with the query `changes`.',
  extensions: { code: 'PAYLOAD_TOO_LARGE' },
}
