import { ColumnTypeEnum, type SqlQueryable, type SqlResultSet } from '@prisma/driver-adapter-utils'
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

export const createTransactionStatements = (prisma: Prisma.TransactionClient): Statements => ({
  query: (statement) => prisma.$queryRaw(statement),
  inTransaction: true,
})

/**
 * Sends each statement through Prisma's driver adapter, with the results of `$queryRaw`. Throws for types of columns that no
 * statement returns. The client, which calls the adapter, takes as much CPU as the driver.
 */
export const createStatements = (
  adapter: Promise<SqlQueryable>,
  onStatement: (sql: string) => void = () => {},
): Statements => ({
  async query<Rows extends readonly unknown[]>({ text, values }: Sql): Promise<Rows> {
    onStatement(text)
    const result = await (await adapter).queryRaw({
      sql: text,
      args: values,
      argTypes: values.map((value) => ({ scalarType: 'unknown', arity: Array.isArray(value) ? 'list' : 'scalar' })),
    })
    return toObjects(result) as unknown as Rows
  },
  inTransaction: false,
})

const keepValue = (value: unknown) => value
const parsers = new Map<number, (value: never) => unknown>([
  ...[
    ColumnTypeEnum.Int32,
    ColumnTypeEnum.Float,
    ColumnTypeEnum.Double,
    ColumnTypeEnum.Boolean,
    ColumnTypeEnum.Text,
    ColumnTypeEnum.Uuid,
    ColumnTypeEnum.Int32Array,
    ColumnTypeEnum.TextArray,
    ColumnTypeEnum.UuidArray,
  ].map((type) => [type, keepValue] as const),
  [ColumnTypeEnum.Int64, (value: string) => BigInt(value)],
  [ColumnTypeEnum.DateTime, (value: string) => new Date(value)],
  [ColumnTypeEnum.Json, (value: string) => JSON.parse(value)],
])

function toObjects({ columnNames, columnTypes, rows }: SqlResultSet): Record<string, unknown>[] {
  const columns = columnNames.map((name, index) => {
    const parse = parsers.get(columnTypes[index] as number)
    if (!parse) throw new TypeError(`The type of column ${name} is not supported.`)
    return { name, parse }
  })
  return rows.map((values) => {
    const row: Record<string, unknown> = {}
    for (const [index, { name, parse }] of columns.entries()) {
      const value = values[index]
      row[name] = value === null ? null : parse(value as never)
    }
    return row
  })
}
