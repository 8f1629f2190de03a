import { hash } from 'node:crypto'
import {
  type DocumentNode,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  validate,
} from 'graphql'
import { compile, type Run } from './compile.ts'
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
  readonly run: Run
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
  const interpret: Run = async (contextValue, variableValues) =>
    execute({
      schema,
      document,
      contextValue,
      variableValues,
      operationName: operationName ?? null,
      hideSuggestions: !compiling.suggesting,
    })
  const compiled = () => {
    const fits = compiling.keeps && compiling.selections <= compiledSelections
    const program = fits && node.operation === OperationTypeNode.QUERY && compile(schema, document, node, interpret)
    if (!program) return null
    compiling.weigh(compiling.selections * bytesOfField)
    return program
  }
  let run: Run | null = null
  const prices = pricesOf(schema, document, node)
  if (compiling.keeps) compiling.weigh(compiling.selections * bytesOfPrice)
  return {
    name: node.name?.value,
    query: compiling.query,
    kind: node.operation,
    introspects: prices.some(({ field }) => field.startsWith('__')),
    prices,
    run(context, variables) {
      run ??= compiled() ?? interpret
      return run(context, variables)
    },
  }
}
