import {
  type ASTNode,
  type ASTVisitor,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import { BadUserInput } from '../errors.ts'

/**
 * Converts failed coercions of variables, which graphql-js reports without a code, to BAD_USER_INPUT. Their paths begin at the
 * argument, like those of other errors, since names of variables are arbitrary.
 */
export function describeVariableErrors(
  result: ExecutionResult,
  operation: OperationDefinitionNode,
  document: DocumentNode,
): ExecutionResult {
  if (result.data !== undefined || !result.errors) return result
  return { ...result, errors: result.errors.map((error) => coercionError(error, [operation, document]) ?? error) }
}

function coercionError({ message, originalError }: GraphQLError, nodes: readonly ASTNode[]): BadUserInput | null {
  const [, variable, missing] =
    /^Variable "\$(\w+)" (?:got invalid value|(of (?:required|non-null) type .*))/s.exec(message) ?? []
  if (!variable) return null
  const argument = argumentPathOf(variable, nodes)
  if (missing) return new BadUserInput([{ path: argument, variable, message: missing }])
  // The message consists of the value (arbitrary text), the path and the reason.
  const reason = originalError?.message ?? ''
  const [, innerPath = ''] = / at "\w+([\w.[\]]*)"$/.exec(message.slice(0, -`; ${reason}`.length)) ?? []
  const [, field] = /^Field "(\w+)"/.exec(reason) ?? []
  const path = argument + innerPath.replaceAll(/\[(\d+)\]/g, '.$1') + (field ? `.${field}` : '')
  return new BadUserInput([{ path, variable, message: reason }])
}

/** The path from an argument to the first use of a variable in the nodes, such as "input.title". */
function argumentPathOf(variable: string, nodes: readonly ASTNode[]): string {
  const path: (string | number)[] = []
  let found: string | null = null
  const named = {
    enter: ({ name }: { readonly name: { readonly value: string } }) => void path.push(name.value),
    leave: () => void path.pop(),
  }
  const visitor: ASTVisitor = {
    [Kind.ARGUMENT]: named,
    [Kind.OBJECT_FIELD]: named,
    [Kind.VARIABLE]({ name }, key) {
      if (name.value !== variable || path.length === 0) return
      found ??= [...path, ...(typeof key === 'number' ? [key] : [])].join('.')
    },
  }
  for (const node of nodes) visit(node, visitor)
  return found ?? variable
}
