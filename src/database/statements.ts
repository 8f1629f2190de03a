import type { Prisma } from '../../prisma/generated/client.ts'
import type { Sql } from './sql.ts'

export interface Statements {
  readonly query: <Rows extends readonly unknown[] = readonly unknown[]>(statement: Sql) => Promise<Rows>
  /** True in a transaction: locks last until its end. False if each statement commits by itself. */
  readonly inTransaction: boolean
}

export interface Transaction extends Statements {
  readonly prisma: Prisma.TransactionClient
}

export const createStatements = (prisma: Prisma.TransactionClient, inTransaction: boolean): Statements => ({
  query: (statement) => prisma.$queryRaw(statement),
  inTransaction,
})
