import DataLoader from 'dataloader'
import { type Context, requireViewer } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { Viewer } from '../viewer.ts'
import type { Columns } from './columns.ts'

/**
 * Returns the request's loader for a key: a string or a stable object that identifies everything, except the ids, on which
 * the result depends. `batch` receives the ids of one tick and returns a value per id in their order.
 */
export function loaderOf<Value>(
  { loaders }: Pick<Context, 'loaders'>,
  key: unknown,
  batch: (ids: readonly string[]) => Promise<readonly Value[]>,
): DataLoader<string, Value> {
  const known = loaders.get(key) as DataLoader<string, Value> | undefined
  if (known) return known
  const loader = new DataLoader<string, Value>(batch, { maxBatchSize: 1000 })
  loaders.set(key, loader as DataLoader<string, unknown>)
  return loader
}

export function inOrder<Row extends { readonly id: string }>(
  ids: readonly string[],
  rows: readonly Row[],
): (Row | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => byId.get(id) ?? null)
}

/** Finds rows by id in batches; null if invisible. `from` joins the tables that `visible` requires. */
export const rowLoader =
  <Row extends { readonly id: string }>(columns: Columns<Row>, from: Sql, visible: (viewer: Viewer) => Sql) =>
  (context: Context, id: string): Promise<Row | null> =>
    loaderOf<Row | null>(context, columns, async (ids) => {
      const rows = await context.db.query<{ row: string }[]>(sql`
        SELECT ${columns.text} AS row FROM ${from}
        WHERE ${columns.alias}.id = ANY(${ids}::uuid[]) AND ${visible(requireViewer(context))}`)
      return inOrder(
        ids,
        rows.map(({ row }) => columns.parse(row)),
      )
    }).load(id)
