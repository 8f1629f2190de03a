import { type Sql, sql } from '../database/sql.ts'
import { allOf, compareTime, type DateTimeFilter, notSql, type Spot } from '../filter/comparators.ts'
import { firstResponse, reopenings, resolutions, thisTicket } from './status-history.sql.ts'

/** Whether any of some times of the ticket `t` compares in all ways together; `isNull` asks whether there is none. */
const compareAny =
  (times: Sql) =>
  ({ isNull, ...filter }: DateTimeFilter, spot: Spot): Sql => {
    const any = sql`EXISTS (SELECT FROM ${times} any_time WHERE ${compareTime(sql`any_time.at`, filter, spot)})`
    const conditions = Object.keys(filter).length > 0 || isNull === false ? [any] : []
    if (isNull === null) compareTime(sql`NULL`, { isNull }, spot)
    return allOf(isNull ? [...conditions, notSql(sql`EXISTS (SELECT FROM ${times} any_time)`)] : conditions)
  }

export const compareFirstResponse = (filter: DateTimeFilter, spot: Spot) => compareTime(firstResponse, filter, spot)
export const compareFirstResolution = (filter: DateTimeFilter, spot: Spot) =>
  compareTime(sql`(SELECT min(first.at) FROM ${resolutions(thisTicket)} first)`, filter, spot)
export const compareAnyResolution = compareAny(resolutions(thisTicket))
export const compareAnyReopening = compareAny(reopenings(thisTicket))
