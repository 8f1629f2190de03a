import {
  type ASTVisitor,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'
import type { Plugin } from 'graphql-yoga'
import { QueryTooComplex } from '../errors.ts'

const limits = {
  characters: 15_000,
  tokens: 2000,
  depth: 12,
  aliases: 30,
  mutationRootFields: 10,
  variableDepth: 50,
} as const

/** Refuses documents that are too long, too deep or too wide before they are run. */
export const useDocumentLimits = (): Plugin => ({
  onParams({ params }) {
    mustBeWithinLimits(params)
  },
  onParse({ setParseFn }) {
    setParseFn((source, options) => parseWithin(source as string, options))
  },
  onValidate({ addValidationRule }) {
    for (const rule of limitRules) addValidationRule(rule)
  },
})

/** Refuses what is too much to be parsed. */
export function mustBeWithinLimits({
  query,
  variables,
}: {
  readonly query?: string
  readonly variables?: unknown
}): void {
  const length = query?.length ?? 0
  if (length > limits.characters)
    throw new QueryTooComplex('The document is too long, in characters', length, limits.characters)
  // GraphQL reads variables by recursion, which ends at the end of the stack.
  if (isDeeper(variables, limits.variableDepth))
    throw new QueryTooComplex('The variables are nested too deep', limits.variableDepth + 1, limits.variableDepth)
}

const isDeeper = (value: unknown, depth: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1)))

/** Parses a document of not too many tokens. */
export function parseWithin(source: string, options?: object): DocumentNode {
  try {
    return parse(source, { ...options, maxTokens: limits.tokens })
  } catch (error) {
    if (error instanceof GraphQLError && error.message.includes(`more that ${limits.tokens} tokens`))
      throw new QueryTooComplex('The document is too long, in tokens', limits.tokens + 1, limits.tokens)
    throw error
  }
}

interface Size {
  readonly depth: number
  readonly aliases: number
  readonly fields: number
}

// Fragments in fragments multiply; no count needs to be exact beyond this.
const uncountable = 1_000_000

const nothing: Size = { depth: 0, aliases: 0, fields: 0 }

/** Counts through fragments, each of them once, so that fragments in fragments cost no more than their text. */
function ComplexityLimits(context: ValidationContext): ASTVisitor {
  const fragments = new Map<string, Size>()

  const sizeOfFragment = (fragment: FragmentDefinitionNode | null | undefined): Size => {
    if (!fragment) return nothing
    const name = fragment.name.value
    const known = fragments.get(name)
    if (known) return known
    // A fragment inside itself is another rule's fault; here it only must not go on for ever.
    fragments.set(name, nothing)
    const size = sizeOf(fragment.selectionSet)
    fragments.set(name, size)
    return size
  }

  const sizeOf = (set: SelectionSetNode | undefined): Size =>
    (set?.selections ?? []).reduce<Size>((sum, node) => {
      if (node.kind === Kind.FIELD) {
        const below = node.name.value.startsWith('__') ? nothing : sizeOf(node.selectionSet)
        const aliases = sum.aliases + below.aliases + (node.alias ? 1 : 0)
        return { depth: Math.max(sum.depth, below.depth + 1), aliases, fields: sum.fields + 1 }
      }
      const within =
        node.kind === Kind.INLINE_FRAGMENT
          ? sizeOf(node.selectionSet)
          : sizeOfFragment(context.getFragment(node.name.value))
      return {
        depth: Math.max(sum.depth, within.depth),
        aliases: Math.min(uncountable, sum.aliases + within.aliases),
        fields: Math.min(uncountable, sum.fields + within.fields),
      }
    }, nothing)

  return {
    OperationDefinition({ operation, selectionSet }: OperationDefinitionNode) {
      const { depth, aliases, fields } = sizeOf(selectionSet)
      if (depth > limits.depth)
        context.reportError(new QueryTooComplex('The document is too deep', depth, limits.depth))
      if (aliases > limits.aliases)
        context.reportError(new QueryTooComplex('The document has too many aliases', aliases, limits.aliases))
      if (operation === 'mutation' && fields > limits.mutationRootFields)
        context.reportError(
          new QueryTooComplex('The document has too many mutations', fields, limits.mutationRootFields),
        )
    },
  }
}

/** The rules of validation that refuse documents which are too deep or too wide. */
export const limitRules = [ComplexityLimits]
