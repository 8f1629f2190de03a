import { PGlite, type PGliteOptions } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'

export const openPGlite = (options: PGliteOptions = {}) =>
  PGlite.create({
    ...options,
    extensions: { pg_trgm },
    // Segments of the write-ahead log to keep after a checkpoint.
    startParams: [
      ...PGlite.defaultStartParams,
      '-c',
      'min_wal_size=32MB',
      '-c',
      'max_wal_size=64MB',
      '-c',
      'shared_buffers=64MB',
    ],
  })
