import { type Context, requireViewer } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { Moment } from '../moment.ts'
import { visibleTickets } from '../ticket/ticket.access.ts'
import { type TicketFilter, ticketCondition } from '../ticket/ticket.filter.ts'

/** What reports are about: the tickets that a filter lets through, and the time zone in which days begin. */
export interface ReportScope {
  readonly filter: TicketFilter
  readonly timeZone: string
  /** The tickets as a table; under the alias `t` it is read as tickets are. */
  readonly tickets: Sql
}

/** The scope of reports for the viewer. */
export function reportScope(context: Context, filter: TicketFilter | null, timeZone: string): ReportScope {
  const viewer = requireViewer(context)
  const condition = sql`${visibleTickets(viewer)} AND ${ticketCondition(filter, viewer)}`
  return { filter: filter ?? {}, timeZone, tickets: sql`(SELECT t.* FROM tickets t WHERE ${condition})` }
}

/** A TicketFilter as JSON, which as a variable gives the same filter again. */
export type FilterJson = Readonly<Record<string, unknown>>

/** The filter of a scope, narrowed: a TicketFilter that lists just the tickets that a row counts. */
export function narrowed({ filter }: ReportScope, ...parts: readonly FilterJson[]): FilterJson {
  const result = jsonOf(filter) as Record<string, unknown>
  const further = (result['and'] as FilterJson[] | null | undefined) ?? []
  for (const part of parts) {
    if (Object.keys(part).every((name) => result[name] === undefined)) Object.assign(result, part)
    else further.push(part)
  }
  return further.length > 0 ? { ...result, and: further } : result
}

function jsonOf(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  if ('duration' in value) {
    const { duration, past } = value as Exclude<Moment, Date>
    return past ? `-${duration}` : duration
  }
  const entries = Object.entries(value).filter(([, part]) => part !== undefined)
  return Object.fromEntries(entries.map(([name, part]) => [name, jsonOf(part)]))
}
