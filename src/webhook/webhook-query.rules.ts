import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFieldResolver,
  GraphQLList,
  GraphQLObjectType,
  GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
} from 'graphql'
import type { Context } from '../context.ts'
import type { DatabaseSize } from '../database/size.ts'
import { formatNumber } from '../errors.ts'
import { costOf, fieldCostsOf } from '../graphql/cost.ts'
import { createDocument, parseDocument } from '../graphql/document.ts'

export const maxQueryCost = 500

export interface WebhookQuery {
  /** Phrased to follow the name of a field. */
  readonly errors: readonly string[]
  /** Points of one change. */
  readonly cost: number
  /** Selects `changes`, with the selection on each of them. */
  readonly document: DocumentNode
}

const changeType = (schema: GraphQLSchema) => schema.getType('Change') as GraphQLObjectType

const changeSchemas = new WeakMap<GraphQLSchema, GraphQLSchema>()

/** A schema whose root fields are those of Change. */
function changeSchemaOf(schema: GraphQLSchema): GraphQLSchema {
  const known = changeSchemas.get(schema)
  if (known) return known
  const changeSchema = new GraphQLSchema({
    ...schema.toConfig(),
    query: changeType(schema),
    mutation: null,
    subscription: null,
  })
  changeSchemas.set(schema, changeSchema)
  return changeSchema
}

/** Parses and validates a selection on Change as if Change were the root type. */
export function parseWebhookQuery(query: string, schema: GraphQLSchema, size: DatabaseSize): WebhookQuery {
  const invalid = (...errors: readonly string[]) => ({ errors, cost: 0, document: noDocument })
  try {
    const node = parseDocument(query)
    const [operation, ...others] = node.definitions.filter((definition) => 'operation' in definition)
    const isSelection = operation?.operation === OperationTypeNode.QUERY && !operation.variableDefinitions?.length
    if (!isSelection || others.length > 0)
      return invalid('must be one selection on Change without variables, such as "{ type at ticket { key title } }"')
    const document = createDocument(query, node, {
      schema: changeSchemaOf(schema),
      suggestions: true,
      compile: false,
      onRun: () => {},
      onGrowth: () => {},
    })
    const costs = document.errors.length > 0 ? null : document.operation(null)
    if (!costs) return invalid(...document.errors.map(({ message }) => `is invalid: ${message}`))
    if (costs.introspects) return invalid('must not contain __schema or __type')
    const cost = costOf(fieldCostsOf(costs.costs, { variables: {}, size }))
    const errors = cost > maxQueryCost ? [`must cost at most ${maxQueryCost} points (costs ${formatNumber(cost)})`] : []
    return { errors, cost, document: selectChanges(node, operation) }
  } catch (error) {
    if (error instanceof GraphQLError) return invalid(`is invalid: ${error.message}`)
    throw error
  }
}

const noDocument: DocumentNode = { kind: Kind.DOCUMENT, definitions: [] }

/** Selects the changes, and nothing of them. */
export const withoutData: Pick<WebhookQuery, 'document'> = { document: parse('{ changes { __typename } }') }

const selectChanges = (document: DocumentNode, operation: OperationDefinitionNode): DocumentNode => ({
  ...document,
  definitions: document.definitions.map((definition) =>
    definition === operation
      ? {
          ...operation,
          selectionSet: {
            kind: Kind.SELECTION_SET,
            selections: [
              {
                kind: Kind.FIELD,
                name: { kind: Kind.NAME, value: 'changes' },
                selectionSet: operation.selectionSet,
              },
            ],
          },
        }
      : definition,
  ),
})

/** A schema for the documents of `parseWebhookQuery`. An error of one change does not affect the others. */
export const createBatchSchema = (
  schema: GraphQLSchema,
  resolve: GraphQLFieldResolver<unknown, Context>,
): GraphQLSchema =>
  new GraphQLSchema({
    ...schema.toConfig(),
    query: new GraphQLObjectType({
      name: 'ChangesOfWebhook',
      fields: { changes: { type: new GraphQLList(changeType(schema)), resolve } },
    }),
    mutation: null,
    subscription: null,
  })
