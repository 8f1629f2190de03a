import { expect, test } from 'vitest'
import { runCommand } from './support/command.ts'
import { copyDatabase, queryCopy } from './support/environment.ts'

const resolution = `'[{"field": "status", "from": "OPEN", "to": "RESOLVED"}, {"field": "resolution", "from": null, "to": "FIXED"}]'`
const reopening = `'[{"field": "status", "from": "RESOLVED", "to": "OPEN"}, {"field": "resolution", "from": "FIXED", "to": null}]'`

/**
 * Rows as before the migration. Ticket 1 was resolved by an import with an earlier time of resolution, ticket 2 by an
 * import that was undone, ticket 3 by a user.
 */
const rowsBefore = `
  ALTER TABLE history DROP reverted, DROP effective_at;
  ALTER TABLE imports DROP warning_count, DROP columns, DROP preview;
  ALTER TABLE import_faults DROP is_warning;
  DELETE FROM _prisma_migrations WHERE migration_name = '20261126000001_import_files';
  INSERT INTO users (username, name, password_hash) VALUES ('ada', 'Ada', 'x');
  INSERT INTO projects (key, name) VALUES ('CORE', 'Core');
  INSERT INTO imports (project_id, actor_id, file_name, kind, dry_run, created_at, undone_at)
  SELECT p.id, u.id, file.name, 'ISSUE', FALSE, '2026-11-01', file.undone_at FROM projects p, users u,
    (VALUES ('valid.csv', NULL), ('undone.csv', timestamptz '2026-11-02')) AS file(name, undone_at);
  INSERT INTO tickets (project_id, number, kind, title, reporter_id, status, resolution, resolved_at, created_at, version)
  SELECT p.id, ticket.number, 'ISSUE', 'Ticket', u.id, ticket.status::ticket_status, ticket.resolution::resolution,
    ticket.resolved_at, '2026-08-01', 3
  FROM projects p, users u, (VALUES
    (1, 'RESOLVED', 'FIXED', timestamptz '2026-08-10'), (2, 'OPEN', NULL, NULL),
    (3, 'RESOLVED', 'FIXED', timestamptz '2026-10-01')) AS ticket(number, status, resolution, resolved_at);
  INSERT INTO history (ticket_id, actor_id, at, version, source, batch, changes)
  SELECT t.id, t.reporter_id, event.at, event.version, event.source::change_source, i.id, event.changes::jsonb
  FROM (VALUES
    (1, timestamptz '2026-11-01', 2, 'IMPORT', 'valid.csv', ${resolution}),
    (2, timestamptz '2026-11-01', 2, 'IMPORT', 'undone.csv', ${resolution}),
    (2, timestamptz '2026-11-02', 3, 'IMPORT', 'undone.csv', ${reopening}),
    (3, timestamptz '2026-10-01', 2, 'API', NULL, ${resolution})) AS event(number, at, version, source, file_name, changes)
  JOIN tickets t USING (number) LEFT JOIN imports i USING (file_name);
  INSERT INTO imported_tickets (import_id, ticket_id, version, before)
  SELECT i.id, t.id, 2, '{}' FROM imports i, tickets t WHERE i.file_name = 'valid.csv' AND t.number = 1`

test('a migration dates resolutions by earlier imports, and marks the changes of undone ones', async () => {
  await using copy = await copyDatabase()
  await queryCopy(copy.env, rowsBefore)
  expect(await runCommand(['migrate'], copy.env)).toMatchObject({ code: 0 })
  const { rows } = await queryCopy(
    copy.env,
    `SELECT t.number, h.version, h.reverted, (h.at AT TIME ZONE 'UTC')::date::text AS at,
       (h.effective_at AT TIME ZONE 'UTC')::date::text AS effective
     FROM history h JOIN tickets t ON t.id = h.ticket_id ORDER BY 1, 2`,
  )
  expect(rows).toEqual([
    { number: 1, version: 2, reverted: false, at: '2026-11-01', effective: '2026-08-10' },
    { number: 2, version: 2, reverted: true, at: '2026-11-01', effective: null },
    { number: 2, version: 3, reverted: true, at: '2026-11-02', effective: null },
    { number: 3, version: 2, reverted: false, at: '2026-10-01', effective: null },
  ])
})
