import {
  type DocumentNode,
  type ExecutionResult,
  GraphQLError,
  GraphQLScalarType,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
  visit,
} from 'graphql'
import { compileQuery as compileWithJit, isCompiledQuery } from 'graphql-jit'
import { toApiError } from '../database/database-error.ts'
import { ResultTooLarge, Unavailable } from '../errors.ts'

/** Runs an operation. */
export type Run = (context: object, variables: Readonly<Record<string, unknown>>) => Promise<ExecutionResult>

interface CompileOptions {
  /** Runs the query instead, if compiled code would run it differently. */
  readonly interpret: Run
  /** Runs the query again, after an error. */
  readonly rerun: Run
  readonly onRun: (mode: 'compiled') => void
}

/**
 * Compiles a query to a function, which takes a third of the interpreter's time. Null for documents that graphql-jit
 * would execute differently. The interpreter also runs requests that omit a nested variable, and runs a query again that
 * had errors, since graphql-jit reports errors without their locations.
 */
export function compileQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  { name: operationName, variableDefinitions = [] }: OperationDefinitionNode,
  { interpret, rerun, onRun }: CompileOptions,
): Run | null {
  const nestedVariables = compilableVariables(document)
  const compilation = nestedVariables && compileCoerced(schema, document, operationName?.value)
  if (!nestedVariables || !compilation || !isCompiledQuery(compilation)) return null
  const names = [...nestedVariables]
  return async (context, variables) => {
    const { coerced } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: 1 })
    if (!coerced || names.some((name) => coerced[name] === undefined)) return interpret(context, variables)
    onRun('compiled')
    const result: ExecutionResult = await compilation.query(undefined, context, coerced)
    if (!result.errors) return result
    // A second wait for the database, or a second read up to the limit, would end the same.
    return result.errors.some(({ originalError }) => isFinal(originalError))
      ? { ...result, errors: result.errors.map(toGraphQLError) }
      : rerun(context, variables)
  }
}

/**
 * The variables nested in objects and lists of a document, which graphql-jit takes for null if they are omitted. Null if
 * the document must be interpreted: graphql-jit loses directives of fields that are selected twice, and `__proto__`.
 */
function compilableVariables(document: DocumentNode): ReadonlySet<string> | null {
  const nested = new Set<string>()
  let isCompilable = true
  let depth = 0
  const nesting = { enter: () => void depth++, leave: () => void depth-- }
  visit(document, {
    Directive() {
      isCompilable = false
    },
    Field({ alias }) {
      if (alias?.value === '__proto__') isCompilable = false
    },
    ObjectValue: nesting,
    ListValue: nesting,
    Variable({ name }) {
      if (name.value === '__proto__') isCompilable = false
      if (depth > 0) nested.add(name.value)
    },
  })
  return isCompilable ? nested : null
}

/** True if the database does not answer, or if the request has read all that it may. */
function isFinal(error: unknown): boolean {
  const known = toApiError(error)
  return known instanceof Unavailable || known instanceof ResultTooLarge
}

/** An error of a compiled query as an instance of graphql-js's class. */
const toGraphQLError = ({ message, path, originalError }: GraphQLError) =>
  new GraphQLError(message, { path, originalError })

/** The type of all variables of a compiled query: they are coerced before. */
const Coerced = new GraphQLScalarType({ name: 'Coerced' })

/**
 * Compiles an operation that takes its variables coerced. graphql-jit would generate code to coerce each variable, and
 * for a filter, which contains filters, without end. During compilation all variables are therefore of one scalar type.
 */
function compileCoerced(schema: GraphQLSchema, document: DocumentNode, operationName: string | undefined) {
  const type = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: Coerced.name } } as const
  const coerced = ({ kind, variable }: VariableDefinitionNode): VariableDefinitionNode => ({ kind, variable, type })
  const definitions = document.definitions.map((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? { ...definition, variableDefinitions: definition.variableDefinitions?.map(coerced) ?? [] }
      : definition,
  )
  const extended: GraphQLSchema = Object.create(schema)
  extended.getType = (name) => (name === Coerced.name ? Coerced : schema.getType(name))
  const compilation = compileWithJit(extended, { ...document, definitions }, operationName)
  // Introspection must not show the scalar.
  extended.getType = schema.getType
  return compilation
}
