import {
  BREAK,
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  specifiedRules,
  validate,
  visit,
} from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import type { Context } from '../context.ts'
import { limitRules, parseWithin } from './limits.ts'

/** An operation of a valid document, ready to run. */
interface Operation {
  readonly name: string | undefined
  readonly run: (context: Context, variables: Readonly<Record<string, unknown>>) => Promise<ExecutionResult>
}

/** Gives an operation of a document by its name; null where one of the two is at fault. */
export type Documents = (query: string, operationName: string | undefined) => Operation | null

type Operations = Map<string | undefined, Operation>

/** How much text is remembered, in characters: what is made of it takes some hundred times as much. */
const rememberedAtMost = 400_000

/**
 * Remembers documents that are valid within the limits, and compiles the queries among them when they come for the
 * `compileAt`th time. Once too much is remembered, all is forgotten.
 */
export function rememberDocuments(schema: GraphQLSchema, compileAt: number): Documents {
  const known = new Map<string, { document: DocumentNode | null; operations: Operations }>()
  let remembered = 0
  const learn = (query: string) => {
    if (remembered > rememberedAtMost) {
      known.clear()
      remembered = 0
    }
    remembered += query.length
    const learned = { document: validDocument(schema, query), operations: new Map() }
    known.set(query, learned)
    return learned
  }
  return (query, operationName) => {
    const { document, operations } = known.get(query) ?? learn(query)
    if (!document) return null
    const operation = operations.get(operationName) ?? operationOf(schema, document, operationName, compileAt)
    // Names that are none are not kept: a caller could think of endless ones.
    if (operation) operations.set(operationName, operation)
    return operation
  }
}

function validDocument(schema: GraphQLSchema, query: string): DocumentNode | null {
  try {
    const document = parseWithin(query)
    return validate(schema, document, [...specifiedRules, ...limitRules], { maxErrors: 1 }).length === 0
      ? document
      : null
  } catch (error) {
    if (error instanceof GraphQLError) return null
    throw error
  }
}

function operationOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
  compileAt: number,
): Operation | null {
  const { operation, name } = getOperationAST(document, operationName) ?? {}
  if (!operation || operation === OperationTypeNode.SUBSCRIPTION) return null
  const interpret: Operation['run'] = async (contextValue, variableValues) =>
    execute({ schema, document, contextValue, variableValues, operationName: operationName ?? null })
  let uses = 0
  let run = interpret
  return {
    name: name?.value,
    run(context, variables) {
      uses++
      if (uses === compileAt && operation === OperationTypeNode.QUERY)
        run = compile(schema, document, operationName) ?? interpret
      return run(context, variables)
    },
  }
}

/**
 * A query as a program of its own, which takes a third of the time to run. Null where it cannot be compiled: graphql-jit
 * loses conditions of fields that stand twice, so documents with @skip or @include stay as they are.
 */
function compile(schema: GraphQLSchema, document: DocumentNode, name: string | undefined): Operation['run'] | null {
  if (hasDirectives(document)) return null
  const compilation = compileQuery(schema, document, name)
  if (!isCompiledQuery(compilation)) return null
  return async (context, variables) => compilation.query(undefined, context, variables)
}

function hasDirectives(document: DocumentNode): boolean {
  let found = false
  visit(document, {
    Directive() {
      found = true
      return BREAK
    },
  })
  return found
}
