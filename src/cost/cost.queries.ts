import { GraphQLError } from 'graphql'
import { builder } from '../builder.ts'
import { BadUserInput } from '../errors.ts'
import { costOf, type ListCost, listCostsOf } from '../graphql/cost.ts'

interface ExplainedCost {
  readonly requested: number
  readonly limit: number
  readonly lists: readonly ListCost[]
}

const listsShown = 20

/** Points as a GraphQL Int. A larger cost, or one that is not a number, exceeds every limit anyway. */
const clampToInt32 = (points: number) => (points < largestInt ? points : largestInt)
const largestInt = 2 ** 31 - 1

const ListCostType = builder.objectRef<ListCost>('ListCost').implement({
  description: 'What a list of a query costs.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description:
        'Where it stands in the answer: names or aliases, such as "tickets.nodes.comments". A list that the document asks for twice in one place comes twice.',
    }),
    cost: t.int({
      description: 'What it costs with all below it, in all places where it comes.',
      resolve: ({ cost }) => clampToInt32(cost),
    }),
    first: t.exposeInt('first', {
      nullable: true,
      description:
        'The largest `first` or `last` with which the whole query fits its limit, all else as it is, the same list beside it too; null where no page of this one is small enough.',
    }),
  }),
})

const QueryCostType = builder.objectRef<ExplainedCost>('QueryCost').implement({
  description:
    'What a query costs, in points: one for each object that it may return, lists counted by the page sizes asked for, and more for counts, searches, excerpts and reports.',
  fields: (t) => ({
    requested: t.int({ description: 'What it costs.', resolve: ({ requested }) => clampToInt32(requested) }),
    limit: t.exposeInt('limit', { description: 'What a query may cost at most.' }),
    lists: t.field({
      type: [ListCostType],
      description: `Its lists in pages, the dearest first: ${listsShown} of them at most.`,
      extensions: { size: listsShown },
      resolve: ({ lists }) => lists.slice(0, listsShown),
    }),
  }),
})

builder.queryField('explainCost', (t) =>
  t.field({
    type: QueryCostType,
    description:
      'What a query or mutation would cost, which is not run. Every answer tells its own as `extensions.cost`.',
    // Reading a document takes up to 50 milliseconds.
    extensions: { cost: 1000 },
    args: {
      query: t.arg.string({ required: true, description: 'The document.' }),
      variables: t.arg({ type: 'JSON', description: 'Its variables, as an object.' }),
      operationName: t.arg.string({ description: 'Which of its operations, where it has several.' }),
    },
    resolve: (_root, { query, variables, operationName }, { documents, config }): ExplainedCost => {
      const inputError = (path: string, message: string) => new BadUserInput([{ path, message }])
      if (variables != null && (typeof variables !== 'object' || Array.isArray(variables)))
        throw inputError('variables', 'must be an object')
      const document = asInput(() => documents.read(query))
      if (document.errors.length > 0)
        throw new BadUserInput(document.errors.map(({ message }) => ({ path: 'query', message })))
      const operation = document.operation(operationName ?? null)
      if (!operation) throw inputError('operationName', 'names none of the operations')
      const given = (variables ?? {}) as Readonly<Record<string, unknown>>
      const limit = config.costLimit
      return { requested: costOf(operation.costs, given), limit, lists: listCostsOf(operation.costs, given, limit) }
    },
  }),
)

/** Reports errors of the document as errors of the argument. */
function asInput<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (error instanceof GraphQLError) throw new BadUserInput([{ path: 'query', message: error.message }])
    throw error
  }
}
