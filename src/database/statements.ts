import type pg from 'pg'
import { Prisma } from '../../prisma/generated/client.ts'
import type { Budget } from './share.ts'
import type { Transaction } from './transaction.ts'

/** What sends SQL: a transaction of Prisma's, or directly the pool, where each statement stands for itself. */
export type Statements = Pick<Transaction, '$queryRaw'> & {
  /** Whether nothing that one statement locks is still locked in the next. */
  readonly direct?: true
  /** What may still be read by `reading/value.ts`; anything where there is none. */
  readonly budget?: Budget
}

/**
 * Sends single statements on any connection of a pool, or on one of them, in the same words as Prisma, whose client takes twice the time of
 * the driver for a statement that yields one row.
 */
export function statementsOver(
  pool: pg.Pool | pg.PoolClient,
  nameOf: (query: { readonly sql: string }) => string | undefined,
  onStatement: (sql: string) => void = () => {},
): Statements {
  const send = async (query: TemplateStringsArray | Prisma.Sql, ...parts: readonly unknown[]) => {
    const { text, values } = 'text' in query ? query : Prisma.sql(query, ...parts)
    onStatement(text)
    const { rows } = await (pool as pg.Pool).query({ name: nameOf({ sql: text }), text, values })
    return rows
  }
  return { $queryRaw: send as Statements['$queryRaw'], direct: true }
}
