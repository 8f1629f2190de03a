import { type DocumentNode, Kind, type SelectionSetNode, visit } from 'graphql'

/** What must be known of a document before a query of it is compiled. */
export interface Compilable {
  /** How many fields its selections come to, with every fragment in each place that it is spread in. */
  readonly fields: number
  /** Variables that stand inside an object or a list. Left out by a caller, graphql-jit takes them for null. */
  readonly inner: ReadonlySet<string>
}

const fieldsAtMost = 300

/**
 * Whether a document's queries may be compiled by graphql-jit; null where they may not. It loses conditions of what
 * stands twice, hence no directives; it writes out every fragment in each place, hence no documents that grow by that.
 */
export function compilable(document: DocumentNode): Compilable | null {
  const inner = new Set<string>()
  let fits = true
  let depth = 0
  const nesting = { enter: () => void depth++, leave: () => void depth-- }
  visit(document, {
    Directive() {
      fits = false
    },
    Field({ alias }) {
      if (alias?.value === '__proto__') fits = false
    },
    ObjectValue: nesting,
    ListValue: nesting,
    Variable({ name }) {
      if (depth > 0) inner.add(name.value)
    },
  })
  const fields = fits ? fieldsOf(document) : 0
  return fits && fields <= fieldsAtMost ? { fields, inner } : null
}

/** Counts through fragments, each of them once, up to a little more than may be. */
function fieldsOf(document: DocumentNode): number {
  const fragments = new Map<string, number>()
  const count = (set: SelectionSetNode | undefined): number =>
    Math.min(
      fieldsAtMost + 1,
      (set?.selections ?? []).reduce((sum, node) => {
        if (node.kind === Kind.FIELD) return sum + 1 + count(node.selectionSet)
        if (node.kind === Kind.INLINE_FRAGMENT) return sum + count(node.selectionSet)
        return sum + countFragment(node.name.value)
      }, 0),
    )
  const countFragment = (name: string): number => {
    const known = fragments.get(name)
    if (known !== undefined) return known
    const fragment = document.definitions.find(
      (definition) => definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
    )
    const fields = fragment?.kind === Kind.FRAGMENT_DEFINITION ? count(fragment.selectionSet) : 0
    fragments.set(name, fields)
    return fields
  }
  return document.definitions.reduce(
    (sum, definition) => sum + (definition.kind === Kind.OPERATION_DEFINITION ? count(definition.selectionSet) : 0),
    0,
  )
}
