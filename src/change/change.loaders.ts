import type { GraphQLResolveInfo } from 'graphql'
import { commentColumns } from '../comment/comment.sql.ts'
import { type ChangeSummary, type Context, requireViewer } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import { CursorExpired } from '../errors.ts'
import { type CursorState, cursorAt, cursorState, visibilityAt } from '../feed/feed.access.ts'
import type { FeedCursor } from '../feed/feed-cursor.ts'
import { allOf } from '../filter/comparators.ts'
import type { Columns } from '../reading/columns.ts'
import {
  fieldsNamed,
  type NestedField,
  type ResolverRequest,
  rowOf,
  type SelectedField,
  selectedField,
  subfieldsOf,
} from '../reading/look-ahead.ts'
import { decodeValue, listOf, readValue, type Value } from '../reading/value.ts'
import { selectVisibleProjectIds, visibleTicketsByReference } from '../ticket/ticket.access.ts'
import { ticketConditions } from '../ticket/ticket.filter.ts'
import { ticketColumns } from '../ticket/ticket.sql.ts'
import { changeConditions } from './change.filter.ts'
import type { FeedSelection } from './change.rules.ts'
import { type ChangeRow, changeColumns, changesWhere, maxExaminedChanges } from './change.sql.ts'

export interface ChangeBatch {
  /** With `cursor`. */
  readonly changes: readonly (ChangeRow & { readonly cursor: string })[]
  readonly cursor: string
  readonly caughtUp: boolean
}

interface FeedRequest {
  readonly selection: FeedSelection
  /** The cursor after which to read, or the first or last stored change. */
  readonly start: FeedCursor | 'OLDEST' | 'LATEST'
  readonly limit: number
}

/** Reads the changes after a cursor in one statement. Throws CURSOR_EXPIRED. */
export async function readChanges(
  { selection, start, limit }: FeedRequest,
  fields: readonly SelectedField[],
  request: ResolverRequest,
): Promise<ChangeBatch> {
  const { context } = request
  const viewer = requireViewer(context)
  const row = rowOf(changeColumns, fields, request)
  const after = typeof start === 'string' ? null : start
  const position = after ? sql`${after.position}::bigint` : start === 'OLDEST' ? sql`feed.floor` : sql`feed.last`
  const visibility = after ? visibilityAt(viewer, sql`${after.at}::bigint`) : sql`NULL`
  const changes = listOf(row, sql`(${selectChanges(selection, context, position, limit)}) ch`)
  const page: Value<FeedPage> = {
    sql: sql`(SELECT json_build_array(feed.last, feed.floor, ${cursorState(viewer)}, ${visibility}, ${changes.sql}) FROM feed)`,
    decode: ([last, floor, state, visibility, rows]: readonly [number, number, CursorState, string, unknown]) => ({
      last,
      floor,
      state,
      visibility,
      rows: decodeValue(changes, rows),
    }),
  }
  const { last, floor, state, rows, ...current } = await readValue(context.db, page)
  if (after) mustBeValid(after, { last, floor, epoch: state[0], visibility: current.visibility })
  const first = after?.position ?? (start === 'OLDEST' ? floor : last)
  const end = rows.length === limit ? rows.at(-1)?.position : null
  const reached = end ?? Math.min(last, first + maxExaminedChanges)
  return {
    changes: rows.map((change) => ({ ...change, cursor: cursorAt(change.position, state) })),
    cursor: cursorAt(reached, state),
    caughtUp: reached === last,
  }
}

interface FeedPage {
  readonly last: number
  readonly floor: number
  readonly state: CursorState
  readonly visibility: string
  readonly rows: readonly ChangeRow[]
}

function selectChanges({ filter, types, sources }: FeedSelection, context: Context, start: Sql, limit: number): Sql {
  const { matches, isDelivered } = changeConditions(filter, requireViewer(context))
  const conditions = [
    sql`ch.position > ${start} AND ch.position <= ${start} + ${maxExaminedChanges}`,
    ...(types ? [sql`ch.type = ANY(${types}::change_type[])`] : []),
    ...(sources ? [sql`ch.source = ANY(${sources}::change_source[])`] : []),
    isDelivered,
  ]
  return sql`${changesWhere(matches, allOf(conditions))} ORDER BY ch.position LIMIT ${limit}`
}

function mustBeValid(
  { position, epoch, visibility }: FeedCursor,
  feed: Pick<FeedPage, 'last' | 'floor' | 'visibility'> & { readonly epoch: string },
): void {
  if (epoch !== feed.epoch || position > feed.last)
    throw new CursorExpired('The cursor belongs to another state of the database, which was restored.')
  if (position < feed.floor) throw new CursorExpired('The changes after the cursor are no longer stored.')
  if (visibility !== feed.visibility)
    throw new CursorExpired('The projects that you can see have changed since the cursor was issued.')
}

export const changesFieldsOf = (info: GraphQLResolveInfo): SelectedField[] =>
  fieldsNamed(subfieldsOf(selectedField(info), info), 'changes').flatMap((field) => subfieldsOf(field, info))

/** Returns a function that decides by their summaries if changes may belong to a selection. */
export function summaryCondition(
  context: Context,
  { filter, types, sources }: FeedSelection,
): (changes: readonly ChangeSummary[]) => Promise<boolean> {
  const viewer = requireViewer(context)
  const { ofProject } = ticketConditions(filter, viewer)
  const visibilities = new Map<string, boolean>()
  return async (changes) => {
    const projects = new Set(
      changes
        .filter(({ type, source }) => (types?.includes(type) ?? true) && (sources?.includes(source) ?? true))
        .map(({ projectId }) => projectId),
    )
    const unknown = [...projects].filter((id) => !visibilities.has(id))
    if (unknown.length > 0) {
      const isUnknown = sql`t.project_id = ANY(${unknown}::uuid[])`
      const rows = await context.db.query<{ id: string }[]>(
        selectVisibleProjectIds(viewer, allOf([ofProject, isUnknown])),
      )
      for (const id of unknown)
        visibilities.set(
          id,
          rows.some((row) => row.id === id),
        )
    }
    return [...projects].some((id) => visibilities.get(id))
  }
}

/** Null if the viewer cannot see the row now. `visible` is a condition on tickets `t`. */
const visibleRelation = <Row extends object>(keyProperty: string, columns: Columns<Row>, from: Sql): NestedField => ({
  keyProperty,
  fragment: (_args, selected, request) => {
    const row = rowOf(columns, subfieldsOf(selected, request.info), request)
    const isVisible = visibleTicketsByReference(requireViewer(request.context))
    return { ...row, sql: sql`(SELECT ${row.sql} FROM ${from} AND ${isVisible})` }
  },
})

export const changeTicket = visibleRelation('ticketId', ticketColumns, sql`tickets t WHERE t.id = parent.id`)

export const changeComment = visibleRelation(
  'commentId',
  commentColumns,
  sql`comments c JOIN tickets t ON t.id = c.ticket_id WHERE c.id = parent.id AND c.deleted_at IS NULL`,
)
