import { type DocumentNode, execute, type GraphQLSchema, getOperationAST, OperationTypeNode } from 'graphql'
import { compileQuery, type Run } from './compile.ts'
import { type CostNode, costTreesOf } from './cost.ts'

/** How an operation was run: compiled, interpreted, or interpreted again after the compiled query had errors. */
type RunMode = 'compiled' | 'interpreted' | 'rerun'

/** An operation of a valid document, ready to run. */
export interface Operation {
  readonly name: string | undefined
  /** The text of its document. */
  readonly query: string
  readonly kind: OperationTypeNode
  /** True if it selects fields of the introspection system. */
  readonly introspects: boolean
  readonly costs: readonly CostNode[]
  readonly run: Run
}

export interface OperationOptions {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly name: string | null
  readonly query: string
  /** Fields and fragment spreads of the document, with fragments expanded. */
  readonly selections: number
  readonly suggestions: boolean
  /** Compiles a query at its first run. */
  readonly compile: boolean
  readonly onRun: (mode: RunMode) => void
  /** Called with the bytes of memory that the operation has come to use. */
  readonly onGrowth: (bytes: number) => void
}

// Measured.
export const bytesPerCharacter = 100
const bytesPerCost = 600
const bytesPerCompiledField = 9000
// The compiler expands fragments: 3 kB of nested fragments would take seconds.
const maxCompiledSelections = 300

/** Prepares an operation of a valid document; null if there is none of that name, or several without a name to choose by. */
export function createOperation(options: OperationOptions): Operation | null {
  const { schema, document, name, query, selections, onGrowth } = options
  const node = getOperationAST(document, name)
  if (!node) return null
  const costs = costTreesOf(schema, document, node)
  onGrowth(selections * bytesPerCost)
  let run: Run | undefined
  return {
    name: node.name?.value,
    query,
    kind: node.operation,
    introspects: costs.some(({ field }) => field.startsWith('__')),
    costs,
    run(context, variables) {
      run ??= createRun(options, node)
      return run(context, variables)
    },
  }
}

function createRun(
  { schema, document, name, selections, suggestions, compile, onRun, onGrowth }: OperationOptions,
  node: NonNullable<ReturnType<typeof getOperationAST>>,
): Run {
  const interpretAs =
    (mode: RunMode): Run =>
    async (contextValue, variableValues) => {
      onRun(mode)
      return execute({
        schema,
        document,
        contextValue,
        variableValues,
        operationName: name,
        hideSuggestions: !suggestions,
      })
    }
  const interpret = interpretAs('interpreted')
  if (!compile || node.operation !== OperationTypeNode.QUERY || selections > maxCompiledSelections) return interpret
  const compiled = compileQuery(schema, document, node, { interpret, rerun: interpretAs('rerun'), onRun })
  if (!compiled) return interpret
  onGrowth(selections * bytesPerCompiledField)
  return compiled
}
