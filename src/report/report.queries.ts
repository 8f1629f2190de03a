import { z } from 'zod'
import { builder } from '../builder.ts'
import { checkArgument } from '../check.ts'
import { filterCost } from '../ticket/ticket.cost.ts'
import { TicketFilterInput } from '../ticket/ticket-filter.type.ts'
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
const limit = z.int().min(1, 'must be at least 1').max(maxRows, `must be at most ${maxRows}`)
const ageEdges = z
  .array(z.int().min(1, 'must be at least 1').max(36_500, 'must be at most 36500'))
  .max(20, 'may list at most 20')
  .refine((edges) => edges.every((edge, index) => index === 0 || edge > (edges[index - 1] ?? 0)), 'must ascend')

/** A name of the time zone database, and none of the offsets that other languages read with the other sign. */
const timeZone = z.string().refine((zone) => {
  if (!/^[a-z][\w+-]*(?:\/[\w+-]+)*$/i.test(zone)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}, 'is no time zone such as Europe/Berlin')

const ReportGroupEnum = builder.enumType('ReportGroup', {
  description: 'What tickets are grouped by.',
  values: Object.fromEntries(
    Object.entries(groupings).map(([word, { description }]) => [word, { description }]),
  ) as Record<ReportGroup, { description: string }>,
})

const ReportInterval = builder.enumType('ReportInterval', {
  description: 'How time is cut, in the time zone of the reports.',
  values: {
    DAY: { description: 'At midnight.' },
    WEEK: { description: 'On Mondays, at midnight (ISO 8601).' },
    MONTH: { description: 'On the first of each month, at midnight.' },
  } as const,
})

// What each takes on 200,000 tickets, in the points of `ticket.cost.ts`.
const costs = {
  topAssignees: 5000,
  resolutionTime: 5000,
  firstResponseTime: 20_000,
  pareto: 5500,
  ageing: 3000,
  flow: 3500,
  reopenRate: 500,
} as const

/** What a report costs, whose filter stands above it. */
const costOf =
  (report: keyof typeof costs) =>
  (_args: object, { filter }: Readonly<Record<string, unknown>>) =>
    costs[report] + filterCost(filter)

const Reports = builder.objectRef<ReportScope>('Reports').implement({
  description: 'Figures about tickets. Each row has a filter that lists the tickets behind it.',
  fields: (t) => {
    const groupBy = t.arg({ type: ReportGroupEnum, description: 'A row for each of these; one row when left out.' })
    const rangeArgs = {
      from: t.arg({ type: 'RelativeDateTime', required: true, description: 'Where the range begins.' }),
      to: t.arg({ type: 'RelativeDateTime', description: 'Where it has ended; now when left out.' }),
    }
    return {
      topAssignees: t.field({
        type: [AssigneeLoadType],
        extensions: { cost: costOf('topAssignees') },
        description: 'Who the most tickets are assigned to, ties by username.',
        args: { limit: t.arg.int({ defaultValue: 5, description: `How many rows: at most ${maxRows}.` }) },
        resolve: (scope, args, context) =>
          readTopAssignees(context, scope, checkArgument('limit', args.limit ?? 5, limit)),
      }),
      resolutionTime: t.field({
        type: [DurationStatisticsType],
        extensions: { cost: costOf('resolutionTime') },
        description: 'From the filing to the last resolution, of tickets that are RESOLVED or CLOSED now.',
        args: { groupBy },
        resolve: (scope, args, context) => readResolutionTime(context, scope, args.groupBy ?? null),
      }),
      firstResponseTime: t.field({
        type: [DurationStatisticsType],
        extensions: { cost: costOf('firstResponseTime') },
        description:
          'From the filing to the first comment, assignment or change of status by another than the reporter. What an import tells of the past is no response.',
        args: { groupBy },
        resolve: (scope, args, context) => readFirstResponseTime(context, scope, args.groupBy ?? null),
      }),
      pareto: t.field({
        type: [ParetoRowType],
        extensions: { cost: costOf('pareto') },
        description: 'Which values the most tickets have, largest first; tickets without one are a row of their own.',
        args: {
          by: t.arg({ type: ReportGroupEnum, required: true, description: 'Whose values.' }),
          limit: t.arg.int({
            defaultValue: 20,
            description: `How many values: at most ${maxRows}. The others are together in the last row, "other".`,
          }),
        },
        resolve: (scope, args, context) =>
          readPareto(context, scope, args.by, checkArgument('limit', args.limit ?? 20, limit)),
      }),
      ageing: t.field({
        type: [AgeBucketType],
        extensions: { cost: costOf('ageing') },
        description: 'Open tickets by days since they were filed.',
        args: {
          edges: t.arg.intList({
            defaultValue: [7, 30, 60, 90],
            description: 'Where buckets are cut, in days, ascending: at most 20.',
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
        extensions: { cost: costOf('flow') },
        description:
          'What was filed, resolved and reopened in each interval of a range, and what was open at its end: from the history of tickets.',
        args: {
          interval: t.arg({ type: ReportInterval, required: true, description: 'How the range is cut.' }),
          ...rangeArgs,
        },
        resolve: (scope, { interval, ...range }, context) => readFlow(context, scope, interval, range),
      }),
      reopenRate: t.field({
        type: ReopenRateType,
        extensions: { cost: costOf('reopenRate') },
        description: 'How many of the tickets that were first resolved in a range were opened again.',
        args: rangeArgs,
        resolve: (scope, range, context) => readReopenRate(context, scope, range),
      }),
    }
  },
})

builder.queryField('reports', (t) =>
  t.field({
    type: Reports,
    description: 'Figures about the tickets that you may see and a filter lets through.',
    args: {
      filter: t.arg({ type: TicketFilterInput, description: 'Only these; all that are not archived when left out.' }),
      timeZone: t.arg.string({
        defaultValue: 'UTC',
        description: 'The time zone in which days begin, such as Europe/Berlin.',
      }),
    },
    resolve: (_root, { filter, timeZone: zone }, context) =>
      reportScope(context, filter ?? null, checkArgument('timeZone', zone ?? 'UTC', timeZone)),
  }),
)
