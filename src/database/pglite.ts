import { readFile } from 'node:fs/promises'
import { PGlite, type PGliteOptions } from '@electric-sql/pglite'
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm'

const settings = {
  // Segments of the write-ahead log to keep after a checkpoint.
  min_wal_size: '32MB',
  max_wal_size: '64MB',
  // The memory of WebAssembly never shrinks.
  shared_buffers: '64MB',
  // ANALYZE reads 300 times as many rows into memory.
  default_statistics_target: '10',
}

export const openPGlite = (options: PGliteOptions = {}) =>
  PGlite.create({
    ...options,
    extensions: { pg_trgm },
    startParams: [
      ...PGlite.defaultStartParams,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
  })

/** Returns the option `pgliteWasmModule`. Other threads compile it, which takes as long as opening a database. */
export const compilePGlite = async (): Promise<WebAssembly.Module> =>
  WebAssembly.compile(await readFile(new URL('pglite.wasm', import.meta.resolve('@electric-sql/pglite'))))
