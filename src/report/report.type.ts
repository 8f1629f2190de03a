import { builder } from '../builder.ts'
import { nestedField } from '../reading/nested.ts'
import { userRelation } from '../user/user.loaders.ts'
import type { AgeBucket } from './ageing.report.ts'
import type { DurationStatistics } from './duration.report.ts'
import type { FlowPoint, ReopenRate } from './flow.report.ts'
import type { ParetoRow } from './pareto.report.ts'
import type { AssigneeLoad } from './top-assignees.report.ts'

const filterFor = (tickets: string) => `\`TicketFilter\` that matches ${tickets}, to pass as a variable.`

export const AssigneeLoadType = builder.objectRef<AssigneeLoad>('AssigneeLoad').implement({
  description: 'Tickets of one assignee, or unassigned tickets.',
  fields: (t) => ({
    user: t.field({
      type: 'User',
      nullable: true,
      description: 'Assignee. Null for unassigned tickets.',
      ...nestedField(userRelation('userId')),
    }),
    total: t.exposeInt('total', { description: 'Number of tickets in this row.' }),
    open: t.exposeInt('open', { description: 'Number of tickets in this row that are OPEN or IN_PROGRESS.' }),
    resolved: t.exposeInt('resolved', { description: 'Number of tickets in this row that are RESOLVED or CLOSED.' }),
    filter: t.expose('filter', { type: 'JSON', description: filterFor('the tickets counted in `total`') }),
    openFilter: t.expose('openFilter', { type: 'JSON', description: filterFor('the tickets counted in `open`') }),
    resolvedFilter: t.expose('resolvedFilter', {
      type: 'JSON',
      description: filterFor('the tickets counted in `resolved`'),
    }),
  }),
})

const percentile = (percent: number) =>
  `${percent}th percentile: ${percent}% of the durations are at most this long. Interpolated linearly (percentile_cont of SQL:2003; type 7 of Hyndman and Fan, 1996).`

export const DurationStatisticsType = builder.objectRef<DurationStatistics>('DurationStatistics').implement({
  description:
    'Statistics of the durations of one group, in seconds. The mean, the maximum and the percentiles are null if no ticket was measured.',
  fields: (t) => ({
    group: t.exposeString('group', {
      nullable: true,
      description:
        'Value by which the tickets are grouped. Null for tickets without a value, or if `groupBy` is omitted.',
    }),
    count: t.exposeInt('count', { description: 'Number of tickets measured.' }),
    mean: t.exposeFloat('mean', { nullable: true, description: 'Arithmetic mean.' }),
    p50: t.exposeFloat('p50', { nullable: true, description: percentile(50) }),
    p75: t.exposeFloat('p75', { nullable: true, description: percentile(75) }),
    p90: t.exposeFloat('p90', { nullable: true, description: percentile(90) }),
    p95: t.exposeFloat('p95', { nullable: true, description: percentile(95) }),
    max: t.exposeFloat('max', { nullable: true, description: 'Longest duration.' }),
    filter: t.expose('filter', { type: 'JSON', description: filterFor('the measured tickets') }),
  }),
})

export const ParetoRowType = builder.objectRef<ParetoRow>('ParetoRow').implement({
  description: 'One value of a Pareto analysis, and its proportion of the total.',
  fields: (t) => ({
    value: t.exposeString('value', {
      nullable: true,
      description: 'Value, or "other" if `isOther` is true. Null for tickets without one.',
    }),
    isOther: t.exposeBoolean('isOther', {
      description: 'True for the row that combines all values beyond `limit`.',
    }),
    count: t.exposeInt('count', { description: 'Number of tickets with the value.' }),
    share: t.exposeFloat('share', {
      description:
        'Proportion of the sum of all counts, from 0 to 1. A ticket with several labels counts in the row of each, and once in the row "other".',
    }),
    cumulativeShare: t.exposeFloat('cumulativeShare', {
      description: 'Sum of `share` in this row and all preceding rows, from 0 to 1.',
    }),
    vitalFew: t.exposeBoolean('vitalFew', {
      description: 'True if `cumulativeShare` is at most 0.8: the value is one of the vital few (Pareto principle).',
    }),
    filter: t.expose('filter', { type: 'JSON', description: filterFor('the tickets with the value') }),
  }),
})

export const AgeBucketType = builder.objectRef<AgeBucket>('AgeBucket').implement({
  description: 'Open tickets of one group in one range of age.',
  fields: (t) => ({
    group: t.exposeString('group', {
      nullable: true,
      description:
        'Value by which the tickets are grouped. Null for tickets without a value, or if `groupBy` is omitted.',
    }),
    fromDays: t.exposeInt('fromDays', { description: 'Minimum age in days of 24 hours, inclusive.' }),
    toDays: t.exposeInt('toDays', {
      nullable: true,
      description: 'Maximum age in days of 24 hours, exclusive. Null for the oldest bucket.',
    }),
    count: t.exposeInt('count', { description: 'Number of open tickets in the bucket.' }),
    filter: t.expose('filter', { type: 'JSON', description: filterFor('the tickets in the bucket') }),
  }),
})

export const FlowPointType = builder.objectRef<FlowPoint>('FlowPoint').implement({
  description: 'Tickets created, resolved and reopened in one interval, and the backlog at its end.',
  fields: (t) => ({
    from: t.expose('from', {
      type: 'DateTime',
      description: 'Start of the interval, inclusive. The first interval starts with the range.',
    }),
    to: t.expose('to', {
      type: 'DateTime',
      description: 'End of the interval, exclusive. The last interval ends with the range.',
    }),
    opened: t.exposeInt('opened', { description: 'Number of tickets created in the interval.' }),
    resolved: t.exposeInt('resolved', {
      description:
        'Number of tickets that changed at least once from OPEN or IN_PROGRESS to RESOLVED or CLOSED in the interval.',
    }),
    reopened: t.exposeInt('reopened', {
      description:
        'Number of tickets that changed at least once from RESOLVED or CLOSED to OPEN or IN_PROGRESS in the interval.',
    }),
    backlog: t.exposeInt('backlog', {
      description: 'Number of tickets that were OPEN or IN_PROGRESS at the end of the interval.',
    }),
    filter: t.expose('filter', { type: 'JSON', description: filterFor('the tickets counted in `opened`') }),
    resolvedFilter: t.expose('resolvedFilter', {
      type: 'JSON',
      description: filterFor('the tickets counted in `resolved`'),
    }),
    reopenedFilter: t.expose('reopenedFilter', {
      type: 'JSON',
      description: filterFor('the tickets counted in `reopened`'),
    }),
    backlogFilter: t.expose('backlogFilter', {
      type: 'JSON',
      description: filterFor('the tickets counted in `backlog`'),
    }),
  }),
})

export const ReopenRateType = builder.objectRef<ReopenRate>('ReopenRate').implement({
  description: 'Tickets first resolved in a range, and the proportion of them that were reopened.',
  fields: (t) => ({
    resolved: t.exposeInt('resolved', {
      description: 'Number of tickets resolved for the first time in the range.',
    }),
    reopened: t.exposeInt('reopened', {
      description: 'Number of tickets counted in `resolved` that were reopened at any later time.',
    }),
    rate: t.exposeFloat('rate', {
      nullable: true,
      description: '`reopened` divided by `resolved`, from 0 to 1. Null if `resolved` is 0.',
    }),
    filter: t.expose('filter', { type: 'JSON', description: filterFor('the tickets counted in `resolved`') }),
    reopenedFilter: t.expose('reopenedFilter', {
      type: 'JSON',
      description: filterFor('the tickets counted in `reopened`'),
    }),
  }),
})
