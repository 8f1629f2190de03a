import type { GraphQLFieldExtensions, GraphQLResolveInfo } from 'graphql'
import type { Context } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { Columns } from './columns.ts'
import { loaderOf } from './loader.ts'
import {
  type FieldDependencies,
  type NestedField,
  prefetchKey,
  type ResolverRequest,
  rowOf,
  selectedField,
  subfieldsOf,
} from './look-ahead.ts'
import { listOf, loadRelated, type Value } from './value.ts'

/** Returns the prefetched value, or reads it in one statement for all parents of the tick. */
export function readNested<Type>(
  nested: NestedField,
  parent: object,
  args: object,
  { context, info }: ResolverRequest,
): Type | Promise<Type> {
  const row = parent as Readonly<Record<string, unknown>>
  const prefetched = row[prefetchKeyOf(info, args, context)]
  if (prefetched !== undefined) return prefetched as Type
  const id = row[nested.keyProperty] as string | null
  if (id === null) return null as Type
  const value = nested.fragment(args as never, selectedField(info), { context, info })
  // The nodes determine arguments and selection, so they identify the loader.
  return loaderOf<Type>(context, info.fieldNodes, (ids) => loadRelated(context.db, value as Value<Type>, ids)).load(id)
}

/** The same for all rows, since the nodes and the variables of the request determine the arguments. */
function prefetchKeyOf({ fieldName, fieldNodes }: GraphQLResolveInfo, args: object, { prefetchKeys }: Context): string {
  const knownKey = prefetchKeys.get(fieldNodes)
  if (knownKey !== undefined) return knownKey
  const key = prefetchKey(fieldName, args)
  prefetchKeys.set(fieldNodes, key)
  return key
}

export function nestedField(
  nested: NestedField,
  costs: Pick<GraphQLFieldExtensions<unknown, unknown>, 'work' | 'size'> = {},
) {
  return {
    extensions: { reads: { nested } satisfies FieldDependencies, ...costs },
    resolve: (parent: object, args: object, context: Context, info: GraphQLResolveInfo) =>
      readNested(nested, parent, args, { context, info }) as never,
  }
}

export function toOne<Row extends object>(keyProperty: string, columns: Columns<Row>, from: Sql): NestedField {
  return {
    keyProperty,
    fragment: (_args, selected, request) => {
      const row = rowOf(columns, subfieldsOf(selected, request.info), request)
      return { ...row, sql: sql`(SELECT ${row.sql} FROM ${from} WHERE ${columns.alias}.id = parent.id)` }
    },
  }
}

/** A relation to a small number of rows, without paging. `rows` includes ORDER BY. */
export function toMany<Row extends object>(columns: Columns<Row>, rows: Sql): NestedField {
  return {
    keyProperty: 'id',
    fragment: (_args, selected, request) =>
      listOf(
        rowOf(columns, subfieldsOf(selected, request.info), request),
        sql`(SELECT ${columns.alias}.* FROM ${rows}) ${columns.alias}`,
      ),
  }
}
