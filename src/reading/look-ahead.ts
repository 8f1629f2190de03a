import {
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getArgumentValues,
  getDirectiveValues,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql'
import type { Context } from '../context.ts'
import { type Sql, sql } from '../database/sql.ts'
import type { Columns } from './columns.ts'
import { type ObjectValue, objectOf, type Value } from './value.ts'

export interface ResolverRequest {
  readonly context: Context
  readonly info: GraphQLResolveInfo
}

export interface SelectedField {
  readonly definition: GraphQLField<unknown, Context>
  readonly nodes: readonly FieldNode[]
}

/** A field read by a SQL fragment over `parent.id`: in the statement of the parent (look-ahead) or by a loader. */
export interface NestedField {
  /** The property of the parent's row that becomes `parent.id`: a UUID or null. */
  readonly keyProperty: string
  readonly fragment: (args: never, selected: SelectedField, request: ResolverRequest) => Value<unknown>
}

/** The extension `reads` of a field. Without it a field reads the column with its name, or else all columns. */
export interface FieldDependencies {
  readonly columns?: readonly string[]
  readonly nested?: NestedField
}

export function selectedField({ parentType, fieldName, fieldNodes }: GraphQLResolveInfo): SelectedField {
  return { definition: parentType.getFields()[fieldName] as SelectedField['definition'], nodes: fieldNodes }
}

/** Returns the fields in the selection set of a field, on all types, except those excluded by a directive. */
export function subfieldsOf({ definition, nodes }: SelectedField, info: GraphQLResolveInfo): SelectedField[] {
  return nodes.flatMap(({ selectionSet }) => fieldsIn(selectionSet, definition.type, info))
}

function fieldsIn(
  set: SelectionSetNode | undefined,
  outputType: GraphQLOutputType,
  info: GraphQLResolveInfo,
): SelectedField[] {
  const type = getNamedType(outputType)
  if (!set || !(isObjectType(type) || isInterfaceType(type))) return []
  return set.selections.flatMap((node): SelectedField[] => {
    if (getDirectiveValues(GraphQLSkipDirective, node, info.variableValues)?.['if'] === true) return []
    if (getDirectiveValues(GraphQLIncludeDirective, node, info.variableValues)?.['if'] === false) return []
    if (node.kind === Kind.FIELD) {
      const definition = type.getFields()[node.name.value]
      return definition ? [{ definition, nodes: [node] }] : []
    }
    const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : info.fragments[node.name.value]
    const on = fragment?.typeCondition && info.schema.getType(fragment.typeCondition.name.value)
    return fieldsIn(fragment?.selectionSet, (on ?? type) as GraphQLOutputType, info)
  })
}

export const fieldsNamed = (fields: readonly SelectedField[], name: string) =>
  fields.filter(({ definition }) => definition.name === name)

/**
 * The property of a row with the prefetched value of a nested field. Includes the arguments, because aliases of a field
 * may have different ones, sorted by name, because their order varies.
 */
export const prefetchKey = (field: string, args: object) => `${field} ${JSON.stringify(args, inOrderOfNames)}`

function inOrderOfNames(_name: string, value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const names = isObject ? Object.keys(value) : []
  if (names.length < 2) return value
  return Object.fromEntries(names.sort().map((name) => [name, (value as Record<string, unknown>)[name]]))
}

/**
 * Reads selected columns and nested fields. A nested field with invalid arguments is left to its resolver, which
 * throws.
 */
export function rowOf<Row extends object>(
  { alwaysSelected, values: columns }: Columns<Row>,
  fields: readonly SelectedField[],
  request: ResolverRequest,
  additional: Readonly<Record<string, Value<unknown>>> = {},
): ObjectValue<Row> {
  const values = new Map<string, Value<unknown>>(Object.entries(additional))
  const addColumn = (name: string) => values.set(name, columns.get(name) as Value<unknown>)
  alwaysSelected.forEach(addColumn)
  const nested = new Map<string, { nested: NestedField; args: object; selected: SelectedField }>()
  for (const { definition, nodes } of fields) {
    const reads = definition.extensions['reads'] as FieldDependencies | undefined
    if (reads) reads.columns?.forEach(addColumn)
    else if (columns.has(definition.name)) addColumn(definition.name)
    else [...columns.keys()].forEach(addColumn)
    if (!reads?.nested) continue
    const args = argumentsOf({ definition, nodes }, request)
    if (!args) {
      addColumn(reads.nested.keyProperty)
      continue
    }
    const name = prefetchKey(definition.name, args)
    const previousNodes = nested.get(name)?.selected.nodes ?? []
    nested.set(name, { nested: reads.nested, args, selected: { definition, nodes: [...previousNodes, ...nodes] } })
  }
  for (const [name, { nested: field, args, selected }] of nested) {
    const key = columns.get(field.keyProperty)?.sql as Sql
    const value = fragmentOf(field, args, selected, request)
    if (value) values.set(name, { ...value, sql: sql`(SELECT ${value.sql} FROM (SELECT ${key} AS id) parent)` })
    else addColumn(field.keyProperty)
  }
  return objectOf(values)
}

/** The coerced arguments of a field; null if they are invalid. */
export function argumentsOf({ definition, nodes }: SelectedField, { info }: ResolverRequest): object | null {
  return nullIfInvalid(() =>
    getArgumentValues(definition as GraphQLField<unknown, unknown>, nodes[0] as FieldNode, info.variableValues),
  )
}

function fragmentOf(
  nested: NestedField,
  args: object,
  selected: SelectedField,
  request: ResolverRequest,
): Value<unknown> | null {
  return nullIfInvalid(() => nested.fragment(args as never, selected, request))
}

function nullIfInvalid<Result>(work: () => Result): Result | null {
  try {
    return work()
  } catch (error) {
    if (error instanceof GraphQLError) return null
    throw error
  }
}
