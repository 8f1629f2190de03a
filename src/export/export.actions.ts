import { checkArgument, projectReference } from '../check.ts'
import { type Context, requireViewer } from '../context.ts'
import { escapeFormula, joinNames, toCsv } from '../csv/cells.ts'
import { raw, sql } from '../database/sql.ts'
import type { Bounds } from '../paging/bounds.ts'
import type { CursorKey } from '../paging/keyset.ts'
import { type List, type Page, pageOf } from '../paging/page.ts'
import { getProjectByReference } from '../project/project.actions.ts'
import { objectOf, readValue, type Value } from '../reading/value.ts'
import { ticketList } from '../ticket/ticket.loaders.ts'
import { type TicketRow, ticketColumns } from '../ticket/ticket.sql.ts'
import type { ExportParameters } from './export.parser.ts'

export type ExportFormat = 'csv' | 'jsonl'

interface ExportedTicket extends TicketRow {
  readonly project: string
  readonly assignee: string | null
  readonly reporter: string
  readonly labels: readonly string[]
}

const usernameOf = (column: string) => ({
  sql: sql`(SELECT u.username FROM users u WHERE u.id = ${raw(column)})`,
})

const exportedTicket = objectOf<ExportedTicket>(
  new Map<string, Value<unknown>>([
    ...ticketColumns.values,
    ['cursorKey', { sql: sql`t.cursor_key` }],
    ['project', { sql: sql`(SELECT p.key FROM projects p WHERE p.id = t.project_id)` }],
    ['assignee', usernameOf('t.assignee_id')],
    ['reporter', usernameOf('t.reporter_id')],
    [
      'labels',
      {
        sql: sql`(SELECT coalesce(json_agg(l.name ORDER BY fold_case(l.name)), '[]') FROM ticket_labels tl
          JOIN labels l ON l.id = tl.label_id WHERE tl.ticket_id = t.id)`,
      },
    ],
  ]),
)

const columns: Readonly<Record<string, (ticket: ExportedTicket) => string | number | readonly string[] | null>> = {
  key: ({ project, number }) => `${project}-${number}`,
  externalKey: (ticket) => ticket.externalKey,
  kind: (ticket) => ticket.kind,
  title: (ticket) => ticket.title,
  description: (ticket) => ticket.description,
  status: (ticket) => ticket.status,
  resolution: (ticket) => ticket.resolution,
  priority: (ticket) => ticket.priority,
  assignee: (ticket) => ticket.assignee,
  reporter: (ticket) => ticket.reporter,
  labels: (ticket) => ticket.labels,
  category: (ticket) => ticket.category,
  subcategory: (ticket) => ticket.subcategory,
  absn: (ticket) => ticket.absn,
  reportedBy: (ticket) => ticket.reportedBy,
  severity: (ticket) => ticket.severity,
  disposition: (ticket) => ticket.disposition,
  createdAt: (ticket) => ticket.createdAt,
  resolvedAt: (ticket) => ticket.resolvedAt,
  archivedAt: (ticket) => ticket.archivedAt,
  updatedAt: (ticket) => ticket.updatedAt,
  version: (ticket) => ticket.version,
}

const columnEntries = Object.entries(columns)
const pageSize = 500

function toCell(value: ReturnType<(typeof columns)[string]>): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  return escapeFormula(typeof value === 'string' ? value : joinNames(value))
}

const formats: Readonly<
  Record<ExportFormat, { header: string; rows: (tickets: readonly ExportedTicket[]) => string }>
> = {
  csv: {
    header: toCsv([columnEntries.map(([name]) => name)]),
    rows: (tickets) => toCsv(tickets.map((ticket) => columnEntries.map(([, getValue]) => toCell(getValue(ticket))))),
  },
  jsonl: {
    header: '',
    rows: (tickets) =>
      tickets
        .map(
          (ticket) =>
            `${JSON.stringify(Object.fromEntries(columnEntries.map(([name, getValue]) => [name, getValue(ticket)])))}\n`,
        )
        .join(''),
  },
}

/**
 * Returns tickets as a stream of text, one chunk per page, ordered by number within a project and otherwise by creation.
 * Throws NOT_FOUND if the viewer cannot see the project.
 */
export async function exportTickets(
  context: Context,
  format: ExportFormat,
  { project, filter, bom }: ExportParameters,
): Promise<AsyncGenerator<string>> {
  const viewer = requireViewer(context)
  const reference = project === null ? null : checkArgument('project', project, projectReference)
  const exportedProject = reference === null ? null : await getProjectByReference(context.db, viewer, reference)
  const list = ticketList(
    context,
    { filter, orderBy: [{ field: exportedProject ? 'NUMBER' : 'CREATED_AT' }] },
    exportedProject ? { project: sql`${exportedProject.id}::uuid` } : {},
  )
  const where = exportedProject ? sql`t.project_id = ${exportedProject.id}::uuid AND ${list.where}` : list.where
  const { header, rows } = formats[format]
  return textOf(context, { ...list, where }, { header: bom && format === 'csv' ? `\ufeff${header}` : header, rows })
}

async function* textOf(
  { db }: Context,
  list: List<TicketRow>,
  { header, rows }: (typeof formats)[ExportFormat],
): AsyncGenerator<string> {
  yield header
  let after: CursorKey | null = null
  do {
    const bounds: Bounds = { limit: pageSize, backward: false, after, before: null, offset: 0 }
    const parts = { row: exportedTicket, withCursorKeys: true, maxCount: 0 }
    const page: Page<ExportedTicket> = await readValue(
      db,
      pageOf<ExportedTicket>(list as unknown as List<ExportedTicket>, bounds, parts),
    )
    if (page.rows.length > 0) yield rows(page.rows)
    after = page.hasNextPage ? JSON.parse(page.rows.at(-1)?.cursorKey ?? 'null') : null
  } while (after)
}
