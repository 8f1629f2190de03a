import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'

/** A way to objects of a type: the field that leads there, and a document that selects all that there is to see. */
export interface AccessPath {
  readonly name: string
  readonly query: string
  /** The types that are passed, from Query on: who is to get there must be let through by all of them. */
  readonly through: readonly string[]
  /** The field of Query that it begins with. */
  readonly root: string
}

type Field = GraphQLField<unknown, unknown>
type Holder = GraphQLObjectType | GraphQLInterfaceType

/** What arguments are given, as text: of a field by "Type.field", else of any field by its name. */
export type Given = Readonly<Record<string, string>>

/** What must be given where a type is wanted, as a literal of GraphQL: enough to be valid, and no more. */
function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType)
  if (isListType(type)) return '[]'
  if (isEnumType(type)) return type.getValues()[0]?.name ?? ''
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter(isRequiredInputField)
    return `{ ${required.map((field) => `${field.name}: ${literal(field.type)}`).join(', ')} }`
  }
  return { Int: '1', Boolean: 'true', HexColor: '"#336699"' }[type.name] ?? '"X"'
}

/** Arguments enough for a field to be valid, in parentheses. */
export function requiredArguments({ args }: Field): string {
  const given = args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${literal(arg.type)}`)
  return given.length > 0 ? `(${given.join(', ')})` : ''
}

const isHolder = (type: unknown): type is Holder => isObjectType(type) || isInterfaceType(type)

/** Whether objects of a type are found by ids: what is no entity is a part of what it hangs on. */
const isEntity = (type: unknown) =>
  isHolder(type) && (type.name === 'Node' || type.getInterfaces().some(({ name }) => name === 'Node'))

/** Walks a schema, and writes documents for all that it leads to. */
export class SchemaWalker {
  readonly schema: GraphQLSchema
  readonly given: Given

  constructor(schema: GraphQLSchema, given: Given) {
    this.schema = schema
    this.given = given
  }

  /** All fields of a type, with those of what hangs on it: parts in full, entities so many levels deep. */
  selection(type: GraphQLCompositeType, depth = 1): string {
    if (!isObjectType(type))
      return `__typename ${this.schema
        .getPossibleTypes(type)
        .map((possible) => `... on ${possible.name} { ${this.selection(possible, depth)} }`)
        .join(' ')}`
    const fields = Object.values(type.getFields()).flatMap((field) => {
      const named = getNamedType(field.type)
      if (!isCompositeType(named)) return [this.field(type, field)]
      if (isEntity(named) && depth === 0) return []
      return [`${this.field(type, field)} { ${this.selection(named, isEntity(named) ? depth - 1 : depth)} }`]
    })
    return ['__typename', ...fields].join(' ')
  }

  /** A field with its arguments. */
  field({ name: type }: Holder, field: Field): string {
    const given = this.given[`${type}.${field.name}`] ?? this.given[field.name]
    return given && field.args.length > 0 ? `${field.name}(${given})` : field.name + requiredArguments(field)
  }

  /**
   * Every way: each field of Query, to each type that it may be of; and each field of an entity that leads to another,
   * where the entity is found by an id of `entities`.
   */
  ways(entities: Given, roots: Readonly<Record<string, Given>>): AccessPath[] {
    return [...this.fromQuery(roots), ...this.fromEntities(entities)]
  }

  private *fromQuery(roots: Readonly<Record<string, Given>>): Generator<AccessPath> {
    const query = this.schema.getQueryType() as GraphQLObjectType
    for (const field of Object.values(query.getFields())) {
      const type = getNamedType(field.type) as GraphQLCompositeType
      const variants = roots[field.name] ?? { '': this.field(query, field) }
      for (const [variant, text] of Object.entries(variants)) {
        const possible = isObjectType(type) ? type : this.schema.getType(variant.split(' ')[0] ?? '')
        if (!isObjectType(possible)) throw new Error(`Say in \`roots\` how Query.${field.name} is asked for each type.`)
        const within = this.selection(possible)
        yield {
          name: `Query.${field.name}${variant && `, ${variant}`}`,
          query: `{ ${text} { ${isObjectType(type) ? within : `... on ${possible.name} { ${within} }`} } }`,
          through: [possible.name],
          root: field.name,
        }
      }
    }
  }

  private *fromEntities(entities: Given): Generator<AccessPath> {
    for (const type of Object.values(this.schema.getTypeMap())) {
      if (!isHolder(type) || !isEntity(type)) continue
      for (const field of Object.values(type.getFields())) {
        const below = getNamedType(field.type)
        if (!isCompositeType(below)) continue
        const id = entities[type.name]
        if (id === undefined) throw new Error(`Say in \`entities\` which ${type.name} there is.`)
        yield {
          name: `${type.name}.${field.name}`,
          query: `{ node(id: "${id}") { ... on ${type.name} { __typename ${this.field(type, field)} { ${this.selection(below)} } } } }`,
          through: [type.name, below.name],
          root: 'node',
        }
      }
    }
  }
}
