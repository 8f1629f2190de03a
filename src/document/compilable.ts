import { type DocumentNode, visit } from 'graphql'

/**
 * Variables that stand inside an object or a list of a document whose queries may be compiled by graphql-jit, which takes
 * those that a caller leaves out for null. Null where they may not be: it loses conditions of what stands twice, hence no
 * directives.
 */
export function compilable(document: DocumentNode): ReadonlySet<string> | null {
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
      if (name.value === '__proto__') fits = false
      if (depth > 0) inner.add(name.value)
    },
  })
  return fits ? inner : null
}
