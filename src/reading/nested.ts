import type { GraphQLFieldExtensions, GraphQLResolveInfo } from 'graphql'
import type { Context } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { Columns } from './columns.ts'
import { loaderOf } from './loader.ts'
import {
  type NestedField,
  prefetchKey,
  type Reads,
  type ResolverRequest,
  rowOf,
  selectedField,
  subfieldsOf,
} from './look-ahead.ts'
import { listOf, loadRelated, type Value } from './value.ts'

/** Returns the prefetched value of a nested field, or reads it in one statement for all parents of this tick. */
export function readNested<Type>(
  nested: NestedField,
  parent: object,
  args: object,
  { context, info }: ResolverRequest,
): Type | Promise<Type> {
  const row = parent as Readonly<Record<string, unknown>>
  const prefetched = row[prefetchKey(info.fieldName, args)]
  if (prefetched !== undefined) return prefetched as Type
  const id = row[nested.on] as string | null
  if (id === null) return null as Type
  const value = nested.fragment(args as never, selectedField(info), { context, info })
  // Equal nodes have equal arguments and selections, so they identify the loader.
  return loaderOf<Type>(context, info.fieldNodes, (ids) => loadRelated(context.db, value as Value<Type>, ids)).load(id)
}

/** The options of a nested field: its extensions and its resolver. `price` is its cost in points (`graphql/cost.ts`). */
export function nestedField(
  nested: NestedField,
  price: Pick<GraphQLFieldExtensions<unknown, unknown>, 'cost' | 'size'> = {},
) {
  return {
    extensions: { reads: { nested } satisfies Reads, ...price },
    resolve: (parent: object, args: object, context: Context, info: GraphQLResolveInfo) =>
      readNested(nested, parent, args, { context, info }) as never,
  }
}

/** A relation to the row whose id is in a property of the parent; null if the property is null. */
export function toOne<Row extends object>(on: string, columns: Columns<Row>, from: Sql): NestedField {
  return {
    on,
    fragment: (_args, selected, request) => {
      const row = rowOf(columns, subfieldsOf(selected, request.info), request)
      return { ...row, sql: sql`(SELECT ${row.sql} FROM ${from} WHERE ${columns.alias}.id = parent.id)` }
    },
  }
}

/** A relation to all rows of a parent, without paging: only for few rows. `rows` ends with its ORDER BY. */
export function toMany<Row extends object>(columns: Columns<Row>, rows: Sql): NestedField {
  return {
    on: 'id',
    fragment: (_args, selected, request) =>
      listOf(
        rowOf(columns, subfieldsOf(selected, request.info), request),
        sql`(SELECT ${columns.alias}.* FROM ${rows}) ${columns.alias}`,
      ),
  }
}
