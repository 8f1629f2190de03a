import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { PGlite } from '@electric-sql/pglite'
import type { DiskReserve } from './disk-reserve.ts'

type Session = Pick<PGlite, 'waitReady' | 'execProtocolStream'>

export interface EmbeddedSession extends Session {
  /**
   * Aborted when PostgreSQL has panicked or found no space on the disk: no further statement is run, since PGlite would
   * not return from it. The process must end without closing the database, which recovers at the next start.
   */
  readonly failure: AbortSignal
}

interface Files {
  /** PostgreSQL's data directory. */
  readonly directory: string
  readonly reserve: DiskReserve
}

const diskFull = '53100'
const crashShutdown = '57P02'
const checkIntervalMilliseconds = 50
const maxNewSegments = 3
const analysisIntervalMilliseconds = 1000

/** With the thresholds of autovacuum: https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM */
const analyzeChangedTables = `
  DO $$ DECLARE name regclass; BEGIN
    FOR name IN SELECT s.relid FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid
      WHERE s.n_mod_since_analyze > 50 + 0.1 * greatest(c.reltuples, 0)
        OR c.reltuples < 0 AND pg_relation_size(s.relid) > 0
    LOOP EXECUTE 'ANALYZE ' || name; END LOOP;
  END $$`

/**
 * Wraps the only session of PGlite, which all clients use. While the disk is full, transactions are read-only. PGlite
 * has no background processes: runs checkpoints, which remove old segments of the write-ahead log, and updates the
 * statistics of the planner.
 */
export function createEmbeddedSession(pglite: PGlite, files: Files | null): EmbeddedSession {
  const failure = new AbortController()
  let transactionStatus = 'I'
  let isReadOnly = false
  let nextCheck = 0
  let nextAnalysis = 0
  let oldSegments = files ? countSegments(files.directory) : 0

  const run: Session['execProtocolStream'] = async (message, options) => {
    if (failure.signal.aborted) throw crashError()
    try {
      const responses = await pglite.execProtocolStream(message, options)
      for (const response of responses) {
        const { name, severity, code, status } = response as ResponseFields
        if (name === 'error' && (code === diskFull || severity === 'PANIC' || severity === 'FATAL'))
          failure.abort(response)
        if (name === 'readyForQuery' && status) transactionStatus = status
      }
      return responses
    } catch (error) {
      // An error of PostgreSQL is a response; this is a crash of its WebAssembly instance.
      failure.abort(error)
      throw crashError()
    }
  }
  const runStatement = (sql: string) => run(simpleQuery(sql), { throwOnError: false })

  const checkDisk = async ({ directory, reserve }: Files) => {
    let { isFull, isAlmostFull } = reserve.state()
    if (countSegments(directory) - oldSegments > (isFull ? 0 : maxNewSegments)) {
      await runStatement('CHECKPOINT')
      oldSegments = countSegments(directory)
      ;({ isFull, isAlmostFull } = reserve.state())
    }
    if (isFull && transactionStatus === 'T') await runStatement('SET TRANSACTION READ ONLY')
    else if (isFull !== isReadOnly && transactionStatus === 'I') {
      await runStatement(`SET default_transaction_read_only = ${isFull}`)
      isReadOnly = isFull
    }
    nextCheck = isAlmostFull ? 0 : performance.now() + checkIntervalMilliseconds
  }
  /** Without statistics, the planner joins large tables in nested loops, which takes minutes. */
  const updateStatistics = async () => {
    // Statements since the last second may not be counted yet.
    await runStatement('SELECT pg_stat_force_next_flush()')
    await runStatement(analyzeChangedTables)
  }
  return {
    failure: failure.signal,
    waitReady: pglite.waitReady,
    async execProtocolStream(message, options) {
      if (files && isStartOfStatement(message) && transactionStatus !== 'E' && performance.now() >= nextCheck) {
        await checkDisk(files)
        if (transactionStatus === 'I' && !isReadOnly && performance.now() >= nextAnalysis) {
          await updateStatistics()
          nextAnalysis = performance.now() + analysisIntervalMilliseconds
        }
      }
      return run(message, options)
    },
  }
}

interface ResponseFields {
  readonly name: string
  readonly severity?: string
  readonly code?: string
  readonly status?: string
}

/** https://www.postgresql.org/docs/current/protocol-message-formats.html: Parse or Query. */
const isStartOfStatement = ([type]: Uint8Array) => type === 'P'.charCodeAt(0) || type === 'Q'.charCodeAt(0)

function simpleQuery(sql: string): Uint8Array {
  const message = Buffer.from(`Q\0\0\0\0${sql}\0`)
  message.writeInt32BE(message.length - 1, 1)
  return message
}

/** Like the error of a connection to a crashed PostgreSQL server, which clients may retry. */
const crashError = () =>
  Object.assign(new Error('The embedded database has crashed.'), { code: crashShutdown, severity: 'PANIC' })

const countSegments = (directory: string) =>
  readdirSync(join(directory, 'pg_wal')).filter((name) => /^[0-9A-F]{24}$/.test(name)).length
