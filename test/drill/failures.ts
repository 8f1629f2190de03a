import pg from 'pg'

/** Runs one statement on a separate connection. */
async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(sql).finally(() => client.end())
}

/** Terminates every other connection to the database. */
export const terminateConnections = (url: string) =>
  execute(
    url,
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  )

/** Locks tickets against reads and writes during the work. */
export async function lockTickets(url: string, work: () => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('BEGIN')
    await client.query('LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE')
    await work()
    await client.query('ROLLBACK')
  } finally {
    await client.end()
  }
}
