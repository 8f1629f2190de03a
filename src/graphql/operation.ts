import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
} from 'graphql'
import { checkUploads } from './check-uploads.ts'
import { compileQuery, type Run } from './compile.ts'
import { type CostNode, costTreesOf } from './cost.ts'
import { describeVariableErrors } from './variable-errors.ts'

/** `rerun`: interpreted again after errors of the compiled query. */
type RunMode = 'compiled' | 'interpreted' | 'rerun'

export interface Operation {
  readonly name: string | undefined
  readonly query: string
  readonly document: DocumentNode
  readonly kind: OperationTypeNode
  readonly introspects: boolean
  readonly costs: readonly CostNode[]
  readonly run: Run
  /** Returns the errors of the files' fields that `run` would return; null if the files may be received. */
  readonly checkUploads: (...args: Parameters<Run>) => Promise<ExecutionResult | null>
}

export interface OperationOptions {
  readonly schema: GraphQLSchema
  readonly document: DocumentNode
  readonly name: string | null
  readonly query: string
  /** Fields and fragment spreads of the document, with fragments expanded. */
  readonly selections: number
  readonly suggestions: boolean
  readonly compile: boolean
  readonly onRun: (mode: RunMode) => void
  /** Receives the additional bytes of memory that the operation uses. */
  readonly onGrowth: (bytes: number) => void
}

// Measured.
export const bytesPerCharacter = 100
const bytesPerCostNode = 600
const bytesPerCompiledField = 9000
// graphql-jit expands fragments: 3 kB of nested fragments would take seconds.
const maxCompiledSelections = 300

/** Null if no operation has the name, or if `name` is null and the document has several. */
export function createOperation(options: OperationOptions): Operation | null {
  const { schema, document, name, query, selections, onGrowth } = options
  const node = getOperationAST(document, name)
  if (!node) return null
  const costs = costTreesOf(schema, document, node)
  onGrowth(selections * bytesPerCostNode)
  let run: Promise<Run> | undefined
  return {
    name: node.name?.value,
    query,
    document,
    kind: node.operation,
    introspects: costs.some(({ field }) => field.startsWith('__')),
    costs,
    async run(context, variables) {
      run ??= createRun(options, node).catch((error) => {
        run = undefined
        throw error
      })
      return describeVariableErrors(await (await run)(context, variables), node, document)
    },
    async checkUploads(context, variables) {
      const refusal = await checkUploads(schema, document, node, context, variables)
      return refusal && describeVariableErrors(refusal, node, document)
    },
  }
}

async function createRun(
  { schema, document, name, selections, suggestions, compile, onRun, onGrowth }: OperationOptions,
  node: NonNullable<ReturnType<typeof getOperationAST>>,
): Promise<Run> {
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
  const compiledRun = await compileQuery(schema, document, node, { interpret, rerun: interpretAs('rerun'), onRun })
  if (!compiledRun) return interpret
  onGrowth(selections * bytesPerCompiledField)
  return compiledRun
}
