import type { Kind, Ledger, Write } from './ledger.ts'
import { groupSize } from './requests.ts'

/** Reads rows of the database. */
export type Query = (sql: string) => Promise<{ readonly rows: readonly Readonly<Record<string, string>>[] }>

/** The stored writes of each kind: the marker, and the result that a response must have had. */
const storedWrites: Readonly<Record<Kind, string>> = {
  ticket: 'SELECT description AS marker, id::text AS result FROM tickets',
  change: `SELECT change ->> 'to' AS marker, h.ticket_id || ' ' || h.version AS result
    FROM history h, jsonb_array_elements(h.changes) change WHERE change ->> 'field' = 'title'`,
  comment: 'SELECT body AS marker, id::text AS result FROM comments',
  label: 'SELECT name AS marker, id::text AS result FROM labels',
  labelling: `SELECT ticket_id || ' ' || label_id AS marker, '' AS result FROM ticket_labels`,
  bulk: `SELECT batch::text AS marker, count(*)::text AS result FROM history WHERE source = 'BULK' GROUP BY batch`,
}

/** Invariants, each with a query for the rows that violate it. */
const invariants: Readonly<Record<string, string>> = {
  'ticket numbers are unique in their project':
    'SELECT project_id, number FROM tickets GROUP BY project_id, number HAVING count(*) > 1',
  'the numbers of a project have no gaps': `
    SELECT p.key, p.last_number, count(t.id) FROM projects p LEFT JOIN tickets t ON t.project_id = p.id
    GROUP BY p.id HAVING p.last_number <> count(t.id) OR p.last_number <> coalesce(max(t.number), 0)`,
  'the version of a ticket is the number of its history rows plus 1': `
    SELECT t.id, t.version, count(h.id) FROM tickets t LEFT JOIN history h ON h.ticket_id = t.id
    GROUP BY t.id HAVING t.version <> 1 + count(h.id)`,
  'the history of a ticket contains every version after the first': `
    SELECT ticket_id FROM history GROUP BY ticket_id
    HAVING min(version) <> 2 OR max(version) <> 1 + count(DISTINCT version)`,
  'the title of a ticket equals the last title in its history': `
    SELECT t.id, t.title FROM tickets t JOIN LATERAL (
      SELECT change ->> 'to' AS title FROM history h, jsonb_array_elements(h.changes) change
      WHERE h.ticket_id = t.id AND change ->> 'field' = 'title' ORDER BY h.version DESC LIMIT 1) last ON last.title <> t.title`,
  'a bulk mutation changes all tickets or none': `
    SELECT batch, count(*) FROM history WHERE source = 'BULK' GROUP BY batch HAVING count(*) <> ${groupSize}`,
  'the tickets of a group have the same status': `
    SELECT split_part(description, ' ', 1) AS moved FROM tickets WHERE description LIKE 'group-%'
    GROUP BY moved HAVING count(DISTINCT status) > 1`,
  'every text of a ticket and its comments is in the search index': `
    SELECT t.id FROM tickets t WHERE (SELECT count(*) FROM ticket_texts x WHERE x.ticket_id = t.id)
      <> 1 + (SELECT count(*) FROM comments c WHERE c.ticket_id = t.id)`,
  'the feed contains every new ticket, change of a ticket and comment once': `
    WITH expected AS (
      SELECT id AS ticket_id, 1 AS version, NULL::uuid AS comment_id FROM tickets
      UNION ALL SELECT ticket_id, version, NULL FROM history
      UNION ALL SELECT ticket_id, NULL, id FROM comments),
    recorded AS (SELECT ticket_id, version, comment_id FROM changes)
    (TABLE expected EXCEPT ALL TABLE recorded) UNION ALL (TABLE recorded EXCEPT ALL TABLE expected)`,
  'the positions of the feed have no gaps': `
    SELECT last, count(position), max(position) FROM feed, changes GROUP BY last
    HAVING last <> count(position) OR last <> coalesce(max(position), 0)`,
}

/** Verifies acknowledged ⊆ stored ⊆ acknowledged ∪ unknown, and the invariants. Returns the violations. */
export async function findViolations(ledger: Ledger, query: Query): Promise<string[]> {
  const violations: string[] = []
  for (const [kind, sql] of Object.entries(storedWrites)) {
    const { rows } = await query(sql)
    const writes = ledger.writes.filter((write) => write.kind === kind)
    violations.push(...differences(kind, writes, rows as { marker: string; result: string }[]))
  }
  for (const [invariant, sql] of Object.entries(invariants)) {
    const { rows } = await query(sql)
    if (rows[0]) violations.push(`violated: ${invariant}: ${rows.length} cases, such as ${JSON.stringify(rows[0])}`)
  }
  return violations
}

function differences(
  kind: string,
  writes: readonly Write[],
  rows: readonly { readonly marker: string; readonly result: string }[],
): string[] {
  const stored = new Map(rows.map(({ marker, result }) => [marker, result]))
  const acknowledged = writes.filter(({ outcome }) => outcome === 'acknowledged')
  const unknown = writes.filter(({ outcome }) => outcome === 'unknown')
  const possible = new Set([...acknowledged, ...unknown].map(({ marker }) => marker))
  const unmarkedCount = unknown.filter(({ marker }) => marker === null).length
  const lost = acknowledged.filter(({ marker, result }) => stored.get(marker ?? '') !== result)
  const unexpected = [...stored.keys()].filter((marker) => !possible.has(marker))
  return [
    ...lost.map(({ marker, result }) => `acknowledged, but not stored: ${kind} ${marker} (${result})`),
    ...(unexpected.length > unmarkedCount
      ? unexpected.map((marker) => `stored, but never acknowledged: ${kind} ${marker}`)
      : []),
    ...(stored.size < rows.length ? [`${rows.length - stored.size} stored twice: ${kind}`] : []),
  ]
}
