import { type Context, requireViewer } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { RelativeDateTime } from '../date-time.ts'
import { visibleTickets } from '../ticket/ticket.access.ts'
import { type TicketFilter, ticketCondition } from '../ticket/ticket.filter.ts'

export interface ReportScope {
  readonly filter: TicketFilter
  readonly timeZone: string
  readonly tickets: Sql
}

export function reportScope(context: Context, filter: TicketFilter | null, timeZone: string): ReportScope {
  const viewer = requireViewer(context)
  const condition = sql`${visibleTickets(viewer)} AND ${ticketCondition(filter, viewer)}`
  return { filter: filter ?? {}, timeZone, tickets: sql`(SELECT t.* FROM tickets t WHERE ${condition})` }
}

export type FilterJson = Readonly<Record<string, unknown>>

/** Combines the filter of a scope with the filters of a row. */
export function narrowFilter({ filter }: ReportScope, ...parts: readonly FilterJson[]): FilterJson {
  const result = toJson(filter) as Record<string, unknown>
  const conjuncts = (result['and'] as FilterJson[] | null | undefined) ?? []
  for (const part of parts) {
    if (Object.keys(part).every((name) => result[name] === undefined)) Object.assign(result, part)
    else conjuncts.push(part)
  }
  return conjuncts.length > 0 ? { ...result, and: conjuncts } : result
}

function toJson(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(toJson)
  if (typeof value !== 'object' || value === null) return value
  if ('duration' in value) {
    const { duration, past } = value as Exclude<RelativeDateTime, Date>
    return past ? `-${duration}` : duration
  }
  const entries = Object.entries(value).filter(([, part]) => part !== undefined)
  return Object.fromEntries(entries.map(([name, part]) => [name, toJson(part)]))
}
