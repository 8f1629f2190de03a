import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  valueFromASTUntyped,
} from 'graphql'
import { defaultPageSize, maxPageSize } from '../paging/bounds.ts'

type Arguments = Readonly<Record<string, unknown>>
type Variables = Readonly<Record<string, unknown>>
/** A constant, or a function of the arguments of the field and its parent field, and of the parent type. */
type Amount = number | ((args: Arguments, parentArgs: Arguments, parentType: string) => number)

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** Points in addition to the objects of the field. Defaults to 0, for a connection to 1. */
    readonly cost?: Amount
    /** Number of objects of a list that is not a connection. Defaults to 10. */
    readonly size?: Amount
  }
}

/** The cost of a field in points. The children of a list count once per object. */
export interface CostNode {
  /** Response keys from the root, joined by dots. */
  readonly path: string
  readonly field: string
  /** Points that do not depend on the number of objects. */
  readonly fixed: (variables: Variables) => number
  readonly objectCount: (variables: Variables) => number
  readonly objectPoints: number
  readonly isConnection: boolean
  readonly children: readonly CostNode[]
}

const defaultListSize = 10
// Measured: a fiftieth of the time of a row.
const introspectionObjectCost = 0.02
const introspectionListSizes: Readonly<Record<string, number>> = {
  types: 200,
  fields: 10,
  args: 3,
  inputFields: 8,
  interfaces: 2,
  possibleTypes: 3,
}

/** Points of one object of a type. Connections and edges are free, since their rows are counted. */
const objectCost = ({ name }: GraphQLNamedType) =>
  name.startsWith('__') ? introspectionObjectCost : /^PageInfo$|(Connection|Edge)$/.test(name) ? 0 : 1

/** Returns a tree for each root field of an operation of a valid document, with fragments expanded. */
export function costTreesOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, selectionSet, variableDefinitions }: OperationDefinitionNode,
): CostNode[] {
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  )
  const defaults = Object.fromEntries(
    (variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)] as const] : [],
    ),
  )
  const argumentsOf = (node: FieldNode, { args }: GraphQLField<unknown, unknown>) => {
    if (!node.arguments?.length) return () => Object.fromEntries(args.map((arg) => [arg.name, arg.defaultValue]))
    return (variables: Variables): Arguments => {
      const allVariables = { ...defaults, ...variables }
      const values = (node.arguments ?? []).map(
        ({ name, value }) => [name.value, valueFromASTUntyped(value, allVariables)] as const,
      )
      return Object.fromEntries([...args.map((arg) => [arg.name, arg.defaultValue] as const), ...values])
    }
  }

  interface Parent {
    readonly path: string
    readonly args: (variables: Variables) => Arguments
    readonly type: string
    readonly pageSize: CostNode['objectCount'] | null
  }

  const costsIn = (set: SelectionSetNode, type: GraphQLNamedType, parent: Parent): CostNode[] =>
    set.selections.flatMap((node) => {
      if (node.kind === Kind.FIELD) return costsOfField(node, type, parent)
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value)
      const condition = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value)
      return fragment ? costsIn(fragment.selectionSet, condition ?? type, parent) : []
    })

  const costsOfField = (node: FieldNode, type: GraphQLNamedType, parent: Parent): CostNode[] => {
    const field = node.name.value
    const definition = definitionOf(type, field)
    if (!definition) return []
    const args = argumentsOf(node, definition)
    const { cost, size } = definition.extensions
    const fieldType = getNamedType(definition.type)
    const isConnection = fieldType.name.endsWith('Connection')
    const amount = (value: Amount) =>
      typeof value === 'number'
        ? () => value
        : (variables: Variables) => value(args(variables), parent.args(variables), parent.type)
    if (!node.selectionSet || !isCompositeType(fieldType)) {
      if (!cost) return []
      return [
        {
          path: pathOf(parent, node),
          field,
          fixed: amount(cost),
          objectCount: one,
          objectPoints: 0,
          isConnection,
          children: [],
        },
      ]
    }
    const page = isConnection ? (variables: Variables) => pageSize(args(variables)) : null
    const isList = isListType(getNullableType(definition.type))
    const path = pathOf(parent, node)
    return [
      {
        path,
        field,
        fixed: amount(cost ?? (isConnection ? 1 : 0)),
        objectCount: isList
          ? (parent.pageSize ?? amount(size ?? introspectionListSizes[field] ?? defaultListSize))
          : one,
        objectPoints: objectCost(fieldType),
        isConnection,
        children: costsIn(node.selectionSet, fieldType, { path, args, type: type.name, pageSize: page }),
      },
    ]
  }

  const root = schema.getRootType(operation)
  return root ? costsIn(selectionSet, root, { path: '', args: () => ({}), type: root.name, pageSize: null }) : []
}

const one = () => 1

const pathOf = ({ path }: { readonly path: string }, { alias, name }: FieldNode) =>
  (path && `${path}.`) + (alias ?? name).value

function definitionOf(type: GraphQLNamedType, field: string): GraphQLField<unknown, unknown> | undefined {
  if (field === SchemaMetaFieldDef.name) return SchemaMetaFieldDef
  if (field === TypeMetaFieldDef.name) return TypeMetaFieldDef
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[field] : undefined
}

/** An invalid page size is reported when the field is resolved. */
function pageSize({ first, last }: Arguments): number {
  const size = first ?? last
  return typeof size === 'number' && size >= 0 ? Math.min(size, maxPageSize) : defaultPageSize
}

const totalOf = (node: CostNode, variables: Variables): number =>
  node.fixed(variables) + node.objectCount(variables) * objectTotal(node, variables)

const objectTotal = ({ objectPoints, children }: CostNode, variables: Variables): number =>
  children.reduce((sum, child) => sum + totalOf(child, variables), objectPoints)

/** Points of an operation, rounded up, at least 1. */
export const costOf = (costs: readonly CostNode[], variables: Variables): number =>
  Math.max(1, Math.ceil(costs.reduce((sum, node) => sum + totalOf(node, variables), 0)))

export interface ListCost {
  readonly path: string
  /** Points for all parents together. */
  readonly cost: number
  /** The largest `first` with which the operation satisfies the limit, other arguments unchanged. */
  readonly first: number | null
}

export function listCostsOf(costs: readonly CostNode[], variables: Variables, limit: number): ListCost[] {
  const remainingPoints = limit - costs.reduce((sum, node) => sum + totalOf(node, variables), 0)
  const lists: ListCost[] = []
  const walk = (node: CostNode, times: number): void => {
    if (node.isConnection) {
      const cost = times * totalOf(node, variables)
      const rows = node.children.filter(({ field }) => field === 'nodes' || field === 'edges')
      const size = rows[0]?.objectCount(variables) ?? 0
      const pointsPerItem = times * rows.reduce((sum, row) => sum + objectTotal(row, variables), 0)
      const maxFirst =
        pointsPerItem === 0 ? maxPageSize : Math.min(maxPageSize, Math.floor(size + remainingPoints / pointsPerItem))
      lists.push({ path: node.path, cost: Math.ceil(cost), first: maxFirst >= 1 ? maxFirst : null })
    }
    for (const child of node.children) walk(child, times * node.objectCount(variables))
  }
  for (const node of costs) walk(node, 1)
  return lists.sort((a, b) => b.cost - a.cost)
}
