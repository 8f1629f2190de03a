import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  specifiedRules,
  validate,
} from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import type { Context } from '../context.ts'
import { compilable } from './compilable.ts'
import { limitRules, parseWithin } from './limits.ts'

/** An operation of a valid document, ready to run. */
interface Operation {
  readonly name: string | undefined
  readonly run: (context: Context, variables: Readonly<Record<string, unknown>>) => Promise<ExecutionResult>
}

/** Gives an operation of a document by its name; null where one of the two is at fault. */
export type Documents = (query: string, operationName: string | undefined) => Operation | null

type Operations = Map<string | undefined, Operation>

// What is remembered is weighed in bytes, as measured: a character of a document takes some 100, a compiled field 9,000.
const rememberedAtMost = 50_000_000
const bytesOfCharacter = 100
const bytesOfField = 9000

/**
 * Remembers documents, and compiles the queries among them that come for the `compileAt`th time. Once too much is
 * remembered, all is forgotten.
 */
export function rememberDocuments(schema: GraphQLSchema, compileAt: number): Documents {
  const known = new Map<string, { document: DocumentNode | null; operations: Operations }>()
  let remembered = 0
  const weigh = (bytes: number) => {
    remembered += bytes
  }
  const learn = (query: string) => {
    if (remembered > rememberedAtMost) {
      known.clear()
      remembered = 0
    }
    weigh(query.length * bytesOfCharacter)
    const learned = { document: validDocument(schema, query), operations: new Map() }
    known.set(query, learned)
    return learned
  }
  return (query, operationName) => {
    const { document, operations } = known.get(query) ?? learn(query)
    if (!document) return null
    const operation = operations.get(operationName) ?? operationOf(schema, document, operationName, compileAt, weigh)
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
  weigh: (bytes: number) => void,
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
        run = compile(schema, document, operationName, interpret, weigh)
      return run(context, variables)
    },
  }
}

/**
 * A query as a program of its own, which takes a third of the time to run. What that would do otherwise than the
 * interpreter is left to it: documents that are not `compilable`, inner variables that are left out, and errors, which
 * it would give without their locations.
 */
function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
  interpret: Operation['run'],
  weigh: (bytes: number) => void,
): Operation['run'] {
  const fit = compilable(document)
  const compilation = fit && compileQuery(schema, document, operationName)
  if (!fit || !compilation || !isCompiledQuery(compilation)) return interpret
  weigh(fit.fields * bytesOfField)
  const inner = [...fit.inner]
  return async (context, variables) => {
    if (inner.some((name) => variables[name] === undefined)) return interpret(context, variables)
    const result: ExecutionResult = await compilation.query(undefined, context, variables)
    return result.errors ? interpret(context, variables) : result
  }
}
