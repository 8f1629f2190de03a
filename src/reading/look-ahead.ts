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
import { objectOf, type Value } from './value.ts'

/** What a resolver knows of its request. */
export interface Asked {
  readonly context: Context
  readonly info: GraphQLResolveInfo
}

/** A field that is selected: its nodes in the document, and its definition in the type that they stand in. */
export interface Selected {
  readonly definition: GraphQLField<unknown, Context>
  readonly nodes: readonly FieldNode[]
}

/**
 * A field whose value hangs on one property of its parent's row, as one fragment of SQL over `parent.id`. It is used two
 * ways: a parent that is read with look-ahead carries the value, and a loader reads it for all other parents of a tick.
 */
export interface Nested {
  /** The property of the parent's row that the fragment knows as `parent.id`: a UUID, or null. */
  readonly on: string
  /** `args` are what the field takes. */
  readonly fragment: (args: never, selected: Selected, asked: Asked) => Value<unknown>
}

/**
 * What a field says of the columns that it is read from, in its extensions. A field that says nothing is read from the
 * column of its own name, or, where there is none, may need them all.
 */
export interface Reads {
  readonly columns?: readonly string[]
  readonly nested?: Nested
}

/** The field that a resolver resolves. */
export function selectedBy({ parentType, fieldName, fieldNodes }: GraphQLResolveInfo): Selected {
  return { definition: parentType.getFields()[fieldName] as Selected['definition'], nodes: fieldNodes }
}

/**
 * The fields selected below another one, on whichever type, without those that a directive leaves out. A field comes
 * once for each time that it stands in the document.
 */
export function selectedBelow({ definition, nodes }: Selected, info: GraphQLResolveInfo): Selected[] {
  return nodes.flatMap(({ selectionSet }) => selectedIn(selectionSet, definition.type, info))
}

function selectedIn(
  set: SelectionSetNode | undefined,
  outputType: GraphQLOutputType,
  info: GraphQLResolveInfo,
): Selected[] {
  const type = getNamedType(outputType)
  if (!set || !(isObjectType(type) || isInterfaceType(type))) return []
  return set.selections.flatMap((node): Selected[] => {
    if (getDirectiveValues(GraphQLSkipDirective, node, info.variableValues)?.['if'] === true) return []
    if (getDirectiveValues(GraphQLIncludeDirective, node, info.variableValues)?.['if'] === false) return []
    if (node.kind === Kind.FIELD) {
      const definition = type.getFields()[node.name.value]
      return definition ? [{ definition, nodes: [node] }] : []
    }
    const within = node.kind === Kind.INLINE_FRAGMENT ? node : info.fragments[node.name.value]
    const on = within?.typeCondition && info.schema.getType(within.typeCondition.name.value)
    return selectedIn(within?.selectionSet, (on ?? type) as GraphQLOutputType, info)
  })
}

/** The fields of that name among others. */
export const named = (fields: readonly Selected[], name: string) =>
  fields.filter(({ definition }) => definition.name === name)

/**
 * Under which property a row carries a nested field's value: arguments tell apart what aliases ask for. Their order does
 * not: it is another one in a compiled query.
 */
export const carriedName = (field: string, args: object) => `${field} ${JSON.stringify(args, inOrderOfNames)}`

function inOrderOfNames(_name: string, value: unknown): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const names = isObject ? Object.keys(value) : []
  if (names.length < 2) return value
  return Object.fromEntries(names.sort().map((name) => [name, (value as Record<string, unknown>)[name]]))
}

/**
 * A row with what the selected fields read: their columns, and the nested fields among them as fragments in the same
 * statement. Where arguments are at fault the row carries what the resolver needs to say so in its own place.
 */
export function rowOf<Row extends object>(
  { always, values: columns }: Columns<Row>,
  fields: readonly Selected[],
  asked: Asked,
  more: Readonly<Record<string, Value<unknown>>> = {},
): Value<Row> {
  const values = new Map<string, Value<unknown>>(Object.entries(more))
  const take = (name: string) => values.set(name, columns.get(name) as Value<unknown>)
  always.forEach(take)
  const nested = new Map<string, { nested: Nested; args: object; selected: Selected }>()
  for (const { definition, nodes } of fields) {
    const reads = definition.extensions['reads'] as Reads | undefined
    if (reads) reads.columns?.forEach(take)
    else if (columns.has(definition.name)) take(definition.name)
    else [...columns.keys()].forEach(take)
    if (!reads?.nested) continue
    const args = argumentsOf({ definition, nodes }, asked)
    if (!args) {
      take(reads.nested.on)
      continue
    }
    const name = carriedName(definition.name, args)
    const same = nested.get(name)?.selected.nodes ?? []
    nested.set(name, { nested: reads.nested, args, selected: { definition, nodes: [...same, ...nodes] } })
  }
  for (const [name, { nested: field, args, selected }] of nested) {
    const key = columns.get(field.on)?.sql as Sql
    const value = fragmentOf(field, args, selected, asked)
    if (value) values.set(name, { ...value, sql: sql`(SELECT ${value.sql} FROM (SELECT ${key} AS id) parent)` })
    else take(field.on)
  }
  return objectOf(values)
}

function argumentsOf({ definition, nodes }: Selected, { info }: Asked): object | null {
  return unlessFaulty(() =>
    getArgumentValues(definition as GraphQLField<unknown, unknown>, nodes[0] as FieldNode, info.variableValues),
  )
}

function fragmentOf(nested: Nested, args: object, selected: Selected, asked: Asked): Value<unknown> | null {
  return unlessFaulty(() => nested.fragment(args as never, selected, asked))
}

function unlessFaulty<Result>(work: () => Result): Result | null {
  try {
    return work()
  } catch (error) {
    if (error instanceof GraphQLError) return null
    throw error
  }
}
