import { GraphQLError, GraphQLSchema, isObjectType, Kind } from 'graphql'
import type { DatabaseSize } from '../database/size.ts'
import { formatNumber } from '../errors.ts'
import { costOf, fieldCostsOf } from '../graphql/cost.ts'
import { createDocument, type Document, parseDocument } from '../graphql/document.ts'

const maxQueryCost = 500

/** A schema whose root fields are those of Change. Null if the schema has no changes. */
function createChangeSchema(schema: GraphQLSchema): GraphQLSchema | null {
  const query = schema.getType('Change')
  return isObjectType(query) ? new GraphQLSchema({ ...schema.toConfig(), query, mutation: null }) : null
}

/** Errors of a selection on Change, phrased to follow the name of a field. */
export function findQueryErrors(query: string, schema: GraphQLSchema, size: DatabaseSize): string[] {
  try {
    const node = parseDocument(query)
    const operations = node.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
    const [operation] = operations
    if (operations.length !== 1 || operation?.operation !== 'query' || operation.variableDefinitions?.length)
      return ['must be one selection on Change without variables, such as "{ type at ticket { key title } }"']
    const changeSchema = createChangeSchema(schema)
    if (!changeSchema) return []
    const document = createDocument(query, node, {
      schema: changeSchema,
      suggestions: true,
      compile: false,
      onRun: () => {},
      onGrowth: () => {},
    })
    return document.errors.length > 0
      ? document.errors.map(({ message }) => `is invalid: ${message}`)
      : costErrors(document, size)
  } catch (error) {
    if (error instanceof GraphQLError) return [`is invalid: ${error.message}`]
    throw error
  }
}

function costErrors(document: Document, size: DatabaseSize): string[] {
  const operation = document.operation(null)
  if (!operation || operation.introspects) return ['must not contain __schema or __type']
  const cost = costOf(fieldCostsOf(operation.costs, { variables: {}, size }))
  return cost > maxQueryCost ? [`must cost at most ${maxQueryCost} points (costs ${formatNumber(cost)})`] : []
}
