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

/** A field that leads to objects of a type, with a document that selects all their fields. */
export interface AccessPath {
  readonly name: string
  readonly query: string
  /** The types on the path from Query, all of which must be visible. */
  readonly through: readonly string[]
  /** Field of Query. */
  readonly root: string
}

type Field = GraphQLField<unknown, unknown>
type ParentType = GraphQLObjectType | GraphQLInterfaceType

/** Arguments as text, by "Type.field" or by field name. */
export type FieldArguments = Readonly<Record<string, string>>

/** A minimal valid literal. */
function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType)
  if (isListType(type)) return '[]'
  if (isEnumType(type)) return type.getValues()[0]?.name ?? ''
  if (isInputObjectType(type)) {
    const requiredFields = Object.values(type.getFields()).filter(isRequiredInputField)
    return `{ ${requiredFields.map((field) => `${field.name}: ${literal(field.type)}`).join(', ')} }`
  }
  return { Int: '1', Boolean: 'true', HexColor: '"#336699"' }[type.name] ?? '"X"'
}

export function requiredArguments({ args }: Field): string {
  const fieldArguments = args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${literal(arg.type)}`)
  return fieldArguments.length > 0 ? `(${fieldArguments.join(', ')})` : ''
}

const isParentType = (type: unknown): type is ParentType => isObjectType(type) || isInterfaceType(type)

/** Objects of other types are parts of entities. */
const isEntity = (type: unknown) =>
  isParentType(type) && (type.name === 'Node' || type.getInterfaces().some(({ name }) => name === 'Node'))

/** Cursors of the feed contain the time of the request. */
export const timeDependentFields = new Set([
  'TicketConnection.changesCursor',
  'IssueConnection.changesCursor',
  'DefectConnection.changesCursor',
  'ChangeBatch.cursor',
  'Change.cursor',
  'WebhookPreview.payload',
])

export class SchemaWalker {
  readonly schema: GraphQLSchema
  readonly fieldArguments: FieldArguments

  constructor(schema: GraphQLSchema, fieldArguments: FieldArguments) {
    this.schema = schema
    this.fieldArguments = fieldArguments
  }

  /** Parts are selected completely, entities up to `depth` levels. */
  selection(type: GraphQLCompositeType, depth = 1): string {
    if (!isObjectType(type))
      return `__typename ${this.schema
        .getPossibleTypes(type)
        .map((possible) => `... on ${possible.name} { ${this.selection(possible, depth)} }`)
        .join(' ')}`
    const fields = Object.values(type.getFields()).flatMap((field) => {
      const fieldType = getNamedType(field.type)
      if (timeDependentFields.has(`${type.name}.${field.name}`)) return []
      if (!isCompositeType(fieldType)) return [this.field(type, field)]
      if (isEntity(fieldType) && depth === 0) return []
      // A payload contains the node of its edge, too, and tickets like those that an undo refused.
      const isRepetition = type.name.endsWith('Payload') && /(Edge|Refusal)$/.test(fieldType.name)
      const innerDepth = isRepetition ? 0 : isEntity(fieldType) ? depth - 1 : depth
      return [`${this.field(type, field)} { ${this.selection(fieldType, innerDepth)} }`]
    })
    return ['__typename', ...fields].join(' ')
  }

  field({ name: type }: ParentType, field: Field): string {
    const fieldArguments = this.fieldArguments[`${type}.${field.name}`] ?? this.fieldArguments[field.name]
    return fieldArguments && field.args.length > 0
      ? `${field.name}(${fieldArguments})`
      : field.name + requiredArguments(field)
  }

  /** Paths from each field of Query to each of its types, and from each entity, found by its id in `entities`. */
  accessPaths(entities: FieldArguments, roots: Readonly<Record<string, FieldArguments>>): AccessPath[] {
    return [...this.fromQuery(roots), ...this.fromEntities(entities)]
  }

  private *fromQuery(roots: Readonly<Record<string, FieldArguments>>): Generator<AccessPath> {
    const query = this.schema.getQueryType() as GraphQLObjectType
    for (const field of Object.values(query.getFields())) {
      const type = getNamedType(field.type) as GraphQLCompositeType
      const variants = roots[field.name] ?? { '': this.field(query, field) }
      for (const [variant, text] of Object.entries(variants)) {
        const possible = isObjectType(type) ? type : this.schema.getType(variant.split(' ')[0] ?? '')
        if (!isObjectType(possible)) throw new Error(`Add the variants of Query.${field.name} to \`roots\`.`)
        const fields = this.selection(possible)
        yield {
          name: `Query.${field.name}${variant && `, ${variant}`}`,
          query: `{ ${text} { ${isObjectType(type) ? fields : `... on ${possible.name} { ${fields} }`} } }`,
          through: [possible.name],
          root: field.name,
        }
      }
    }
  }

  private *fromEntities(entities: FieldArguments): Generator<AccessPath> {
    for (const type of Object.values(this.schema.getTypeMap())) {
      if (!isParentType(type) || !isEntity(type)) continue
      for (const field of Object.values(type.getFields())) {
        const nested = getNamedType(field.type)
        if (!isCompositeType(nested)) continue
        const id = entities[type.name]
        if (id === undefined) throw new Error(`Add an id of ${type.name} to \`entities\`.`)
        yield {
          name: `${type.name}.${field.name}`,
          query: `{ node(id: "${id}") { ... on ${type.name} { __typename ${this.field(type, field)} { ${this.selection(nested)} } } } }`,
          through: [type.name, nested.name],
          root: 'node',
        }
      }
    }
  }
}
