import { hash } from 'node:crypto'
import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  GraphQLScalarType,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type VariableDefinitionNode,
  validate,
} from 'graphql'
import { compileQuery, isCompiledQuery } from 'graphql-jit'
import type { Context } from '../context.ts'
import { translated } from '../database/transaction.ts'
import { AnswerTooLarge, Unavailable } from '../errors.ts'
import { compilable } from './compilable.ts'
import { type Price, pricesOf } from './cost.ts'
import { measure, mustBeWithinLimits, parseWithin } from './limits.ts'

/** An operation of a valid document, ready to run. */
export interface Operation {
  readonly name: string | undefined
  /** The document that it stands in. */
  readonly query: string
  readonly kind: OperationTypeNode
  /** Whether it asks about the schema. */
  readonly introspects: boolean
  /** What its fields cost. */
  readonly prices: readonly Price[]
  readonly run: (context: Context, variables: Readonly<Record<string, unknown>>) => Promise<ExecutionResult>
}

/** A document that was read: why it is refused, or its operations. */
export interface ReadDocument {
  readonly document: DocumentNode
  readonly faults: readonly GraphQLError[]
  /** An operation by its name; null where there is none to choose. */
  readonly operation: (name: string | undefined) => Operation | null
}

/** Reads a document. Throws what is wrong with its text: that it is no GraphQL, or over a limit. */
export type Documents = (query: string) => ReadDocument

export interface DocumentOptions {
  readonly schema: GraphQLSchema
  /** Whether faults tell of names that are like those that are not there. */
  readonly suggesting: boolean
}

// What is remembered is weighed in bytes, as measured: a character of a document takes some 100, a field that is priced
// 600, one that is compiled 9,000.
const rememberedAtMost = 50_000_000
const bytesOfCharacter = 100
const bytesOfPrice = 600
const bytesOfField = 9000
// Written out by the compiler, 3 kB of fragments in fragments can take seconds.
const compiledSelections = 300
const seenAtMost = 10_000
const faultsAtMost = 20

/**
 * Remembers valid documents that come again, and compiles their queries. What comes once is most often a document with
 * values written into it, which no one will send a second time. Before too much is remembered, all is forgotten: what is
 * in use then lasts as long as its request.
 */
export function rememberDocuments({ schema, suggesting }: DocumentOptions): Documents {
  const known = new Map<string, ReadDocument>()
  const seen = new Set<string>()
  let remembered = 0
  const comesAgain = (query: string) => {
    const digest = hash('sha1', query, 'base64')
    if (seen.delete(digest)) return true
    if (seen.size === seenAtMost) seen.clear()
    seen.add(digest)
    return false
  }
  const weigh = (bytes: number) => {
    if (remembered + bytes > rememberedAtMost) {
      known.clear()
      remembered = 0
    }
    remembered += bytes
  }
  return (query) => {
    const remembers = known.get(query)
    if (remembers) return remembers
    mustBeWithinLimits({ query })
    const document = parseWithin(query)
    const { selections, excess } = measure(document)
    const faults =
      excess.length > 0
        ? excess
        : validate(schema, document, undefined, { maxErrors: faultsAtMost, hideSuggestions: !suggesting })
    // One of graphql's rules suggests whatever it is told.
    if (!suggesting) for (const fault of faults) fault.message = fault.message.replace(/ Did you mean "[^"]*"\?$/, '')
    const keeps = faults.length === 0 && comesAgain(query)
    const read: ReadDocument = {
      document,
      faults,
      operation: operationsOf(schema, document, { query, selections, keeps, suggesting, weigh }),
    }
    if (!keeps) return read
    weigh(query.length * bytesOfCharacter)
    known.set(query, read)
    return read
  }
}

interface Compiling {
  readonly query: string
  readonly selections: number
  /** Whether it is remembered, and its queries compiled at their first run. */
  readonly keeps: boolean
  readonly suggesting: boolean
  /** Told of the bytes that are remembered from now on. */
  readonly weigh: (bytes: number) => void
}

function operationsOf(schema: GraphQLSchema, document: DocumentNode, compiling: Compiling): ReadDocument['operation'] {
  const operations = new Map<string | undefined, Operation>()
  return (name) => {
    const operation = operations.get(name) ?? operationOf(schema, document, name, compiling)
    // Names that are none are not kept: a caller could think of endless ones.
    if (operation) operations.set(name, operation)
    return operation
  }
}

function operationOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | undefined,
  compiling: Compiling,
): Operation | null {
  const node = getOperationAST(document, operationName)
  if (!node || node.operation === OperationTypeNode.SUBSCRIPTION) return null
  const interpret: Operation['run'] = async (contextValue, variableValues) =>
    execute({
      schema,
      document,
      contextValue,
      variableValues,
      operationName: operationName ?? null,
      hideSuggestions: !compiling.suggesting,
    })
  const compiles = compiling.keeps && node.operation === OperationTypeNode.QUERY
  let run: Operation['run'] | null = null
  const prices = pricesOf(schema, document, node)
  if (compiling.keeps) compiling.weigh(compiling.selections * bytesOfPrice)
  return {
    name: node.name?.value,
    query: compiling.query,
    kind: node.operation,
    introspects: prices.some(({ field }) => field.startsWith('__')),
    prices,
    run(context, variables) {
      run ??= compiles ? compile(schema, document, node, interpret, compiling) : interpret
      return run(context, variables)
    },
  }
}

/** Whether the database was asked in vain, or gave all that a request may have. */
function isSpent(error: unknown): boolean {
  const known = translated(error)
  return known instanceof Unavailable || known instanceof AnswerTooLarge
}

/** An error of a compiled query as graphql's own class. */
const asOurs = ({ message, path, originalError }: GraphQLError) => new GraphQLError(message, { path, originalError })

/** What a compiled query says of its variables: that they are coerced already. */
const Coerced = new GraphQLScalarType({ name: 'Coerced' })

/**
 * Compiles an operation that is given its variables coerced: the compiler would write the coercion of each variable out,
 * and of a filter, which has filters in it, without end. So for as long as it compiles all are of one scalar.
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
  const compilation = compileQuery(extended, { ...document, definitions }, operationName)
  // Queries that ask about the schema find it as it is.
  extended.getType = schema.getType
  return compilation
}

/**
 * A query as a program of its own, which takes a third of the time to run. What that would do otherwise than the
 * interpreter is left to it: documents that are not `compilable`, inner variables that are left out, and errors, which
 * it would give without their locations, save for a database that does not answer.
 */
function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  { name: operationName, variableDefinitions = [] }: OperationDefinitionNode,
  interpret: Operation['run'],
  { selections, weigh }: Compiling,
): Operation['run'] {
  const inner = selections <= compiledSelections && compilable(document)
  const compilation = inner && compileCoerced(schema, document, operationName?.value)
  if (!inner || !compilation || !isCompiledQuery(compilation)) return interpret
  weigh(selections * bytesOfField)
  const innerNames = [...inner]
  return async (context, variables) => {
    const { coerced } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: 1 })
    if (!coerced || innerNames.some((name) => coerced[name] === undefined)) return interpret(context, variables)
    const result: ExecutionResult = await compilation.query(undefined, context, coerced)
    if (!result.errors) return result
    // Whoever has waited in vain does not wait again.
    return result.errors.some(({ originalError }) => isSpent(originalError))
      ? { ...result, errors: result.errors.map(asOurs) }
      : interpret(context, variables)
  }
}
