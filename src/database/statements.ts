import type { Prisma } from '../../prisma/generated/client.ts'
import type { Sql } from './sql.ts'

/** Sends SQL: as single statements, or in a transaction. */
export interface Statements {
  /** Sends one statement. Returns its rows; columns are named as the statement names them. */
  readonly query: <Rows extends readonly unknown[] = readonly unknown[]>(statement: Sql) => Promise<Rows>
  /** True in a transaction, which holds every lock until its end. False if each statement commits by itself. */
  readonly inTransaction: boolean
}

/** A transaction: SQL, and Prisma's model queries where those are shorter. */
export interface Transaction extends Statements {
  readonly prisma: Prisma.TransactionClient
}

/** The statements of a Prisma client or of one of its transactions. */
export const statementsOver = (prisma: Prisma.TransactionClient, inTransaction: boolean): Statements => ({
  query: (statement) => prisma.$queryRaw(statement),
  inTransaction,
})
