import { type Sql, sql } from '../database/sql.ts'
import { visibleProjects } from '../project/project.access.ts'
import type { Value } from '../reading/value.ts'
import type { Viewer } from '../viewer.ts'
import { encodeFeedCursor } from './feed-cursor.ts'

/**
 * Digest of the projects that the viewer can see and that existed at a time, in milliseconds since the epoch. Later projects
 * are in the feed from their first ticket.
 */
export const visibilityAt = (viewer: Viewer, at: Sql): Sql =>
  viewer.role === 'ADMIN'
    ? sql`'admin'`
    : sql`(SELECT left(md5(coalesce(string_agg(p.id::text, ' ' ORDER BY p.id), '')), 16) FROM projects p
        WHERE ${visibleProjects(viewer)} AND extract(epoch FROM p.created_at) * 1000 <= ${at})`

const currentTime = sql`floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint`

/** The state of a cursor for the snapshot of the statement: a JSON array of epoch, time and visibility. */
export const cursorState = (viewer: Viewer): Sql =>
  sql`(SELECT json_build_array(feed_epoch(), issued.at, ${visibilityAt(viewer, sql`issued.at`)})
    FROM (SELECT ${currentTime} AS at OFFSET 0) issued)`

export type CursorState = readonly [epoch: string, at: number, visibility: string]

export const cursorAt = (position: number, [epoch, at, visibility]: CursorState): string =>
  encodeFeedCursor({ position, epoch, at, visibility })

/** The cursor of the last change in the snapshot of the statement. Later changes follow it. */
export const lastCursor = (viewer: Viewer): Value<string> => ({
  sql: sql`json_build_array((SELECT last FROM feed), ${cursorState(viewer)})`,
  decode: ([position, state]: readonly [number, CursorState]) => cursorAt(position, state),
})
