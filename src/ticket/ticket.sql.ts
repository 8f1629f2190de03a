import {
  Priority,
  Prisma,
  Severity,
  type Ticket,
  type TicketKind,
  TicketStatus,
} from '../../prisma/generated/client.ts'
import { enumeration, integer, type KeyType, moment, type Order, type SortKey, text, uuid } from '../paging/keyset.ts'
import { columnsOf } from '../reading/columns.ts'

/** A ticket as it is stored: an issue has none of a defect's own columns. */
export type TicketRow = Ticket

/** The columns of a TicketRow, from tickets `t`. Its kind tells the type of it in the API. */
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

/** The tickets `t` of a kind, or of any. */
export const ofKind = (kind: TicketKind | undefined): Prisma.Sql =>
  kind ? Prisma.sql`t.kind = ${kind}::ticket_kind` : Prisma.sql`TRUE`

export type TicketOrderField =
  | 'CREATED_AT'
  | 'UPDATED_AT'
  | 'RESOLVED_AT'
  | 'NUMBER'
  | 'TITLE'
  | 'STATUS'
  | 'PRIORITY'
  | 'SEVERITY'

export interface TicketOrder {
  readonly field: TicketOrderField
  readonly direction?: 'ASC' | 'DESC' | null | undefined
  readonly nulls?: 'FIRST' | 'LAST' | null | undefined
}

const keys: Readonly<
  Record<TicketOrderField, { readonly sql: Prisma.Sql; readonly type: KeyType; readonly nullable?: true }>
> = {
  CREATED_AT: { sql: Prisma.sql`t.created_at`, type: moment },
  UPDATED_AT: { sql: Prisma.sql`t.updated_at`, type: moment },
  RESOLVED_AT: { sql: Prisma.sql`t.resolved_at`, type: moment, nullable: true },
  NUMBER: { sql: Prisma.sql`t.number`, type: integer },
  TITLE: { sql: Prisma.sql`lower(t.title) COLLATE "C"`, type: text },
  STATUS: { sql: Prisma.sql`t.status`, type: enumeration('ticket_status', TicketStatus) },
  PRIORITY: { sql: Prisma.sql`t.priority`, type: enumeration('priority', Priority) },
  SEVERITY: { sql: Prisma.sql`t.severity`, type: enumeration('severity', Severity), nullable: true },
}

const newestFirst: readonly TicketOrder[] = [{ field: 'CREATED_AT', direction: 'DESC' }]

/** The order asked for, ended by the id in the last key's direction; newest first when none is. A field counts once. */
export function ticketOrder(given: readonly TicketOrder[] | null | undefined): Order {
  const asked = given?.length ? given : newestFirst
  const first = asked.filter(({ field }, index) => asked.findIndex((one) => one.field === field) === index)
  const order = first.map(({ field, direction, nulls }): SortKey => {
    const { sql, type, nullable } = keys[field]
    return { name: field, sql, type, descending: direction === 'DESC', ...(nullable && { nulls: nulls ?? 'LAST' }) }
  })
  return [...order, { name: 'id', sql: Prisma.sql`t.id`, type: uuid, descending: order.at(-1)?.descending ?? false }]
}
