import {
  type DocumentNode,
  type ExecutionResult,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  Kind,
  locatedError,
  type OperationDefinitionNode,
} from 'graphql'
import { collectFields } from 'graphql/execution/collectFields.js'
import { BadRequest } from '../errors.ts'
import { Upload } from '../http/upload.ts'

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** Throws errors of a root field that do not depend on the contents of its files. */
    readonly checkBeforeUpload?: (args: Readonly<Record<string, unknown>>, context: object) => Promise<void>
  }
}

/**
 * Checks a form before its files are received. Returns the errors of variables and root fields as the result that the
 * execution would have. Throws BAD_REQUEST if the operation uses no file.
 */
export async function checkUploads(
  schema: GraphQLSchema,
  { definitions }: DocumentNode,
  { operation, selectionSet, variableDefinitions = [] }: OperationDefinitionNode,
  context: object,
  variables: Readonly<Record<string, unknown>>,
): Promise<ExecutionResult | null> {
  const { coerced, errors } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: 50 })
  if (errors) return { errors }
  const type = schema.getRootType(operation)
  if (!type) return null
  let isChecked = false
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null)
  for (const node of definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments[node.name.value] = node
  for (const [key, nodes] of collectFields(schema, fragments, coerced, type, selectionSet)) {
    const [node] = nodes
    const field = node && type.getFields()[node.name.value]
    const { checkBeforeUpload } = field?.extensions ?? {}
    if (!field || !checkBeforeUpload) continue
    try {
      const args = getArgumentValues(field, node, coerced)
      isChecked ||= containsUpload(args)
      await checkBeforeUpload(args, context)
    } catch (error) {
      return { data: null, errors: [locatedError(error, nodes, [key])] }
    }
  }
  if (!isChecked)
    throw new BadRequest('The multipart request has no file that the operation uses: send `application/json` instead.')
  return null
}

function containsUpload(value: unknown): boolean {
  if (value instanceof Upload) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(containsUpload)
}
