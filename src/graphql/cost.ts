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
import type { DatabaseSize } from '../database/size.ts'
import { defaultPageSize, maxPageSize } from '../paging/bounds.ts'

type Variables = Readonly<Record<string, unknown>>

/** A field of an operation with its arguments before coercion. */
export interface FieldCall {
  readonly args: Readonly<Record<string, unknown>>
  /** The type that declares the field. */
  readonly type: string
  readonly parent: FieldCall | null
}

type Amount = number | ((call: FieldCall, size: DatabaseSize) => number)

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** Points for work in addition to the objects of the field. Defaults to 0, for a connection to 1. */
    readonly work?: Amount
    /** Number of objects of a list that is not a connection. Defaults to 10. */
    readonly size?: Amount
  }
}

interface CostInput {
  readonly variables: Variables
  readonly size: DatabaseSize
  /** Arguments of fields with variables: their values keep their identity in all computations of a cost. */
  readonly args: Map<FieldNode, FieldCall['args']>
}

/** A field of an operation. The points depend on the variables and on the size of the database. */
export interface CostNode {
  /** Response keys from the root, joined by dots. */
  readonly path: string
  readonly key: string
  readonly field: string
  readonly work: (input: CostInput) => number
  readonly objectCount: (input: CostInput) => number
  readonly objectPoints: number
  readonly isConnection: boolean
  readonly children: readonly CostNode[]
}

/** A field with its cost in points. Its children count once per object. */
export interface FieldCost extends Pick<CostNode, 'path' | 'key' | 'field' | 'objectPoints' | 'isConnection'> {
  readonly work: number
  readonly objectCount: number
  readonly children: readonly FieldCost[]
  /** Points of one object with its fields. */
  readonly pointsPerObject: number
  /** Points of the field with its objects. */
  readonly total: number
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
    const defaultArgs = Object.fromEntries(args.map((arg) => [arg.name, arg.defaultValue]))
    if (!node.arguments?.length) return () => defaultArgs
    const evaluate = (variables: Variables): FieldCall['args'] => {
      const values = (node.arguments ?? []).map(
        ({ name, value }) => [name.value, valueFromASTUntyped(value, variables)] as const,
      )
      return { ...defaultArgs, ...Object.fromEntries(values) }
    }
    return ({ variables, args: evaluated }: CostInput) => {
      const known = evaluated.get(node)
      if (known) return known
      const args = evaluate({ ...defaults, ...variables })
      evaluated.set(node, args)
      return args
    }
  }

  interface Parent {
    readonly path: string
    readonly call: (input: CostInput) => FieldCall | null
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
    const definition = definitionOf(type, node.name.value)
    if (!definition) return []
    const args = argumentsOf(node, definition)
    const call = (input: CostInput): FieldCall => ({
      args: args(input),
      type: type.name,
      parent: parent.call(input),
    })
    const { work, size } = definition.extensions
    const fieldType = getNamedType(definition.type)
    const isConnection = fieldType.name.endsWith('Connection')
    const amount = (value: Amount): CostNode['work'] =>
      typeof value === 'number' ? () => value : (input) => value(call(input), input.size)
    const key = (node.alias ?? node.name).value
    const field = {
      path: (parent.path && `${parent.path}.`) + key,
      key,
      field: node.name.value,
      work: amount(work ?? (isConnection ? 1 : 0)),
      isConnection,
    }
    if (!node.selectionSet || !isCompositeType(fieldType))
      return work ? [{ ...field, objectCount: one, objectPoints: 0, children: [] }] : []
    const page: CostNode['objectCount'] | null = isConnection ? (input) => pageSize(args(input)) : null
    const isList = isListType(getNullableType(definition.type))
    return [
      {
        ...field,
        objectCount: isList
          ? (parent.pageSize ?? amount(size ?? introspectionListSizes[field.field] ?? defaultListSize))
          : one,
        objectPoints: objectCost(fieldType),
        children: costsIn(node.selectionSet, fieldType, { path: field.path, call, pageSize: page }),
      },
    ]
  }

  const root = schema.getRootType(operation)
  return root ? costsIn(selectionSet, root, { path: '', call: () => null, pageSize: null }) : []
}

const one = () => 1

function definitionOf(type: GraphQLNamedType, field: string): GraphQLField<unknown, unknown> | undefined {
  if (field === SchemaMetaFieldDef.name) return SchemaMetaFieldDef
  if (field === TypeMetaFieldDef.name) return TypeMetaFieldDef
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[field] : undefined
}

/** An invalid page size is reported when the field is resolved. */
function pageSize({ first, last }: FieldCall['args']): number {
  const size = first ?? last
  return typeof size === 'number' && size >= 0 ? Math.min(size, maxPageSize) : defaultPageSize
}

/** Computes the points of all fields of an operation. */
export const fieldCostsOf = (
  nodes: readonly CostNode[],
  input: Pick<CostInput, 'variables' | 'size'>,
): readonly FieldCost[] => costsOfNodes(nodes, { ...input, args: new Map() })

const costsOfNodes = (nodes: readonly CostNode[], input: CostInput): FieldCost[] =>
  nodes.map((node) => {
    const { path, key, field, objectPoints, isConnection } = node
    const children = costsOfNodes(node.children, input)
    const work = node.work(input)
    const objectCount = node.objectCount(input)
    const pointsPerObject = children.reduce((sum, { total }) => sum + total, objectPoints)
    const total = work + objectCount * pointsPerObject
    return { path, key, field, work, objectCount, objectPoints, isConnection, children, pointsPerObject, total }
  })

const totalOf = (fields: readonly FieldCost[]) => fields.reduce((sum, { total }) => sum + total, 0)

/** Points of an operation, rounded up, at least 1. */
export const costOf = (fields: readonly FieldCost[]): number => Math.max(1, Math.ceil(totalOf(fields)))

/** Calls `visit` for each field with the number of its parent objects. */
function walk(fields: readonly FieldCost[], visit: (field: FieldCost, times: number) => void, times = 1): void {
  for (const field of fields) {
    visit(field, times)
    walk(field.children, visit, times * field.objectCount)
  }
}

export interface ListCost {
  readonly path: string
  /** Points for all parents together. */
  readonly cost: number
  /** The largest `first` with which the operation satisfies the limit, other arguments unchanged. */
  readonly first: number | null
}

/** The most expensive lists first. */
export function listCostsOf(fields: readonly FieldCost[], limit: number): ListCost[] {
  const remainingPoints = limit - totalOf(fields)
  const lists: ListCost[] = []
  walk(fields, ({ path, isConnection, children, total }, times) => {
    if (!isConnection) return
    const rows = children.filter(({ field }) => field === 'nodes' || field === 'edges')
    const pointsPerItem = times * rows.reduce((sum, { pointsPerObject }) => sum + pointsPerObject, 0)
    const maxFirst =
      pointsPerItem === 0
        ? maxPageSize
        : Math.min(maxPageSize, Math.floor((rows[0]?.objectCount ?? 0) + remainingPoints / pointsPerItem))
    lists.push({ path, cost: Math.ceil(times * total), first: maxFirst >= 1 ? maxFirst : null })
  })
  return lists.sort((a, b) => b.cost - a.cost)
}

/** Points of one field without its nested fields, for all parents together. */
export interface OwnCost {
  readonly path: string
  readonly objects: number
  readonly work: number
}

/** The most expensive fields first. Fields at the same path are combined. */
export function ownCostsOf(fields: readonly FieldCost[]): OwnCost[] {
  const costs = new Map<string, OwnCost>()
  walk(fields, ({ path, work, objectCount, objectPoints }, times) => {
    const { objects: otherObjects, work: otherWork } = costs.get(path) ?? { objects: 0, work: 0 }
    const objects = otherObjects + times * objectCount * objectPoints
    costs.set(path, { path, objects, work: otherWork + times * work })
  })
  return [...costs.values()]
    .filter(({ objects, work }) => objects + work > 0)
    .sort((a, b) => b.objects + b.work - (a.objects + a.work))
}
