import pg from 'pg'

/** Runs one statement on a connection of its own. */
async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql).finally(() => client.end())
}

/** Cuts every connection to the database but its own. */
export const cutConnections = (url: string) =>
  execute(
    url,
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )

/** Locks tickets against reading and writing until something has happened. */
export async function lockTickets(url: string, until: () => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query('LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE')
    await until()
    await client.query('ROLLBACK')
  } finally {
    await client.end()
  }
}
