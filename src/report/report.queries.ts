import { z } from 'zod'
import { builder } from '../builder.ts'
import { atMostItems, checkArgument, integerBetween } from '../check.ts'
import type { DatabaseSize } from '../database/size.ts'
import type { FieldCall } from '../graphql/cost.ts'
import { filterWork, scopeOf } from '../ticket/ticket.cost.ts'
import { TicketFilterInput } from '../ticket/ticket-filter.type.ts'
import { timeZoneName, toDatabaseTimeZone } from '../time-zone.ts'
import { readAgeing } from './ageing.report.ts'
import { readFirstResponseTime, readResolutionTime } from './duration.report.ts'
import { readFlow, readReopenRate } from './flow.report.ts'
import { groupings, type ReportGroup } from './group.sql.ts'
import { readPareto } from './pareto.report.ts'
import { type ReportScope, reportScope } from './report.sql.ts'
import {
  AgeBucketType,
  AssigneeLoadType,
  DurationStatisticsType,
  FlowPointType,
  ParetoRowType,
  ReopenRateType,
} from './report.type.ts'
import { readTopAssignees } from './top-assignees.report.ts'

const maxRows = 100
const limit = integerBetween(1, maxRows)
const ageEdges = z
  .array(integerBetween(1, 36_500))
  .max(20, atMostItems(20))
  .refine(
    (edges) => edges.every((edge, index) => index === 0 || edge > (edges[index - 1] ?? 0)),
    'must be in ascending order',
  )

const ReportGroupEnum = builder.enumType('ReportGroup', {
  description: 'Property of a ticket by which reports group or count.',
  values: Object.fromEntries(
    Object.entries(groupings).map(([group, { description }]) => [group, { description }]),
  ) as Record<ReportGroup, { description: string }>,
})

const ReportInterval = builder.enumType('ReportInterval', {
  description:
    'Length of an interval. An interval begins at the first moment of its first day in the `timeZone` of `reports`.',
  values: {
    DAY: { description: 'A calendar day.' },
    WEEK: { description: 'Seven days that begin with `weekStart`.' },
    MONTH: { description: 'A calendar month.' },
  } as const,
})

const WeekStartEnum = builder.enumType('WeekStart', {
  description: 'First day of a week.',
  values: {
    MONDAY: { description: 'Weeks of ISO 8601.' },
    SUNDAY: { description: 'Weeks of the Americas, Japan and India.' },
    SATURDAY: { description: 'Weeks of most Arab countries.' },
  } as const,
})

// Points, measured like those of `ticket.cost.ts`.
const points = {
  topAssignees: 1500,
  resolutionTime: 2500,
  firstResponseTime: 24_000,
  pareto: 1500,
  ageing: 1000,
  flow: 18_000,
  reopenRate: 11_000,
} as const
/** For groups of a text or of another table. */
const groupPoints: Readonly<Partial<Record<ReportGroup, number>>> = {
  LABEL: 6000,
  ABSN: 3500,
  CATEGORY: 2500,
  SUBCATEGORY: 2500,
  REPORTED_BY: 2500,
  ASSIGNEE: 1500,
  REPORTER: 1500,
  PROJECT: 1500,
}

const workOf =
  (report: keyof typeof points) =>
  ({ args, parent }: FieldCall, size: DatabaseSize): number => {
    if (!parent) return 0
    const group = groupPoints[(args['by'] ?? args['groupBy']) as ReportGroup] ?? 0
    return filterWork(parent.args['filter'], scopeOf(parent, size), { points: points[report] + group })
  }

const Reports = builder.objectRef<ReportScope>('Reports').implement({
  description: 'Reports about a set of tickets. Each row has a filter that matches the tickets it counts.',
  fields: (t) => {
    const groupBy = t.arg({
      type: ReportGroupEnum,
      description: 'Property to group by. Defaults to one group of all tickets.',
    })
    const rangeArgs = {
      from: t.arg({ type: 'RelativeDateTime', required: true, description: 'Start of the range, inclusive.' }),
      to: t.arg({ type: 'RelativeDateTime', description: 'End of the range, exclusive. Defaults to now.' }),
    }
    return {
      topAssignees: t.field({
        type: [AssigneeLoadType],
        extensions: { work: workOf('topAssignees') },
        description: 'Assignees with the most tickets, in descending order. Ties are ordered by username.',
        args: { limit: t.arg.int({ defaultValue: 5, description: `Maximum number of rows, 1 to ${maxRows}.` }) },
        resolve: (scope, args, context) =>
          readTopAssignees(context, scope, checkArgument('limit', args.limit ?? 5, limit)),
      }),
      resolutionTime: t.field({
        type: [DurationStatisticsType],
        extensions: { work: workOf('resolutionTime') },
        description: 'Time from creation to the last resolution, for tickets that are now RESOLVED or CLOSED.',
        args: { groupBy },
        resolve: (scope, args, context) => readResolutionTime(context, scope, args.groupBy ?? null),
      }),
      firstResponseTime: t.field({
        type: [DurationStatisticsType],
        extensions: { work: workOf('firstResponseTime') },
        description:
          'Time from creation to the first comment, assignment or change of status by a user other than the reporter. Changes by imports do not count.',
        args: { groupBy },
        resolve: (scope, args, context) => readFirstResponseTime(context, scope, args.groupBy ?? null),
      }),
      pareto: t.field({
        type: [ParetoRowType],
        extensions: { work: workOf('pareto') },
        description:
          'Values with the most tickets, in descending order (Pareto analysis). Tickets without a value are one row.',
        args: {
          by: t.arg({ type: ReportGroupEnum, required: true, description: 'Property whose values are counted.' }),
          limit: t.arg.int({
            defaultValue: 20,
            description: `Maximum number of values, 1 to ${maxRows}. All further values are combined in a last row, "other".`,
          }),
        },
        resolve: (scope, args, context) =>
          readPareto(context, scope, args.by, checkArgument('limit', args.limit ?? 20, limit)),
      }),
      ageing: t.field({
        type: [AgeBucketType],
        extensions: { work: workOf('ageing') },
        description: 'Tickets that are OPEN or IN_PROGRESS, counted by age.',
        args: {
          edges: t.arg.intList({
            defaultValue: [7, 30, 60, 90],
            description: 'Boundaries of the age buckets in days, ascending: at most 20, each from 1 to 36500.',
          }),
          groupBy,
        },
        resolve: (scope, args, context) =>
          readAgeing(
            context,
            scope,
            checkArgument('edges', args.edges ?? [7, 30, 60, 90], ageEdges),
            args.groupBy ?? null,
          ),
      }),
      flow: t.field({
        type: [FlowPointType],
        extensions: { work: workOf('flow') },
        description:
          'Tickets created, resolved and reopened in each interval of a range, and the backlog at the end of each interval, computed from the history of tickets. At most 1000 intervals.',
        args: {
          interval: t.arg({ type: ReportInterval, required: true, description: 'Length of the intervals.' }),
          weekStart: t.arg({
            type: WeekStartEnum,
            defaultValue: 'MONDAY',
            description: 'First day of the weeks, only for the interval WEEK.',
          }),
          ...rangeArgs,
        },
        resolve: (scope, { interval, weekStart, ...range }, context) =>
          readFlow(context, scope, { interval, weekStart: weekStart ?? 'MONDAY', range }),
      }),
      reopenRate: t.field({
        type: ReopenRateType,
        extensions: { work: workOf('reopenRate') },
        description: 'Proportion of the tickets first resolved in a range that were reopened at any later time.',
        args: rangeArgs,
        resolve: (scope, range, context) => readReopenRate(context, scope, range),
      }),
    }
  },
})

builder.queryField('reports', (t) =>
  t.field({
    type: Reports,
    description: 'Reports about the tickets that match a filter and that you can see.',
    args: {
      filter: t.arg({
        type: TicketFilterInput,
        description: 'Tickets to include. Defaults to all that are not archived.',
      }),
      timeZone: t.arg.string({
        defaultValue: 'UTC',
        description: 'IANA time zone in which days begin, such as "Europe/Berlin".',
      }),
    },
    resolve: (_root, { filter, timeZone: zone }, context) =>
      reportScope(context, filter ?? null, toDatabaseTimeZone(checkArgument('timeZone', zone ?? 'UTC', timeZoneName))),
  }),
)
