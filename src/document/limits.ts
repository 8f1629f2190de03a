import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { QueryTooComplex } from '../errors.ts'

const limits = {
  characters: 15_000,
  tokens: 2000,
  depth: 12,
  aliases: 30,
  /** Fields and fragments, each in every place where it stands once fragments are written out. */
  selections: 1000,
  /** The same field beside itself. */
  repetitions: 20,
  directives: 50,
  directivesInOnePlace: 5,
  mutationRootFields: 10,
  variableDepth: 50,
  /** Values in variables, with the objects and lists that hold them. */
  variableValues: 20_000,
} as const

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
  mustBeFew(variables)
}

/** Refuses variables that GraphQL, which reads them by recursion, would read for long or to the end of the stack. */
function mustBeFew(variables: unknown): void {
  let count = 0
  const walk = (value: unknown, depth: number): void => {
    if (++count > limits.variableValues)
      throw new QueryTooComplex('The variables hold too many values', count, limits.variableValues)
    if (typeof value !== 'object' || value === null) return
    if (depth === limits.variableDepth)
      throw new QueryTooComplex('The variables are nested too deep', depth + 1, limits.variableDepth)
    for (const inner of Object.values(value)) walk(inner, depth + 1)
  }
  walk(variables, 0)
}

/** Parses a document of not too many tokens. */
export function parseWithin(source: string): DocumentNode {
  try {
    return parse(source, { maxTokens: limits.tokens })
  } catch (error) {
    if (error instanceof GraphQLError && error.message.includes(`more that ${limits.tokens} tokens`))
      throw new QueryTooComplex('The document is too long, in tokens', limits.tokens + 1, limits.tokens)
    throw error
  }
}

interface Size {
  readonly depth: number
  readonly aliases: number
  readonly selections: number
  readonly directives: number
  /** The most directives in one place. */
  readonly crowd: number
  /** The most times that one field stands beside itself. */
  readonly repetitions: number
  /** Fields of the set itself. */
  readonly fields: number
}

// Fragments in fragments multiply; no count needs to be exact beyond this.
const uncountable = 1_000_000

const nothing: Size = { depth: 0, aliases: 0, selections: 0, directives: 0, crowd: 0, repetitions: 0, fields: 0 }

/** How large a document is: fields and fragments, written out, of its largest definition; and every limit that it is over. */
export interface Measured {
  readonly selections: number
  readonly excess: readonly QueryTooComplex[]
}

/**
 * Measures a document before it is validated, which compares fields with each other. Fragments are counted each of them
 * once, so that fragments in fragments cost no more than their text.
 */
export function measure(document: DocumentNode): Measured {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const sizes = new Map<string, Size>()

  const sizeOfFragment = (name: string): Size => {
    const known = sizes.get(name)
    if (known) return known
    // A fragment inside itself is another rule's fault; here it only must not go on for ever.
    sizes.set(name, nothing)
    const size = sizeOf(fragments.get(name)?.selectionSet)
    sizes.set(name, size)
    return size
  }

  const sizeOfNode = (node: SelectionNode): Size => {
    const directives = node.directives?.length ?? 0
    const own = { ...nothing, selections: 1, directives, crowd: directives }
    if (node.kind === Kind.FRAGMENT_SPREAD) return sum(own, sizeOfFragment(node.name.value))
    if (node.kind === Kind.INLINE_FRAGMENT) return sum(own, sizeOf(node.selectionSet))
    const below = sizeOf(node.selectionSet)
    // Introspection is nested deep by nature; how deep is another rule's concern.
    const depth = node.name.value.startsWith('__') ? 1 : below.depth + 1
    return { ...sum({ ...own, aliases: node.alias ? 1 : 0 }, below), depth, fields: 1 }
  }

  const sizeOf = (set: SelectionSetNode | undefined): Size =>
    (set?.selections ?? []).reduce<Size>((size, node) => sum(size, sizeOfNode(node)), {
      ...nothing,
      repetitions: repetitionsIn(set),
    })

  const all = document.definitions.map((definition) => {
    // How deep it is shows where it is spread.
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      return { ...sizeOfFragment(definition.name.value), depth: 0, fields: 0 }
    if (definition.kind !== Kind.OPERATION_DEFINITION) return nothing
    const size = sizeOf(definition.selectionSet)
    return definition.operation === OperationTypeNode.MUTATION ? size : { ...size, fields: 0 }
  })
  const most = (what: keyof Size) => Math.max(0, ...all.map((size) => size[what]))
  const excess = [
    over('The document is too deep', most('depth'), limits.depth),
    over('The document has too many aliases', most('aliases'), limits.aliases),
    over('The document has too many fields and fragments', most('selections'), limits.selections),
    over('The document repeats a field too often', most('repetitions'), limits.repetitions),
    over('The document has too many directives', most('directives'), limits.directives),
    over('The document has too many directives in one place', most('crowd'), limits.directivesInOnePlace),
    over('The document has too many mutations', most('fields'), limits.mutationRootFields),
  ].filter((fault) => fault !== null)
  return { selections: most('selections'), excess }
}

/** How often the field that stands most often in a set stands there, under its name in the answer. */
function repetitionsIn(set: SelectionSetNode | undefined): number {
  const counts = new Map<string, number>()
  for (const node of set?.selections ?? [])
    if (node.kind === Kind.FIELD) {
      const name = (node.alias ?? node.name).value
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  return Math.max(0, ...counts.values())
}

const over = (what: string, cost: number, limit: number) =>
  cost > limit ? new QueryTooComplex(what, cost, limit) : null

const sum = (a: Size, b: Size): Size => ({
  depth: Math.max(a.depth, b.depth),
  aliases: Math.min(uncountable, a.aliases + b.aliases),
  selections: Math.min(uncountable, a.selections + b.selections),
  directives: Math.min(uncountable, a.directives + b.directives),
  crowd: Math.max(a.crowd, b.crowd),
  repetitions: Math.max(a.repetitions, b.repetitions),
  fields: Math.min(uncountable, a.fields + b.fields),
})
