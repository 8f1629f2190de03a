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
/** A constant, or a function of a field's arguments, of its parent field's arguments and of the type of the parent field. */
type Amount = number | ((args: Arguments, parentArgs: Arguments, parentType: string) => number)

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** Points beside the objects of the field: 0 by default, 1 for a connection. */
    readonly cost?: Amount
    /** Number of objects of a plain list: 10 by default. */
    readonly size?: Amount
  }
}

/** The cost of a field, in points: 1 per object. The fields of a list count once per object. */
export interface CostNode {
  /** Response keys from the root, joined by dots. */
  readonly path: string
  readonly field: string
  /** Points that do not depend on the number of objects. */
  readonly fixed: (variables: Variables) => number
  /** Number of objects. */
  readonly times: (variables: Variables) => number
  /** Points of each object. */
  readonly object: number
  /** True for a connection, whose size is `first` or `last`. */
  readonly paged: boolean
  readonly children: readonly CostNode[]
}

const listSize = 10
// Measured: an object of the introspection system takes a fiftieth of the time of a row.
const introspectedObject = 0.02
const introspectedSizes: Readonly<Record<string, number>> = {
  types: 200,
  fields: 10,
  args: 3,
  inputFields: 8,
  interfaces: 2,
  possibleTypes: 3,
}

/** Points of one object of a type. The parts of a connection are free: its rows are counted. */
const objectCost = ({ name }: GraphQLNamedType) =>
  name.startsWith('__') ? introspectedObject : /^PageInfo$|(Connection|Edge)$/.test(name) ? 0 : 1

/** The cost trees of the root fields of an operation of a valid document, with fragments expanded. Leaves without cost are omitted. */
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
    return (given: Variables): Arguments => {
      const variables = { ...defaults, ...given }
      const values = (node.arguments ?? []).map(
        ({ name, value }) => [name.value, valueFromASTUntyped(value, variables)] as const,
      )
      return Object.fromEntries([...args.map((arg) => [arg.name, arg.defaultValue] as const), ...values])
    }
  }

  interface Parent {
    readonly path: string
    readonly args: (variables: Variables) => Arguments
    /** The type that has the parent field. */
    readonly type: string
    /** Number of rows, if the parent is a connection. */
    readonly pageSize: CostNode['times'] | null
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
    const named = getNamedType(definition.type)
    const paged = named.name.endsWith('Connection')
    const amount = (value: Amount) =>
      typeof value === 'number'
        ? () => value
        : (given: Variables) => value(args(given), parent.args(given), parent.type)
    if (!node.selectionSet || !isCompositeType(named)) {
      if (!cost) return []
      return [{ path: pathOf(parent, node), field, fixed: amount(cost), times: once, object: 0, paged, children: [] }]
    }
    const page = paged ? (variables: Variables) => pageSize(args(variables)) : null
    const isList = isListType(getNullableType(definition.type))
    const path = pathOf(parent, node)
    return [
      {
        path,
        field,
        fixed: amount(cost ?? (paged ? 1 : 0)),
        times: isList ? (parent.pageSize ?? amount(size ?? introspectedSizes[field] ?? listSize)) : once,
        object: objectCost(named),
        paged,
        children: costsIn(node.selectionSet, named, { path, args, type: type.name, pageSize: page }),
      },
    ]
  }

  const root = schema.getRootType(operation)
  return root ? costsIn(selectionSet, root, { path: '', args: () => ({}), type: root.name, pageSize: null }) : []
}

const once = () => 1

const pathOf = ({ path }: { readonly path: string }, { alias, name }: FieldNode) =>
  (path && `${path}.`) + (alias ?? name).value

function definitionOf(type: GraphQLNamedType, field: string): GraphQLField<unknown, unknown> | undefined {
  if (field === SchemaMetaFieldDef.name) return SchemaMetaFieldDef
  if (field === TypeMetaFieldDef.name) return TypeMetaFieldDef
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[field] : undefined
}

/** The page size that arguments ask for. Invalid sizes are reported when the field is resolved. */
function pageSize({ first, last }: Arguments): number {
  const size = first ?? last
  return typeof size === 'number' && size >= 0 ? Math.min(size, maxPageSize) : defaultPageSize
}

/** Points of a field with all its descendants. */
const totalOf = (node: CostNode, variables: Variables): number =>
  node.fixed(variables) + node.times(variables) * objectTotal(node, variables)

/** Points of one object of a field with all its descendants. */
const objectTotal = ({ object, children }: CostNode, variables: Variables): number =>
  children.reduce((sum, child) => sum + totalOf(child, variables), object)

/** Points of an operation with some variables, rounded up: at least 1. */
export const costOf = (costs: readonly CostNode[], variables: Variables): number =>
  Math.max(1, Math.ceil(costs.reduce((sum, node) => sum + totalOf(node, variables), 0)))

/** The cost of a connection, and the largest page of it that would fit. */
export interface ListCost {
  readonly path: string
  /** Points in all places where it occurs. */
  readonly cost: number
  /** The largest `first` with which the operation fits the limit, all else equal; null if there is none. */
  readonly first: number | null
}

/** The connections of an operation, the most expensive first. */
export function listCostsOf(costs: readonly CostNode[], variables: Variables, limit: number): ListCost[] {
  const spare = limit - costs.reduce((sum, node) => sum + totalOf(node, variables), 0)
  const lists: ListCost[] = []
  const walk = (node: CostNode, times: number): void => {
    if (node.paged) {
      const cost = times * totalOf(node, variables)
      const rows = node.children.filter(({ field }) => field === 'nodes' || field === 'edges')
      const size = rows[0]?.times(variables) ?? 0
      const each = times * rows.reduce((sum, row) => sum + objectTotal(row, variables), 0)
      const fitting = each === 0 ? maxPageSize : Math.min(maxPageSize, Math.floor(size + spare / each))
      lists.push({ path: node.path, cost: Math.ceil(cost), first: fitting >= 1 ? fitting : null })
    }
    for (const child of node.children) walk(child, times * node.times(variables))
  }
  for (const node of costs) walk(node, 1)
  return lists.sort((a, b) => b.cost - a.cost)
}
