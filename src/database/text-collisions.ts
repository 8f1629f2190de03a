import type pg from 'pg'

/** Texts that are equal by the rules of this version, and were different by those of an earlier one. */
export interface TextCollision {
  readonly text: string
  readonly remedy: string
}

const maxListed = 20

/** Returns up to 20 collisions of labels, and of external keys. Requires the migrated tables. */
export async function findTextCollisions(pool: pg.Pool): Promise<TextCollision[]> {
  const client = await pool.connect()
  try {
    // Reads all external keys.
    await client.query('BEGIN; SET LOCAL statement_timeout = 0')
    return await readCollisions(client)
  } finally {
    await client.query('ROLLBACK').catch(() => {})
    client.release()
  }
}

async function readCollisions(client: pg.PoolClient): Promise<TextCollision[]> {
  const { rows: labels } = await client.query<{ project: string; names: string[]; id: string }>(`
    SELECT p.key AS project, array_agg(l.name ORDER BY l.id) AS names, max(l.id::text) AS id
    FROM labels l JOIN projects p ON p.id = l.project_id GROUP BY p.key, fold_case(normalize(l.name, NFC))
    HAVING count(*) > 1 ORDER BY project, names LIMIT ${maxListed}`)
  const { rows: keys } = await client.query<{ ticket: string; key: string }>(`
    SELECT p.key || '-' || t.number AS ticket, t.external_key AS key FROM tickets t JOIN projects p ON p.id = t.project_id
    WHERE t.external_key IS NOT NFC NORMALIZED ORDER BY p.key, t.number LIMIT ${maxListed}`)
  return [
    ...labels.map(({ project, names, id }) => ({
      text: `${names.length} labels of project ${project} have equal names: ${names.join(', ')}.`,
      remedy: `Rename one of them, such as ${id}, with the mutation updateLabel.`,
    })),
    ...keys.map(({ ticket, key }) => ({
      text: `Ticket ${ticket} has the external key ${key}, which equals that of another ticket; imports update the other one.`,
      remedy: 'Change external_key of one of the tickets in the database.',
    })),
  ]
}
