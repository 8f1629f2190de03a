import { type ExecutionResult, GraphQLError, OperationTypeNode } from 'graphql'
import { costOf, type FieldCost, ownCostsOf } from './cost.ts'

/** Measured: a request of 25,000 points takes at most two seconds. */
const pointsPerMillisecond = 12.5

/** Errors of checks that precede all work. */
const earlyCodes: ReadonlySet<unknown> = new Set(['BAD_USER_INPUT', 'FORBIDDEN', 'NOT_FOUND', 'UNAUTHENTICATED'])

export const isEarlyError = (error: unknown) =>
  error instanceof GraphQLError && earlyCodes.has(error.extensions['code'])

interface Execution {
  readonly kind: OperationTypeNode
  readonly result: ExecutionResult
  /** Time for which the database ran statements. */
  readonly databaseMilliseconds: number
}

/**
 * Points that an operation has used, at most its cost: the objects in its result, and its work. The work of a query is
 * that of the database, if it took less time than its points. After an error it includes objects that may have been read.
 */
export function spentPointsOf(
  fields: readonly FieldCost[],
  { kind, result: { data, errors }, databaseMilliseconds }: Execution,
): number {
  const cost = costOf(fields)
  const objects = data ? fields.reduce((sum, field) => sum + objectsIn(field, data[field.key]), 0) : 0
  const work = ownCostsOf(fields).reduce((sum, field) => sum + field.work, 0)
  const isQuery = kind === OperationTypeNode.QUERY
  const usedWork = isQuery ? Math.min(errors ? cost : work, databaseMilliseconds * pointsPerMillisecond) : work
  return Math.min(cost, Math.max(1, Math.ceil(objects + usedWork)))
}

/** Points of the objects of a field in a result. */
function objectsIn({ objectPoints, children }: Pick<FieldCost, 'objectPoints' | 'children'>, value: unknown): number {
  if (Array.isArray(value))
    return value.reduce<number>((sum, item) => sum + objectsIn({ objectPoints, children }, item), 0)
  if (typeof value !== 'object' || value === null) return 0
  return children.reduce(
    (sum, child) => sum + objectsIn(child, (value as Readonly<Record<string, unknown>>)[child.key]),
    objectPoints,
  )
}
