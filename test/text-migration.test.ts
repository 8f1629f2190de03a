import { expect, inject, test } from 'vitest'
import { runCommand } from './support/command.ts'
import { databaseUrl, execute } from './support/databases.ts'
import { copyDatabase, queryCopy } from './support/environment.ts'

/** Rows as before the migration: one project, in which ticket `n` has the external key `keys[n - 1]` and the title "Prüf <n>" in NFD. */
const rowsBefore = (labels: readonly string[], keys: readonly string[]) => `
  DROP INDEX labels_project_id_name_key;
  INSERT INTO users (username, name, password_hash) VALUES ('ada', E'Zoe\\u0308', 'x');
  INSERT INTO projects (key, name) VALUES ('CORE', E'Pru\\u0308f');
  INSERT INTO labels (id, project_id, name, color)
  SELECT ('00000000-0000-7000-8000-' || lpad(position::text, 12, '0'))::uuid, p.id, given.name, '#336699'
  FROM projects p, unnest(ARRAY[${labels.map((name) => `'${name}'`).join(', ')}]) WITH ORDINALITY AS given(name, position);
  INSERT INTO tickets (project_id, number, kind, title, description, reporter_id, external_key, category, reported_by, severity)
  SELECT p.id, given.number, 'DEFECT', E'Pru\\u0308f ' || given.number, 'ΛΑΘΟΣ', u.id, given.key, E'Pru\\u0308f', 'Ada', 'MAJOR'
  FROM projects p, users u, unnest(ARRAY[${keys.map((key) => `'${key}'`).join(', ')}]) WITH ORDINALITY AS given(key, number);
  INSERT INTO comments (ticket_id, author_id, body) SELECT t.id, t.reporter_id, E'ΣΟΦΟΣ u\\u0308' FROM tickets t WHERE number = 1;
  INSERT INTO defect_terms SELECT id, 'CATEGORY', E'pru\\u0308f', E'Pru\\u0308f' FROM projects;
  UPDATE ticket_texts SET body = lower(body) || 'ς';
  DELETE FROM _prisma_migrations WHERE migration_name = '20261126000000_text_folding';
  DROP STATISTICS tickets_title_folded, tickets_description_folded, tickets_category_folded, tickets_subcategory_folded,
    tickets_reported_by_folded;
  DROP FUNCTION comment_words; CREATE INDEX labels_project_id_name_key ON labels (name);`

async function query(env: Readonly<Record<string, string>>, sql: string): Promise<unknown[]> {
  return (await queryCopy(env, sql)).rows
}

test('a migration brings stored texts into normal form and folds them, without new versions', async () => {
  await using copy = await copyDatabase()
  await query(copy.env, rowsBefore(['e\u0301'], ['A\u030a1', 'B2']))
  expect(await runCommand(['migrate'], copy.env)).toMatchObject({ code: 0 })
  expect(await query(copy.env, 'SELECT title, category, external_key, version FROM tickets ORDER BY number')).toEqual([
    { title: 'Prüf 1', category: 'Prüf', external_key: 'Å1', version: 1 },
    { title: 'Prüf 2', category: 'Prüf', external_key: 'B2', version: 1 },
  ])
  expect(
    await query(
      copy.env,
      'SELECT u.name, p.name AS project, l.name AS label, d.folded, d.spelling FROM users u, projects p, labels l, defect_terms d',
    ),
  ).toEqual([{ name: 'Zoë', project: 'Prüf', label: 'é', folded: 'prüf', spelling: 'Prüf' }])
  expect(await query(copy.env, 'SELECT body FROM ticket_texts ORDER BY body')).toEqual([
    { body: 'prüf 1\nλαθοσ' },
    { body: 'prüf 2\nλαθοσ' },
    { body: 'σοφοσ ü' },
  ])
  expect((await runCommand(['doctor'], copy.env)).output).toContain('All checks passed.')
})

test('a migration keeps texts that collide in normal form or without case, and lists them', async () => {
  await using copy = await copyDatabase()
  const labels = ['u\u0308', 'Ü', 'Λάθος', 'ΛΆΘΟΣ', 'other']
  await query(copy.env, rowsBefore(labels, ['Å1', 'A\u030a1']))
  const migrated = await runCommand(['migrate'], copy.env)
  expect(migrated.code).toBe(0)
  const doctor = await runCommand(['doctor'], copy.env)
  expect(doctor.code).toBe(1)
  for (const output of [migrated.output, doctor.output]) {
    expect(output).toContain('2 labels of project CORE have equal names: u\u0308, Ü.')
    expect(output).toContain('2 labels of project CORE have equal names: Λάθος, ΛΆΘΟΣ.')
    expect(output).toContain('with the mutation updateLabel')
    expect(output).toContain('Ticket CORE-2 has the external key A\u030a1')
  }
  expect(await query(copy.env, 'SELECT name FROM labels ORDER BY id')).toEqual(labels.map((name) => ({ name })))

  const renaming = (name: string) => query(copy.env, `UPDATE labels SET name = '${name}' WHERE name = 'ΛΆΘΟΣ'`)
  await expect(renaming('OTHER')).rejects.toThrow('labels_project_id_name_key')
  await renaming('new')
  await query(
    copy.env,
    "UPDATE labels SET name = 'x' WHERE name = 'Ü'; UPDATE tickets SET external_key = NULL WHERE number = 2",
  )
  expect((await runCommand(['doctor'], copy.env)).output).toContain('All checks passed.')
})

test.runIf(inject('postgres'))('a database without UTF8 is rejected with its encoding and a remedy', async () => {
  const postgres = inject('postgres') ?? ''
  const name = `snaglist_latin_${process.pid}`
  await execute(postgres, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`)
  const env = { DATABASE_URL: databaseUrl(postgres, name) }
  const { code, output } = await runCommand(['migrate'], env)
  const doctor = await runCommand(['doctor'], env)
  await execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`)
  expect(output).toMatch(/^The encoding of the database is LATIN1; it must be UTF8\. .*ENCODING 'UTF8'/)
  expect(code).toBe(1)
  expect(doctor.output).toMatch(/✗ Letters: encoding LATIN1/)
})

test.runIf(inject('postgres')).each(['C', 'C.UTF-8'])(
  'a database folds all letters, with the locale %s',
  async (locale) => {
    const postgres = inject('postgres') ?? ''
    const name = `snaglist_locale_${process.pid}`
    await execute(postgres, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' LOCALE '${locale}'`)
    const env = { DATABASE_URL: databaseUrl(postgres, name) }
    await runCommand(['migrate'], env)
    const folded = await query(env, "SELECT fold_case('ÄİΣς') AS folded")
    const { output } = await runCommand(['doctor'], env)
    await execute(postgres, `DROP DATABASE ${name} WITH (FORCE)`)
    expect(folded).toEqual([{ folded: 'äiσσ' }])
    expect(output).toContain('All checks passed.')
  },
)
