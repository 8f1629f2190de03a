import type { Kind, Ledger, Write } from './ledger.ts'
import { groupSize } from './requests.ts'

/** Reads rows of the database that a load has written to. */
export type Query = (sql: string) => Promise<{ readonly rows: readonly Readonly<Record<string, string>>[] }>

/** What is stored of each kind of write: its marker, and what an answer should have told of it. */
const storedWrites: Readonly<Record<Kind, string>> = {
  ticket: 'SELECT description AS marker, id::text AS told FROM tickets',
  change: `SELECT change ->> 'to' AS marker, h.ticket_id || ' ' || h.version AS told
    FROM history h, jsonb_array_elements(h.changes) change WHERE change ->> 'field' = 'title'`,
  comment: 'SELECT body AS marker, id::text AS told FROM comments',
  label: 'SELECT name AS marker, id::text AS told FROM labels',
  labelling: `SELECT ticket_id || ' ' || label_id AS marker, '' AS told FROM ticket_labels`,
  bulk: `SELECT batch::text AS marker, count(*)::text AS told FROM history WHERE source = 'BULK' GROUP BY batch`,
}

/** What must hold whatever was asked for, each with a query for the rows that break it. */
const rules: Readonly<Record<string, string>> = {
  'a number is used once': 'SELECT project_id, number FROM tickets GROUP BY project_id, number HAVING count(*) > 1',
  'a project has counted its tickets without gaps': `
    SELECT p.key, p.last_number, count(t.id) FROM projects p LEFT JOIN tickets t ON t.project_id = p.id
    GROUP BY p.id HAVING p.last_number <> count(t.id) OR p.last_number <> coalesce(max(t.number), 0)`,
  'a version is one more than the rows of history': `
    SELECT t.id, t.version, count(h.id) FROM tickets t LEFT JOIN history h ON h.ticket_id = t.id
    GROUP BY t.id HAVING t.version <> 1 + count(h.id)`,
  'history has each version after the first': `
    SELECT ticket_id FROM history GROUP BY ticket_id
    HAVING min(version) <> 2 OR max(version) <> 1 + count(DISTINCT version)`,
  'a ticket says what its history says last': `
    SELECT t.id, t.title FROM tickets t JOIN LATERAL (
      SELECT change ->> 'to' AS title FROM history h, jsonb_array_elements(h.changes) change
      WHERE h.ticket_id = t.id AND change ->> 'field' = 'title' ORDER BY h.version DESC LIMIT 1) last ON last.title <> t.title`,
  'a bulk moves all or none': `
    SELECT batch, count(*) FROM history WHERE source = 'BULK' GROUP BY batch HAVING count(*) <> ${groupSize}`,
  'tickets that are moved together stand together': `
    SELECT split_part(description, ' ', 1) AS moved FROM tickets WHERE description LIKE 'group-%'
    GROUP BY moved HAVING count(DISTINCT status) > 1`,
  'what a ticket and its comments say can be searched': `
    SELECT t.id FROM tickets t WHERE (SELECT count(*) FROM ticket_texts x WHERE x.ticket_id = t.id)
      <> 1 + (SELECT count(*) FROM comments c WHERE c.ticket_id = t.id)`,
}

/** What does not hold of the database after a load: acknowledged ⊆ stored ⊆ acknowledged ∪ unknown, and the rules. */
export async function brokenRules(ledger: Ledger, query: Query): Promise<string[]> {
  const broken: string[] = []
  for (const [kind, sql] of Object.entries(storedWrites)) {
    const { rows } = await query(sql)
    const writes = ledger.writes.filter((write) => write.kind === kind)
    broken.push(...differences(kind, writes, rows as { marker: string; told: string }[]))
  }
  for (const [rule, sql] of Object.entries(rules)) {
    const { rows } = await query(sql)
    if (rows[0]) broken.push(`${rule}: not so in ${rows.length} cases, such as ${JSON.stringify(rows[0])}`)
  }
  return broken
}

function differences(
  kind: string,
  writes: readonly Write[],
  rows: readonly { readonly marker: string; readonly told: string }[],
): string[] {
  const stored = new Map(rows.map(({ marker, told }) => [marker, told]))
  const acknowledged = writes.filter(({ outcome }) => outcome === 'acknowledged')
  const unknown = writes.filter(({ outcome }) => outcome === 'unknown')
  const asked = new Set([...acknowledged, ...unknown].map(({ marker }) => marker))
  const nameless = unknown.filter(({ marker }) => marker === null).length
  const lost = acknowledged.filter(({ marker, told }) => stored.get(marker ?? '') !== told)
  const stray = [...stored.keys()].filter((marker) => !asked.has(marker))
  return [
    ...lost.map(({ marker, told }) => `acknowledged, but not stored: ${kind} ${marker} (${told})`),
    ...(stray.length > nameless ? stray.map((marker) => `stored, but never acknowledged: ${kind} ${marker}`) : []),
    ...(stored.size < rows.length ? [`${rows.length - stored.size} times stored again: ${kind}`] : []),
  ]
}
