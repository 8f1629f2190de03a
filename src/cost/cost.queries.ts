import { GraphQLError } from 'graphql'
import { builder } from '../builder.ts'
import { BadUserInput } from '../errors.ts'
import { costOf, type ListCost, listCostsOf } from '../graphql/cost.ts'

interface QueryCost {
  readonly requested: number
  readonly limit: number
  readonly lists: readonly ListCost[]
}

const maxLists = 20

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

const QueryCostType = builder.objectRef<QueryCost>('QueryCost').implement({
  description:
    'The cost of a query in points: 1 for each object that it can return, with lists counted by their page size, and more for counts, searches, excerpts and reports.',
  fields: (t) => ({
    requested: t.int({
      description: 'Cost of the query, at least 1.',
      resolve: ({ requested }) => clampToInt32(requested),
    }),
    limit: t.exposeInt('limit', { description: 'Maximum cost of a query on this server (SNAGLIST_COST_LIMIT).' }),
    lists: t.field({
      type: [ListCostType],
      description: `Paged lists of the query, the most expensive first. At most ${maxLists}.`,
      extensions: { size: maxLists },
      resolve: ({ lists }) => lists.slice(0, maxLists),
    }),
  }),
})

builder.queryField('explainCost', (t) =>
  t.field({
    type: QueryCostType,
    description:
      'Cost of a query or mutation, computed without running it. A result contains its own cost in `extensions.cost`.',
    // Parsing and validation take up to 50 ms.
    extensions: { cost: 1000 },
    args: {
      query: t.arg.string({ required: true, description: 'GraphQL document to analyze.' }),
      variables: t.arg({ type: 'JSON', description: 'Variables of the operation, as an object.' }),
      operationName: t.arg.string({ description: 'Name of the operation. Required if the document contains several.' }),
    },
    resolve: (_root, { query, variables, operationName }, { documents, config }): QueryCost => {
      const fieldError = (path: string, message: string) => new BadUserInput([{ path, message }])
      if (variables != null && (typeof variables !== 'object' || Array.isArray(variables)))
        throw fieldError('variables', 'must be an object')
      const document = withFieldErrors(() => documents.read(query))
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
      const values = (variables ?? {}) as Readonly<Record<string, unknown>>
      const limit = config.costLimit
      return { requested: costOf(operation.costs, values), limit, lists: listCostsOf(operation.costs, values, limit) }
    },
  }),
)

/** Converts errors of the document to field errors. */
function withFieldErrors<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (error instanceof GraphQLError) throw new BadUserInput([{ path: 'query', message: error.message }])
    throw error
  }
}
