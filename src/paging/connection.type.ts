import type { ObjectRef } from '@pothos/core'
import type { GraphQLFieldExtensions, GraphQLResolveInfo } from 'graphql'
import { builder } from '../builder.ts'
import { checkArgument, integerBetween } from '../check.ts'
import type { Context } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { NestedField } from '../reading/look-ahead.ts'
import {
  argumentsOf,
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
import { type Order, timestamp } from './keyset.ts'
import { type List, type Page, pageOf, type WithCursorKey } from './page.ts'

/** Reads the selected fields of a page in one statement. Throws BAD_USER_INPUT for invalid arguments. */
export async function readConnection<Row extends object>(
  list: List<Row>,
  args: PageArguments,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<Page<Row>> {
  const selected = selectedField(info)
  const page = selectedPage(list, args, selected, { context, info })
  if (readsSnapshot(list, subfieldsOf(selected, info))) await list.snapshot?.prepare(context.db)
  return readValue(context.db, page)
}

/** A connection of the rows of a list that belong to a parent, whose id is in `parentColumn`. */
export function relatedConnection<Row extends object>(
  parentColumn: Sql,
  listOf: (context: Context, args: object) => List<Row>,
): NestedField {
  return {
    keyProperty: 'id',
    fragment: (args: PageArguments, selected, request) => {
      const list = listOf(request.context, args)
      const isRelated = (where: Sql) => sql`${parentColumn} = parent.id AND ${where}`
      const totals = list.totals ? { ...list.totals, where: isRelated(list.totals.where) } : null
      return selectedPage({ ...list, where: isRelated(list.where), totals }, args, selected, request)
    },
  }
}

function selectedPage<Row extends object>(
  list: List<Row>,
  args: PageArguments,
  selected: SelectedField,
  request: ResolverRequest,
): Value<Page<Row>> {
  const subfieldsNamed = (fields: readonly SelectedField[], name: string) =>
    fieldsNamed(fields, name).flatMap((field) => subfieldsOf(field, request.info))
  const fields = subfieldsOf(selected, request.info)
  const edges = subfieldsNamed(fields, 'edges')
  const withCursorKeys = [...edges, ...subfieldsNamed(fields, 'pageInfo')].some(({ definition }) =>
    cursorFields.has(definition.name),
  )
  const cursorKey = { sql: sql`${list.columns.alias}.cursor_key` }
  const row = rowOf(list.columns, [...subfieldsNamed(fields, 'nodes'), ...subfieldsNamed(edges, 'node')], request, {
    ...(withCursorKeys && { cursorKey }),
  })
  const hasRows = ['nodes', 'edges', 'pageInfo'].some((name) => fieldsNamed(fields, name).length > 0)
  const maxCount = fieldsNamed(fields, 'totalCount').length > 0 ? Infinity : maxCountIn(fields, request)
  return pageOf(list, boundsOf(args, list.order), {
    row: hasRows ? row : null,
    withCursorKeys,
    maxCount,
    snapshot: readsSnapshot(list, fields) ? (list.snapshot?.value ?? null) : null,
  })
}

const readsSnapshot = ({ snapshot }: Pick<List<unknown>, 'snapshot'>, fields: readonly SelectedField[]) =>
  snapshot !== undefined && fieldsNamed(fields, snapshot.field).length > 0

const maxCountLimit = 10_000
const countLimit = integerBetween(1, maxCountLimit)

/** The largest valid limit of a bounded count, 0 without one. */
function maxCountIn(fields: readonly SelectedField[], request: ResolverRequest): number {
  const limits = fieldsNamed(fields, 'totalCountUpTo').map(
    (field) => argumentsOf(field, request) as CountArguments | null,
  )
  return Math.max(0, ...limits.map((args) => Math.min(args?.limit ?? 0, maxCountLimit)))
}

interface CountArguments {
  readonly limit: number
}

const cursorFields = new Set(['cursor', 'startCursor', 'endCursor'])

export const pageArgs = builder.args((t) => ({
  first: t.int({
    description: `Number of items to return from the start. Defaults to ${defaultPageSize}, at most ${maxPageSize}.`,
  }),
  after: t.string({ description: 'Cursor after which the page starts.' }),
  last: t.int({
    description: `Number of items to return from the end, at most ${maxPageSize}. Cannot be combined with \`first\`.`,
  }),
  before: t.string({ description: 'Cursor before which the page ends.' }),
}))

export const offsetArgs = builder.args((t) => ({
  ...pageArgs,
  offset: t.int({
    description: 'Number of items to skip. Can only be combined with `first`. For deep pages, `after` is faster.',
  }),
}))

const PageInfo = builder.objectRef<Page<unknown>>('PageInfo').implement({
  description: 'Cursors of a page, and the existence of further pages.',
  fields: (t) => ({
    hasNextPage: t.exposeBoolean('hasNextPage', {
      description: 'True if items follow the page. Always true if the page was read backward from a `before` cursor.',
    }),
    hasPreviousPage: t.exposeBoolean('hasPreviousPage', {
      description: 'True if items precede the page. Always true if the page was read forward from an `after` cursor.',
    }),
    startCursor: t.string({
      nullable: true,
      description: 'Cursor of the first item, to pass as `before` for the previous page. Null if the page is empty.',
      resolve: ({ rows, order }) => cursorOf(order, rows.at(0)),
    }),
    endCursor: t.string({
      nullable: true,
      description: 'Cursor of the last item, to pass as `after` for the next page. Null if the page is empty.',
      resolve: ({ rows, order }) => cursorOf(order, rows.at(-1)),
    }),
  }),
})

const cursorOf = (order: Order, row: WithCursorKey<unknown> | undefined) =>
  row ? encodeCursor(order, row.cursorKey) : null

type Work = NonNullable<GraphQLFieldExtensions<unknown, unknown>['work']>

interface Edge<Row> {
  readonly row: WithCursorKey<Row>
  readonly order: Order
}

/** An edge for the payload of a mutation. `keys` are the values of the row in the order. */
export function edgeOf<Row>(order: Order, row: Row, keys: readonly string[]): Edge<Row> {
  const values = keys.map((key, index) => (order[index]?.type === timestamp ? key.replace('Z', '000Z') : key))
  return { order, row: { ...row, cursorKey: JSON.stringify(values) } }
}

/** The types of the connection and of its edges. `plural` is a noun for descriptions. `countWork` is the work of `totalCount` and `totalCountUpTo` in points. */
export function connectionTypes<Row extends object>(
  node: string | ObjectRef<typeof builder.$inferSchemaTypes, Row>,
  plural: string,
  countWork: { readonly all: Work; readonly bounded: Work } = { all: 1, bounded: 1 },
) {
  const name = typeof node === 'string' ? node : node.name
  const type = node as 'User'
  const Edge = builder.objectRef<Edge<Row>>(`${name}Edge`).implement({
    description: `One of the ${plural} of a page, with its cursor.`,
    fields: (t) => ({
      cursor: t.string({
        description: 'Position in the list, to pass as `after` or `before` with the same sort order.',
        resolve: ({ row, order }) => encodeCursor(order, row.cursorKey),
      }),
      node: t.field({ type, description: 'Item at the cursor.', resolve: ({ row }) => row as never }),
    }),
  })
  const Connection = builder.objectRef<Page<Row>>(`${name}Connection`).implement({
    description: `A page of ${plural}.`,
    fields: (t) => ({
      edges: t.field({
        type: [Edge],
        description: 'Items of the page, each with its cursor.',
        resolve: ({ rows, order }) => rows.map((row) => ({ row, order })),
      }),
      nodes: t.field({
        type: [type],
        description: 'Items of the page, without cursors.',
        resolve: (page) => page.rows as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Cursors of the page, and the existence of further pages.',
        resolve: (page) => page,
      }),
      totalCount: t.exposeInt('totalCount', {
        description: 'Number of items in the whole list. Computed only if selected.',
        extensions: { work: countWork.all },
      }),
      totalCountUpTo: t.int({
        description:
          'Number of items in the whole list, counted up to a limit: `limit` means that there are at least so many. Costs less than `totalCount` if many items match.',
        args: {
          limit: t.arg.int({
            required: true,
            defaultValue: 1000,
            description: `Number at which counting ends, 1 to ${maxCountLimit.toLocaleString('en')}.`,
          }),
        },
        extensions: { work: countWork.bounded },
        resolve: ({ totalCount }, { limit }) => Math.min(checkArgument('limit', limit, countLimit), totalCount),
      }),
    }),
  })
  return { Connection, Edge }
}
