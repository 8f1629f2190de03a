import type { ObjectRef } from '@pothos/core'
import type { GraphQLFieldExtensions, GraphQLResolveInfo } from 'graphql'
import { builder } from '../builder.ts'
import type { Context } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { NestedField } from '../reading/look-ahead.ts'
import {
  fieldsNamed,
  type ResolverRequest,
  rowOf,
  type SelectedField,
  selectedField,
  subfieldsOf,
} from '../reading/look-ahead.ts'
import { readValue, type Value } from '../reading/value.ts'
import { boundsOf, defaultPageSize, maxPageSize, type PageArguments } from './bounds.ts'
import { encodeCursor } from './cursor.ts'
import type { Order } from './keyset.ts'
import { type List, type Page, pageOf, type WithCursorKey } from './page.ts'

/** Reads the selected fields of a page in one statement. Throws BAD_USER_INPUT for invalid arguments. */
export function readConnection<Row extends object>(
  list: List<Row>,
  args: PageArguments,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Page<Row>> {
  return readValue(context.db, selectedPage(list, args, selectedField(info), { context, info }))
}

/** A connection field over the rows of a list that belong to a parent. `parentColumn` holds the parent's id. */
export function relatedConnection<Row extends object>(
  parentColumn: Sql,
  listOf: (context: Context, args: object) => List<Row>,
): NestedField {
  return {
    on: 'id',
    fragment: (args: PageArguments, selected, request) => {
      const list = listOf(request.context, args)
      const where = sql`${parentColumn} = parent.id AND ${list.where}`
      return selectedPage({ ...list, where }, args, selected, request)
    },
  }
}

/** The value of a page: the selected fields of its rows, and cursors and the total count if selected. */
function selectedPage<Row extends object>(
  list: List<Row>,
  args: PageArguments,
  selected: SelectedField,
  request: ResolverRequest,
): Value<Page<Row>> {
  const within = (fields: readonly SelectedField[], name: string) =>
    fieldsNamed(fields, name).flatMap((field) => subfieldsOf(field, request.info))
  const fields = subfieldsOf(selected, request.info)
  const edges = within(fields, 'edges')
  const withCursorKeys = [...edges, ...within(fields, 'pageInfo')].some(({ definition }) =>
    cursors.has(definition.name),
  )
  const cursorKey = { sql: sql`${list.columns.alias}.cursor_key` }
  const row = rowOf(list.columns, [...within(fields, 'nodes'), ...within(edges, 'node')], request, {
    ...(withCursorKeys && { cursorKey }),
  })
  const hasRows = ['nodes', 'edges', 'pageInfo'].some((name) => fieldsNamed(fields, name).length > 0)
  const withTotalCount = fieldsNamed(fields, 'totalCount').length > 0
  return pageOf(list, boundsOf(args, list.order), { row: hasRows ? row : null, withCursorKeys, withTotalCount })
}

const cursors = new Set(['cursor', 'startCursor', 'endCursor'])

/** Arguments of a list that is read forward. */
export const forwardArgs = builder.args((t) => ({
  first: t.int({
    description: `How many to return from the start: ${defaultPageSize} by default, at most ${maxPageSize}.`,
  }),
  after: t.string({ description: 'Return what comes after this cursor.' }),
}))

/** Arguments of a list that is read from both ends. */
export const pageArgs = builder.args((t) => ({
  ...forwardArgs,
  last: t.int({ description: `How many to return from the end, at most ${maxPageSize}; not beside \`first\`.` }),
  before: t.string({ description: 'Return what comes before this cursor.' }),
}))

/** Arguments of a list that is read from both ends, or by page number. */
export const offsetArgs = builder.args((t) => ({
  ...pageArgs,
  offset: t.int({ description: 'Skip so many rows; stands with `first` alone. A cursor is faster far down a list.' }),
}))

const PageInfo = builder.objectRef<Page<unknown>>('PageInfo').implement({
  description: 'Where a page stands in its list.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      description: 'Whether rows follow. A page read backwards from a `before` cursor says true.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'Whether rows come before. A page read onwards from an `after` cursor says true.',
    }),
    startCursor: t.string({
      nullable: true,
      description: 'The cursor of the first row: `before` it lies the previous page.',
      resolve: ({ rows, order }) => cursorOf(order, rows.at(0)),
    }),
    endCursor: t.string({
      nullable: true,
      description: 'The cursor of the last row: `after` it lies the next page.',
      resolve: ({ rows, order }) => cursorOf(order, rows.at(-1)),
    }),
  }),
})

const cursorOf = (order: Order, row: WithCursorKey<unknown> | undefined) =>
  row ? encodeCursor(order, row.cursorKey) : null

/**
 * Makes the connection and edge types of a type, given by its name or itself; `rows` is the word for many of them, and
 * `countCost` what it costs to count them all, in points.
 */
export function connectionType<Row extends object>(
  node: string | ObjectRef<typeof builder.$inferSchemaTypes, Row>,
  rows: string,
  countCost: GraphQLFieldExtensions<unknown, unknown>['cost'] = 1,
) {
  const name = typeof node === 'string' ? node : node.name
  const type = node as 'User'
  const Edge = builder.objectRef<{ row: WithCursorKey<Row>; order: Order }>(`${name}Edge`).implement({
    description: `One of a list of ${rows}, with its place in it.`,
    fields: (t) => ({
      cursor: t.string({
        description: 'Its place in the list: an argument for `after` and `before` in the same order.',
        resolve: ({ row, order }) => encodeCursor(order, row.cursorKey),
      }),
      node: t.field({ type, description: 'The row itself.', resolve: ({ row }) => row as never }),
    }),
  })
  return builder.objectRef<Page<Row>>(`${name}Connection`).implement({
    description: `A page of a list of ${rows}.`,
    fields: (t) => ({
      edges: t.field({
        type: [Edge],
        description: 'The rows of the page, each with its cursor.',
        resolve: ({ rows: found, order }) => found.map((row) => ({ row, order })),
      }),
      nodes: t.field({ type: [type], description: 'The rows of the page.', resolve: (page) => page.rows as never }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Whether there are further pages, and the cursors to reach them.',
        resolve: (page) => page,
      }),
      totalCount: t.exposeInt('totalCount', {
        description: 'How many rows the whole list has. Counted only when asked for.',
        extensions: { cost: countCost },
      }),
    }),
  })
}
