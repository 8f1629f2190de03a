import { builder } from '../builder.ts'
import { nestedField } from '../reading/nested.ts'
import { userRelation } from '../user/user.loaders.ts'
import type { AgeBucket } from './ageing.report.ts'
import type { DurationStatistics } from './duration.report.ts'
import type { FlowPoint, ReopenRate } from './flow.report.ts'
import type { ParetoRow } from './pareto.report.ts'
import type { AssigneeLoad } from './top-assignees.report.ts'

const listing = (what: string) => `A TicketFilter, to be given back as a variable, that lists ${what}.`

export const AssigneeLoadType = builder.objectRef<AssigneeLoad>('AssigneeLoad').implement({
  description: 'What somebody has to do.',
  fields: (t) => ({
    user: t.field({
      type: 'User',
      nullable: true,
      description: 'Who; null for what nobody is assigned to.',
      ...nestedField(userRelation('userId')),
    }),
    total: t.exposeInt('total', { description: 'How many tickets are theirs.' }),
    open: t.exposeInt('open', { description: 'How many of them are OPEN or IN_PROGRESS.' }),
    resolved: t.exposeInt('resolved', { description: 'How many of them are RESOLVED or CLOSED.' }),
    filter: t.expose('filter', { type: 'JSON', description: listing('all of them') }),
    openFilter: t.expose('openFilter', { type: 'JSON', description: listing('the open ones') }),
    resolvedFilter: t.expose('resolvedFilter', { type: 'JSON', description: listing('the resolved ones') }),
  }),
})

const percentile = (share: number) =>
  `The time within which ${share} % of them were done: the continuous percentile, linear between neighbours (percentile_cont of SQL:2003; type 7 of Hyndman and Fan, 1996).`

export const DurationStatisticsType = builder.objectRef<DurationStatistics>('DurationStatistics').implement({
  description: 'How long something took, in seconds. All but the count are null where there is nothing to measure.',
  fields: (t) => ({
    group: t.exposeString('group', {
      nullable: true,
      description: 'What the tickets have in common; null for those without one, and where nothing is grouped.',
    }),
    count: t.exposeInt('count', { description: 'How many tickets were measured.' }),
    mean: t.exposeFloat('mean', { nullable: true, description: 'The arithmetic mean.' }),
    p50: t.exposeFloat('p50', { nullable: true, description: percentile(50) }),
    p75: t.exposeFloat('p75', { nullable: true, description: percentile(75) }),
    p90: t.exposeFloat('p90', { nullable: true, description: percentile(90) }),
    p95: t.exposeFloat('p95', { nullable: true, description: percentile(95) }),
    max: t.exposeFloat('max', { nullable: true, description: 'The longest.' }),
    filter: t.expose('filter', { type: 'JSON', description: listing('the tickets that were measured') }),
  }),
})

export const ParetoRowType = builder.objectRef<ParetoRow>('ParetoRow').implement({
  description: 'How much one value makes up of all.',
  fields: (t) => ({
    value: t.exposeString('value', { nullable: true, description: 'The value; null for tickets that have none.' }),
    isOther: t.exposeBoolean('isOther', {
      description: 'Whether this is the row "other": all values beyond the limit.',
    }),
    count: t.exposeInt('count', { description: 'How many tickets have it.' }),
    share: t.exposeFloat('share', {
      description:
        'Its share of the counts of all rows, from 0 to 1: a ticket with several labels is in several of them.',
    }),
    cumulativeShare: t.exposeFloat('cumulativeShare', { description: 'The share of this row and those before it.' }),
    vitalFew: t.exposeBoolean('vitalFew', {
      description:
        'Whether it is one of the vital few, that together make up at most 80 % (Juran, after Pareto, 1954).',
    }),
    filter: t.expose('filter', { type: 'JSON', description: listing('the tickets that have it') }),
  }),
})

export const AgeBucketType = builder.objectRef<AgeBucket>('AgeBucket').implement({
  description: 'Open tickets of about one age.',
  fields: (t) => ({
    group: t.exposeString('group', {
      nullable: true,
      description: 'What they have in common; null for those without one, and where nothing is grouped.',
    }),
    fromDays: t.exposeInt('fromDays', { description: 'How many days of 24 hours ago they were filed at least.' }),
    toDays: t.exposeInt('toDays', {
      nullable: true,
      description: 'How many days ago they were filed at most, just less than that; null for the oldest.',
    }),
    count: t.exposeInt('count', { description: 'How many there are.' }),
    filter: t.expose('filter', { type: 'JSON', description: listing('them') }),
  }),
})

export const FlowPointType = builder.objectRef<FlowPoint>('FlowPoint').implement({
  description: 'What came and went within an interval.',
  fields: (t) => ({
    from: t.expose('from', { type: 'DateTime', description: 'When it begins; the first begins where the range does.' }),
    to: t.expose('to', { type: 'DateTime', description: 'When it has ended; the last ends where the range does.' }),
    opened: t.exposeInt('opened', { description: 'How many tickets were filed in it.' }),
    resolved: t.exposeInt('resolved', {
      description: 'How many tickets went in it, at least once, from OPEN or IN_PROGRESS to RESOLVED or CLOSED.',
    }),
    reopened: t.exposeInt('reopened', { description: 'How many tickets went back in it, at least once.' }),
    backlog: t.exposeInt('backlog', { description: 'How many tickets were open at its end.' }),
    filter: t.expose('filter', { type: 'JSON', description: listing('those that were filed') }),
    resolvedFilter: t.expose('resolvedFilter', { type: 'JSON', description: listing('those that were resolved') }),
    reopenedFilter: t.expose('reopenedFilter', { type: 'JSON', description: listing('those that were reopened') }),
    backlogFilter: t.expose('backlogFilter', { type: 'JSON', description: listing('those that were open at the end') }),
  }),
})

export const ReopenRateType = builder.objectRef<ReopenRate>('ReopenRate').implement({
  description: 'How often what is resolved comes back.',
  fields: (t) => ({
    resolved: t.exposeInt('resolved', {
      description: 'How many tickets were resolved for the first time in the range.',
    }),
    reopened: t.exposeInt('reopened', { description: 'How many of them were opened again, at whatever time.' }),
    rate: t.exposeFloat('rate', {
      nullable: true,
      description: 'Their share, from 0 to 1; null where none was resolved.',
    }),
    filter: t.expose('filter', { type: 'JSON', description: listing('those that were resolved') }),
    reopenedFilter: t.expose('reopenedFilter', { type: 'JSON', description: listing('those that were reopened') }),
  }),
})
