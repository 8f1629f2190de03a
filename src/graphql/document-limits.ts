import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { formatNumber, QueryTooComplex } from '../errors.ts'

const limits = {
  characters: 15_000,
  tokens: 2000,
  depth: 12,
  /** Nested brackets of any kind. */
  nesting: 200,
  aliases: 30,
  /** Fields and fragment spreads, with fragments expanded. */
  selections: 1000,
  /** Occurrences of one response key in a selection set. */
  repetitions: 20,
  directives: 50,
  directivesPerNode: 5,
  mutationRootFields: 10,
  variableDepth: 50,
  variableValues: 20_000,
} as const

export const maxTokens = limits.tokens

export function checkParameterLimits({
  query,
  variables,
}: {
  readonly query: string
  readonly variables?: unknown
}): void {
  if (query.length > limits.characters)
    throw tooComplex('The document has # characters', query.length, limits.characters, shortenDocument)
  checkVariableLimits(variables)
}

/** graphql-js coerces variables recursively: deep ones overflow the stack. `subject` begins the message. */
export function checkVariableLimits(variables: unknown, subject = 'The variables'): void {
  let count = 0
  const walk = (value: unknown, depth: number): void => {
    if (++count > limits.variableValues)
      throw tooComplex(`${subject} have at least # values`, count, limits.variableValues, 'Split the request.')
    if (typeof value !== 'object' || value === null) return
    if (depth === limits.variableDepth)
      throw tooComplex(`${subject} are nested # levels deep`, depth + 1, limits.variableDepth, 'Flatten them.')
    for (const child of Object.values(value)) walk(child, depth + 1)
  }
  walk(variables, 0)
}

const bracketOrSkipped = /[([{]|[)\]}]|"{3}(?:\\"{3}|[\s\S])*?"{3}|"(?:\\.|[^"\\\n])*"|#[^\n\r]*/g

/** The parser is recursive, too. Its frames are large until V8 has optimized it. */
export function checkNesting(query: string): void {
  let depth = 0
  for (const [token] of query.matchAll(bracketOrSkipped))
    if ('([{'.includes(token)) {
      if (++depth > limits.nesting)
        throw tooComplex('The document has at least # nested brackets', depth, limits.nesting, shortenDocument)
    } else if (')]}'.includes(token)) depth--
}

const shortenDocument = 'Pass values as variables, or split it into several requests.'

/** `#` in the problem is replaced by the value. */
const tooComplex = (problem: string, value: number, limit: number, remedy: string) =>
  new QueryTooComplex(
    `${problem.replace('#', formatNumber(value))}; the limit is ${formatNumber(limit)}. ${remedy}`,
    value,
    limit,
  )

/** Converts the syntax error for too many tokens; null for any other syntax error. */
export const tokenLimitError = ({ message }: GraphQLError): QueryTooComplex | null =>
  message.includes(`more that ${maxTokens} tokens`)
    ? tooComplex('The document has at least # tokens', maxTokens + 1, maxTokens, shortenDocument)
    : null

interface Size {
  readonly depth: number
  readonly aliases: number
  readonly selections: number
  readonly directives: number
  readonly directivesPerNode: number
  readonly repetitions: number
  readonly fields: number
}

// Counts are capped, since nested fragments multiply.
const maxCount = 1_000_000

const emptySize: Size = {
  depth: 0,
  aliases: 0,
  selections: 0,
  directives: 0,
  directivesPerNode: 0,
  repetitions: 0,
  fields: 0,
}

interface DocumentSize {
  readonly depth: number
  /** Fields and fragment spreads of the largest definition, with fragments expanded. */
  readonly selections: number
  readonly errors: readonly QueryTooComplex[]
}

/** Runs before validation, whose time is quadratic in the number of fields. Measures each fragment once. */
export function measureDocument(document: DocumentNode): DocumentSize {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  const sizes = new Map<string, Size>()

  const sizeOfFragment = (name: string): Size => {
    const measuredSize = sizes.get(name)
    if (measuredSize) return measuredSize
    // Terminates a recursive fragment, which validation reports.
    sizes.set(name, emptySize)
    const size = sizeOf(fragments.get(name)?.selectionSet)
    sizes.set(name, size)
    return size
  }

  const sizeOfNode = (node: SelectionNode): Size => {
    const directives = node.directives?.length ?? 0
    const ownSize = { ...emptySize, selections: 1, directives, directivesPerNode: directives }
    if (node.kind === Kind.FRAGMENT_SPREAD) return sum(ownSize, sizeOfFragment(node.name.value))
    if (node.kind === Kind.INLINE_FRAGMENT) return sum(ownSize, sizeOf(node.selectionSet))
    const childSize = sizeOf(node.selectionSet)
    // Introspection is deeply nested by design; graphql-js limits its depth by a validation rule.
    const depth = node.name.value.startsWith('__') ? 1 : childSize.depth + 1
    return { ...sum({ ...ownSize, aliases: node.alias ? 1 : 0 }, childSize), depth, fields: 1 }
  }

  const sizeOf = (set: SelectionSetNode | undefined): Size =>
    (set?.selections ?? []).reduce<Size>((size, node) => sum(size, sizeOfNode(node)), {
      ...emptySize,
      repetitions: repetitionsIn(set),
    })

  const definitionSizes = document.definitions.map((definition) => {
    if (definition.kind === Kind.FRAGMENT_DEFINITION)
      return { ...sizeOfFragment(definition.name.value), depth: 0, fields: 0 }
    if (definition.kind !== Kind.OPERATION_DEFINITION) return emptySize
    const size = sizeOf(definition.selectionSet)
    return definition.operation === OperationTypeNode.MUTATION ? size : { ...size, fields: 0 }
  })
  const max = (measure: keyof Size) => Math.max(0, ...definitionSizes.map((size) => size[measure]))
  const limitErrors = (measure: keyof Size, limit: number, problem: string, remedy: string) =>
    max(measure) > limit ? [tooComplex(problem, max(measure), limit, remedy)] : []
  const split = 'Split it into several requests.'
  const errors = [
    ...limitErrors('depth', limits.depth, 'The document is nested # levels deep', split),
    ...limitErrors('aliases', limits.aliases, 'The document has # aliases', split),
    ...limitErrors(
      'selections',
      limits.selections,
      'The document has # fields and fragment spreads after expanding fragments',
      split,
    ),
    ...limitErrors(
      'repetitions',
      limits.repetitions,
      'The document uses a response key # times in one selection set',
      'Use it once.',
    ),
    ...limitErrors('directives', limits.directives, 'The document has # directives', split),
    ...limitErrors(
      'directivesPerNode',
      limits.directivesPerNode,
      'The document has # directives on one field',
      'Remove some.',
    ),
    ...limitErrors(
      'fields',
      limits.mutationRootFields,
      'The document has # mutations',
      `${split} Bulk mutations change many tickets.`,
    ),
  ]
  return { depth: max('depth'), selections: max('selections'), errors }
}

function repetitionsIn(set: SelectionSetNode | undefined): number {
  const counts = new Map<string, number>()
  for (const node of set?.selections ?? [])
    if (node.kind === Kind.FIELD) {
      const name = (node.alias ?? node.name).value
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  return Math.max(0, ...counts.values())
}

const sum = (a: Size, b: Size): Size => ({
  depth: Math.max(a.depth, b.depth),
  aliases: Math.min(maxCount, a.aliases + b.aliases),
  selections: Math.min(maxCount, a.selections + b.selections),
  directives: Math.min(maxCount, a.directives + b.directives),
  directivesPerNode: Math.max(a.directivesPerNode, b.directivesPerNode),
  repetitions: Math.max(a.repetitions, b.repetitions),
  fields: Math.min(maxCount, a.fields + b.fields),
})
