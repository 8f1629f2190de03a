import { GraphQLError } from 'graphql'
import { builder } from '../builder.ts'
import { BadUserInput, RateLimited } from '../errors.ts'
import {
  costOf,
  type FieldCost,
  fieldCostsOf,
  type ListCost,
  listCostsOf,
  type OwnCost,
  ownCostsOf,
} from '../graphql/cost.ts'

interface QueryCost {
  readonly fields: readonly FieldCost[]
  readonly limit: number
}

const maxRows = 20

/** Converts points to a GraphQL Int; they may be infinite or NaN. */
const clampToInt32 = (points: number) => (points < maxInt32 ? points : maxInt32)
const maxInt32 = 2 ** 31 - 1

const ListCostType = builder.objectRef<ListCost>('ListCost').implement({
  description: 'The cost of one paged list of a query.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description:
        'Response keys from the root to the list, such as "tickets.nodes.comments". A list that the document selects twice at one path has two entries.',
    }),
    cost: t.int({
      description: 'Points of the list with its nested fields, summed over all parents.',
      resolve: ({ cost }) => clampToInt32(cost),
    }),
    first: t.exposeInt('first', {
      nullable: true,
      description:
        'Largest page size of this list that keeps the query within `limit`, if no other argument changes. Null if even a page of 1 exceeds it.',
    }),
  }),
})

const FieldCostType = builder.objectRef<OwnCost>('FieldCost').implement({
  description: 'The cost of one field of a query, without its nested fields.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description: 'Response keys from the root to the field, such as "tickets.totalCount".',
    }),
    objects: t.int({
      description: 'Points for the objects that the field can return, summed over all parents.',
      resolve: ({ objects }) => clampToInt32(Math.ceil(objects)),
    }),
    work: t.int({
      description:
        'Points for the work of the database in addition to its objects, such as searching, sorting and counting, summed over all parents.',
      resolve: ({ work }) => clampToInt32(Math.ceil(work)),
    }),
  }),
})

const sumOf = (costs: readonly OwnCost[], part: 'objects' | 'work') =>
  clampToInt32(Math.ceil(costs.reduce((sum, cost) => sum + cost[part], 0)))

const QueryCostType = builder.objectRef<QueryCost>('QueryCost').implement({
  description:
    'The cost of a query in points: 1 for each object that it can return, with lists counted by their page size, and the work of its filters, orders, counts and reports with the current number of tickets.',
  fields: (t) => ({
    requested: t.int({
      description: 'Cost of the query, at least 1.',
      resolve: ({ fields }) => clampToInt32(costOf(fields)),
    }),
    objects: t.int({
      description: 'Points for the objects that the query can return.',
      resolve: ({ fields }) => sumOf(ownCostsOf(fields), 'objects'),
    }),
    work: t.int({
      description: 'Points for work in addition to the objects. Grows with the number of tickets.',
      resolve: ({ fields }) => sumOf(ownCostsOf(fields), 'work'),
    }),
    limit: t.exposeInt('limit', { description: 'Maximum cost of a query on this server (SNAGLIST_COST_LIMIT).' }),
    fields: t.field({
      type: [FieldCostType],
      description: `Fields of the query that cost points, the most expensive first. At most ${maxRows}.`,
      extensions: { size: maxRows },
      resolve: ({ fields }) => ownCostsOf(fields).slice(0, maxRows),
    }),
    lists: t.field({
      type: [ListCostType],
      description: `Paged lists of the query, the most expensive first. At most ${maxRows}.`,
      extensions: { size: maxRows },
      resolve: ({ fields, limit }) => listCostsOf(fields, limit).slice(0, maxRows),
    }),
  }),
})

builder.queryField('explainCost', (t) =>
  t.field({
    type: QueryCostType,
    description:
      'Cost of a query or mutation, computed without running it. Reading the document counts for the rate limit like that of a request. A result contains its own cost in `extensions.cost`.',
    args: {
      query: t.arg.string({ required: true, description: 'GraphQL document to analyze.' }),
      variables: t.arg({ type: 'JSON', description: 'Variables of the operation, as an object.' }),
      operationName: t.arg.string({ description: 'Name of the operation. Required if the document contains several.' }),
    },
    resolve: async (_root, { query, variables, operationName }, context): Promise<QueryCost> => {
      const fieldError = (path: string, message: string) => new BadUserInput([{ path, message }])
      if (variables != null && (typeof variables !== 'object' || Array.isArray(variables)))
        throw fieldError('variables', 'must be an object')
      const document = await context.readDocument(query).catch(throwFieldError)
      if (document.errors.length > 0)
        throw new BadUserInput(document.errors.map(({ message }) => ({ path: 'query', message })))
      const operation = document.operation(operationName ?? null)
      if (!operation)
        throw fieldError(
          'operationName',
          operationName == null
            ? 'is required: the document contains several operations'
            : 'is not the name of an operation in the document',
        )
      const size = await context.readDatabaseSize()
      const values = (variables ?? {}) as Readonly<Record<string, unknown>>
      return { fields: fieldCostsOf(operation.costs, { variables: values, size }), limit: context.config.costLimit }
    },
  }),
)

/** Converts an error of the document to a field error. */
function throwFieldError(error: unknown): never {
  if (!(error instanceof GraphQLError) || error instanceof RateLimited) throw error
  throw new BadUserInput([{ path: 'query', message: error.message }])
}
