import type { ObjectRef } from '@pothos/core'
import { builder } from '../builder.ts'
import { type Context, loaderOf } from '../context.ts'
import { boundsOf, defaultPageSize, maxPageSize, type PageArguments } from './bounds.ts'
import { encodeCursor } from './cursor.ts'
import type { Order } from './keyset.ts'
import { count, countEach, type List, type Page, type Placed, readPage, readPages } from './page.ts'

/** A list as the API shows it. Nothing is read before a field asks for it, and nothing twice. */
export interface Connection<Row> {
  readonly order: Order
  readonly page: () => Promise<Page<Row>>
  readonly totalCount: () => Promise<number>
}

/** A page of a list. Throws BAD_USER_INPUT for arguments that choose none. */
export function connection<Row>({ prisma }: Context, list: List<Row>, args: PageArguments): Connection<Row> {
  const bounds = boundsOf(args, list.order)
  return { order: list.order, page: once(() => readPage(prisma, list, bounds)), totalCount: () => count(prisma, list) }
}

/**
 * A page of the list that hangs below a parent; those below all parents that are asked for together are one statement.
 * `name` and the arguments tell lists apart that hang below the same parent.
 */
export function connectionBelow<Row>(
  context: Context,
  name: string,
  list: Required<List<Row>>,
  args: PageArguments,
  parentId: string,
): Connection<Row> {
  const { prisma } = context
  const bounds = boundsOf(args, list.order)
  const pages = `${name} ${JSON.stringify(args)}`
  const counts = `${name} ${JSON.stringify({ ...args, first: null, after: null, last: null, before: null, offset: null })} count`
  return {
    order: list.order,
    page: () => loaderOf(context, pages, (ids) => readPages(prisma, list, bounds, ids)).load(parentId),
    totalCount: () => loaderOf(context, counts, (ids) => countEach(prisma, list, ids)).load(parentId),
  }
}

function once<Value>(work: () => Promise<Value>): () => Promise<Value> {
  let result: Promise<Value> | undefined
  return () => {
    result ??= work()
    return result
  }
}

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

const PageInfo = builder.objectRef<{ page: Page<unknown>; order: Order }>('PageInfo').implement({
  description: 'Where a page stands in its list.',
  fields: (t) => ({
    hasNextPage: t.boolean({
      description: 'Whether rows follow. A page read backwards from a `before` cursor says true.',
      resolve: ({ page }) => page.hasNextPage,
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether rows come before. A page read onwards from an `after` cursor says true.',
      resolve: ({ page }) => page.hasPreviousPage,
    }),
    startCursor: t.string({
      nullable: true,
      description: 'The cursor of the first row: `before` it lies the previous page.',
      resolve: ({ page, order }) => cursorOf(order, page.rows.at(0)),
    }),
    endCursor: t.string({
      nullable: true,
      description: 'The cursor of the last row: `after` it lies the next page.',
      resolve: ({ page, order }) => cursorOf(order, page.rows.at(-1)),
    }),
  }),
})

const cursorOf = (order: Order, row: Placed<unknown> | undefined) => (row ? encodeCursor(order, row.place) : null)

/** Makes the connection and edge types of a type, given by its name or itself; `rows` is the word for many of them. */
export function connectionType<Row extends object>(
  node: string | ObjectRef<typeof builder.$inferSchemaTypes, Row>,
  rows: string,
) {
  const name = typeof node === 'string' ? node : node.name
  const type = node as 'User'
  const Edge = builder.objectRef<{ row: Placed<Row>; order: Order }>(`${name}Edge`).implement({
    description: `One of a list of ${rows}, with its place in it.`,
    fields: (t) => ({
      cursor: t.string({
        description: 'Its place in the list: an argument for `after` and `before` in the same order.',
        resolve: ({ row, order }) => encodeCursor(order, row.place),
      }),
      node: t.field({ type, description: 'The row itself.', resolve: ({ row }) => row as never }),
    }),
  })
  return builder.objectRef<Connection<Row>>(`${name}Connection`).implement({
    description: `A page of a list of ${rows}.`,
    fields: (t) => ({
      edges: t.field({
        type: [Edge],
        description: 'The rows of the page, each with its cursor.',
        resolve: async ({ page, order }) => (await page()).rows.map((row) => ({ row, order })),
      }),
      nodes: t.field({
        type: [type],
        description: 'The rows of the page.',
        resolve: async ({ page }) => (await page()).rows as never,
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'Whether there are further pages, and the cursors to reach them.',
        resolve: async ({ page, order }) => ({ page: await page(), order }),
      }),
      totalCount: t.int({
        description: 'How many rows the whole list has. Counted only when asked for.',
        resolve: ({ totalCount }) => totalCount(),
      }),
    }),
  })
}
