import { type Sql, sql } from '../database/sql.ts'
import { allOf, compareTime, type DateTimeFilter, type Location, notSql } from '../filter/comparators.ts'
import { firstResponse, reopenings, resolutions, thisTicket } from './status-history.sql.ts'

/** Compares the times of a kind of event of the ticket `t`: one of them must meet all operators. `isNull` means no event. */
const compareAny =
  (times: Sql) =>
  ({ isNull, ...filter }: DateTimeFilter, location: Location): Sql => {
    const any = sql`EXISTS (SELECT FROM ${times} any_time WHERE ${compareTime(sql`any_time.at`, filter, location)})`
    const conditions = Object.keys(filter).length > 0 || isNull === false ? [any] : []
    if (isNull === null) compareTime(sql`NULL`, { isNull }, location)
    return allOf(isNull ? [...conditions, notSql(sql`EXISTS (SELECT FROM ${times} any_time)`)] : conditions)
  }

export const compareFirstResponse = (filter: DateTimeFilter, location: Location) =>
  compareTime(firstResponse, filter, location)
export const compareFirstResolution = (filter: DateTimeFilter, location: Location) =>
  compareTime(sql`(SELECT min(first.at) FROM ${resolutions(thisTicket)} first)`, filter, location)
export const compareAnyResolution = compareAny(resolutions(thisTicket))
export const compareAnyReopening = compareAny(reopenings(thisTicket))
