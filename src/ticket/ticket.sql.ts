import { Priority, Severity, type TicketKind, TicketStatus } from '../../prisma/generated/client.ts'
import { type Sql, sql } from '../database/sql.ts'
import { BadUserInput, type FieldError } from '../errors.ts'
import {
  enumeration,
  integer,
  type KeyType,
  type Order,
  type SortKey,
  text,
  timestamp,
  uuid,
} from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'
import type { Row } from '../rows.ts'
import { relevance } from '../search/search.filter.ts'
import { lastCommentTime } from './comment-time.sql.ts'

/** The columns of defects are null for issues. */
export type TicketRow = Row<'Ticket'>

export const ticketColumns = columnsOf<TicketRow>('t', {
  id: 'always',
  projectId: 'plain',
  number: 'plain',
  kind: 'always',
  title: 'plain',
  description: 'plain',
  status: 'plain',
  resolution: 'plain',
  priority: 'plain',
  reporterId: 'plain',
  assigneeId: 'plain',
  version: 'plain',
  createdAt: 'time',
  updatedAt: 'time',
  updatedById: 'plain',
  resolvedAt: 'time',
  archivedAt: 'time',
  externalKey: 'plain',
  category: 'plain',
  subcategory: 'plain',
  absn: 'plain',
  reportedBy: 'plain',
  severity: 'plain',
  disposition: 'plain',
})

export const ofKind = (kind: TicketKind | undefined): Sql => (kind ? sql`t.kind = ${kind}::ticket_kind` : sql`TRUE`)

export type TicketOrderField =
  | 'CREATED_AT'
  | 'UPDATED_AT'
  | 'RESOLVED_AT'
  | 'NUMBER'
  | 'TITLE'
  | 'STATUS'
  | 'PRIORITY'
  | 'SEVERITY'
  | 'COMMENTED_AT'
  | 'RELEVANCE'

export interface TicketOrder {
  readonly field: TicketOrderField
  readonly direction?: 'ASC' | 'DESC' | null | undefined
  readonly nulls?: 'FIRST' | 'LAST' | null | undefined
}

const keys: Readonly<
  Record<
    Exclude<TicketOrderField, 'RELEVANCE'>,
    { readonly sql: Sql; readonly type: KeyType; readonly nullable?: true }
  >
> = {
  CREATED_AT: { sql: sql`t.created_at`, type: timestamp },
  UPDATED_AT: { sql: sql`t.updated_at`, type: timestamp },
  RESOLVED_AT: { sql: sql`t.resolved_at`, type: timestamp, nullable: true },
  NUMBER: { sql: sql`t.number`, type: integer },
  TITLE: { sql: sql`fold_case(t.title) COLLATE "C"`, type: text },
  STATUS: { sql: sql`t.status`, type: enumeration('ticket_status', TicketStatus) },
  PRIORITY: { sql: sql`t.priority`, type: enumeration('priority', Priority) },
  SEVERITY: { sql: sql`t.severity`, type: enumeration('severity', Severity), nullable: true },
  COMMENTED_AT: { sql: lastCommentTime(sql`t.id`), type: timestamp, nullable: true },
}

const newestFirst: readonly TicketOrder[] = [{ field: 'CREATED_AT', direction: 'DESC' }]

/** The ties of these fields are broken by time of creation, as in their indexes. */
const enumFields: ReadonlySet<TicketOrderField> = new Set(['STATUS', 'PRIORITY', 'SEVERITY'])

/**
 * Appends keys for ties in the direction of the last key: the id, after an enum preceded by the time of creation. Throws BAD_USER_INPUT for a repeated field, and for RELEVANCE without
 * `searches`.
 */
export function ticketOrder(
  orderBy: readonly TicketOrder[] | null | undefined,
  searches: readonly string[] = [],
): Order {
  const requested = orderBy?.length ? orderBy : newestFirst
  const errors = orderErrors(requested, searches)
  if (errors.length > 0) throw new BadUserInput(errors)
  const [last = { field: 'CREATED_AT' }] = requested.slice(-1)
  const isCreationKey = requested.some(({ field }) => field === 'CREATED_AT')
  const tieKey: readonly TicketOrder[] =
    enumFields.has(last.field) && !isCreationKey ? [{ field: 'CREATED_AT', direction: last.direction }] : []
  const order = [...requested, ...tieKey].map(({ field, direction, nulls }): SortKey => {
    if (field === 'RELEVANCE') return relevanceKey(searches, direction === 'DESC')
    const { nullable, ...key } = keys[field]
    return { name: field, ...key, descending: direction === 'DESC', ...(nullable && { nulls: nulls ?? 'LAST' }) }
  })
  return [...order, { name: 'id', sql: sql`t.id`, type: uuid, descending: last.direction === 'DESC' }]
}

/** Orders for which each project has an index, and orders for which all tickets have one. */
const projectIndexes: ReadonlySet<string> = new Set([
  'CREATED_AT',
  'UPDATED_AT',
  'RESOLVED_AT',
  'NUMBER',
  'TITLE',
  'STATUS',
  'STATUS, CREATED_AT',
  'STATUS, PRIORITY',
  'PRIORITY',
  'PRIORITY, CREATED_AT',
  'SEVERITY',
  'SEVERITY, CREATED_AT',
])
const globalIndexes: ReadonlySet<string> = new Set(['CREATED_AT', 'UPDATED_AT'])

export type OrderArgument = readonly { readonly field?: unknown }[]

const fieldsOf = (orderBy: OrderArgument) => orderBy.map(({ field }) => field).join(', ') || 'CREATED_AT'

/** True if each project has an index for the order. `orderBy` is an argument before its coercion. */
export const isIndexedOrder = (orderBy: unknown): boolean =>
  projectIndexes.has(fieldsOf([orderBy ?? []].flat() as OrderArgument))

/** True if all tickets have an index for the order. */
export const isGloballyIndexedOrder = (orderBy: OrderArgument | null | undefined): boolean =>
  globalIndexes.has(fieldsOf(orderBy ?? []))

const relevanceKey = (searches: readonly string[], descending: boolean): SortKey => ({
  name: 'RELEVANCE',
  sql: relevance(searches),
  type: integer,
  descending,
})

/** One error per problem and field, however long the list is. */
function orderErrors(order: readonly TicketOrder[], searches: readonly string[]): FieldError[] {
  const errors: FieldError[] = []
  const counts = new Map<TicketOrderField, number>()
  for (const [index, { field }] of order.entries()) {
    const path = `orderBy.${index}.field`
    const count = (counts.get(field) ?? 0) + 1
    counts.set(field, count)
    if (count === 1 && field === 'RELEVANCE' && searches.length === 0)
      errors.push({ path, message: 'must not be RELEVANCE without `search` in the filter' })
    if (count === 2) errors.push({ path, message: `repeats ${field}: remove it` })
  }
  return errors
}
