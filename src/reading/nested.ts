import type { GraphQLFieldExtensions, GraphQLResolveInfo } from 'graphql'
import type { Context } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { Columns } from './columns.ts'
import { loaderOf } from './loader.ts'
import { type Asked, carriedName, type Nested, type Reads, rowOf, selectedBelow, selectedBy } from './look-ahead.ts'
import { listOf, readBelow, type Value } from './value.ts'

/** The value of a nested field: what the parent carries, else one statement for all parents that ask in this tick. */
export function readNested<Type>(
  nested: Nested,
  parent: object,
  args: object,
  { context, info }: Asked,
): Type | Promise<Type> {
  const row = parent as Readonly<Record<string, unknown>>
  const carried = row[carriedName(info.fieldName, args)]
  if (carried !== undefined) return carried as Type
  const id = row[nested.on] as string | null
  if (id === null) return null as Type
  const value = nested.fragment(args as never, selectedBy(info), { context, info })
  // The same nodes of a document have the same arguments and the same fields below them.
  return loaderOf<Type>(context, info.fieldNodes, (ids) => readBelow(context.db, value as Value<Type>, ids)).load(id)
}

/** What makes a field of a type nested: says so to look-ahead, and resolves; `price` is what it costs (`document/cost.ts`). */
export function nestedField(
  nested: Nested,
  price: Pick<GraphQLFieldExtensions<unknown, unknown>, 'cost' | 'size'> = {},
) {
  return {
    extensions: { reads: { nested } satisfies Reads, ...price },
    resolve: (parent: object, args: object, context: Context, info: GraphQLResolveInfo) =>
      readNested(nested, parent, args, { context, info }) as never,
  }
}

/** The row that a parent's property refers to by its id; null where that is null. */
export function rowBelow<Row extends object>(on: string, columns: Columns<Row>, from: Sql): Nested {
  return {
    on,
    fragment: (_args, selected, asked) => {
      const row = rowOf(columns, selectedBelow(selected, asked.info), asked)
      return { ...row, sql: sql`(SELECT ${row.sql} FROM ${from} WHERE ${columns.alias}.id = parent.id)` }
    },
  }
}

/** All rows below a parent, without pages: for what there are few of. `rows` ends with its ORDER BY. */
export function rowsBelow<Row extends object>(columns: Columns<Row>, rows: Sql): Nested {
  return {
    on: 'id',
    fragment: (_args, selected, asked) =>
      listOf(
        rowOf(columns, selectedBelow(selected, asked.info), asked),
        sql`(SELECT ${columns.alias}.* FROM ${rows}) ${columns.alias}`,
      ),
  }
}
