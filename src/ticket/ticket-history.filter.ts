import { type Sql, sql } from '../database/sql.ts'
import { allOf, compareTime, type DateTimeFilter, type Location, notSql } from '../filter/comparators.ts'
import { lastCommentTimes } from './comment-time.sql.ts'
import { firstResponse, reopenings, resolutions, thisTicket } from './status-history.sql.ts'

/** One of the times must satisfy all operators. `isNull` means that there is none. */
const compareAny =
  (times: Sql) =>
  ({ isNull, ...filter }: DateTimeFilter, location: Location): Sql => {
    const anyMatches = sql`EXISTS (SELECT FROM ${times} any_time WHERE ${compareTime(sql`any_time.at`, filter, location)})`
    const conditions = Object.keys(filter).length > 0 || isNull === false ? [anyMatches] : []
    if (isNull === null) compareTime(sql`NULL`, { isNull }, location)
    return allOf(isNull ? [...conditions, notSql(sql`EXISTS (SELECT FROM ${times} any_time)`)] : conditions)
  }

export const compareFirstResponse = (filter: DateTimeFilter, location: Location) =>
  compareTime(firstResponse, filter, location)
export const compareFirstResolution = (filter: DateTimeFilter, location: Location) =>
  compareTime(sql`(SELECT min(first.at) FROM ${resolutions(thisTicket)} first)`, filter, location)
export const compareLastComment = compareAny(lastCommentTimes)
export const compareAnyResolution = compareAny(resolutions(thisTicket))
export const compareAnyReopening = compareAny(reopenings(thisTicket))
