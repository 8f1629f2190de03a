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
/** A number that is known, or hangs on the arguments of a field, on those of the one above it, and on the type that has that. */
type Amount = number | ((args: Arguments, above: Arguments, holder: string) => number)

declare module 'graphql' {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** What the field costs beside the objects in it, in points: none by default, 1 for a list in pages. */
    readonly cost?: Amount
    /** How many objects a list without pages has: 10 by default. */
    readonly size?: Amount
  }
}

/** What a field costs, in points: an object takes one, what is below a list as many times as it may have objects. */
export interface Price {
  /** Where it stands in the answer: names or aliases, joined by dots. */
  readonly path: string
  /** The name of the field itself. */
  readonly field: string
  /** What it costs however many objects it has. */
  readonly fixed: (variables: Variables) => number
  /** How many objects it may have. */
  readonly times: (variables: Variables) => number
  /** What each of its objects costs. */
  readonly object: number
  /** Whether it is a list in pages, whose `first` or `last` says how many. */
  readonly paged: boolean
  readonly below: readonly Price[]
}

const listSize = 10
// Measured: what the schema says of itself takes a fiftieth of a row's time.
const introspectedObject = 0.02
const introspectedSizes: Readonly<Record<string, number>> = {
  types: 200,
  fields: 10,
  args: 3,
  inputFields: 8,
  interfaces: 2,
  possibleTypes: 3,
}

/** What one object of a type costs: the parts of a page nothing, since its rows are counted. */
const objectCost = ({ name }: GraphQLNamedType) =>
  name.startsWith('__') ? introspectedObject : /^PageInfo$|(Connection|Edge)$/.test(name) ? 0 : 1

/** Prices the fields of an operation of a valid document, fragments written out. Fields that cost nothing are left out. */
export function pricesOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, selectionSet, variableDefinitions }: OperationDefinitionNode,
): Price[] {
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

  interface Above {
    readonly path: string
    readonly args: (variables: Variables) => Arguments
    /** The type that it is a field of. */
    readonly holder: string
    /** How many rows the page has whose parts these are. */
    readonly page: Price['times'] | null
  }

  const pricesIn = (set: SelectionSetNode, type: GraphQLNamedType, above: Above): Price[] =>
    set.selections.flatMap((node) => {
      if (node.kind === Kind.FIELD) return priceOf(node, type, above)
      const fragment = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value)
      const condition = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value)
      return fragment ? pricesIn(fragment.selectionSet, condition ?? type, above) : []
    })

  const priceOf = (node: FieldNode, type: GraphQLNamedType, above: Above): Price[] => {
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
        : (given: Variables) => value(args(given), above.args(given), above.holder)
    if (!node.selectionSet || !isCompositeType(named)) {
      if (!cost) return []
      return [{ path: pathOf(above, node), field, fixed: amount(cost), times: once, object: 0, paged, below: [] }]
    }
    const page = paged ? (variables: Variables) => pageSize(args(variables)) : null
    const isList = isListType(getNullableType(definition.type))
    const path = pathOf(above, node)
    return [
      {
        path,
        field,
        fixed: amount(cost ?? (paged ? 1 : 0)),
        times: isList ? (above.page ?? amount(size ?? introspectedSizes[field] ?? listSize)) : once,
        object: objectCost(named),
        paged,
        below: pricesIn(node.selectionSet, named, { path, args, holder: type.name, page }),
      },
    ]
  }

  const root = schema.getRootType(operation)
  return root ? pricesIn(selectionSet, root, { path: '', args: () => ({}), holder: root.name, page: null }) : []
}

const once = () => 1

const pathOf = ({ path }: { readonly path: string }, { alias, name }: FieldNode) =>
  (path && `${path}.`) + (alias ?? name).value

function definitionOf(type: GraphQLNamedType, field: string): GraphQLField<unknown, unknown> | undefined {
  if (field === SchemaMetaFieldDef.name) return SchemaMetaFieldDef
  if (field === TypeMetaFieldDef.name) return TypeMetaFieldDef
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[field] : undefined
}

/** How many rows the arguments of a page ask for; what is no such number is refused later, in the API's words. */
function pageSize({ first, last }: Arguments): number {
  const size = first ?? last
  return typeof size === 'number' && size >= 0 ? Math.min(size, maxPageSize) : defaultPageSize
}

/** What a field and all below it cost, in points, once. */
const priceTotal = (price: Price, variables: Variables): number =>
  price.fixed(variables) + price.times(variables) * objectTotal(price, variables)

/** What one object of a field and all below it cost, in points. */
const objectTotal = ({ object, below }: Price, variables: Variables): number =>
  below.reduce((sum, price) => sum + priceTotal(price, variables), object)

/** What an operation costs with some variables, in whole points: one at least. */
export const costOf = (prices: readonly Price[], variables: Variables): number =>
  Math.max(1, Math.ceil(prices.reduce((sum, price) => sum + priceTotal(price, variables), 0)))

/** A list, what it costs in all the places where it comes, and the largest page of it that would fit. */
export interface PricedList {
  readonly path: string
  readonly cost: number
  /** The largest `first` with which the whole costs no more than the limit, all else as it is; null where none does. */
  readonly first: number | null
}

/** The lists in pages of an operation, the dearest first. */
export function pricedLists(prices: readonly Price[], variables: Variables, limit: number): PricedList[] {
  const spare = limit - prices.reduce((sum, price) => sum + priceTotal(price, variables), 0)
  const lists: PricedList[] = []
  const walk = (price: Price, times: number): void => {
    if (price.paged) {
      const cost = times * priceTotal(price, variables)
      const rows = price.below.filter(({ field }) => field === 'nodes' || field === 'edges')
      const size = rows[0]?.times(variables) ?? 0
      const each = times * rows.reduce((sum, row) => sum + objectTotal(row, variables), 0)
      const fitting = each === 0 ? maxPageSize : Math.min(maxPageSize, Math.floor(size + spare / each))
      lists.push({ path: price.path, cost: Math.ceil(cost), first: fitting >= 1 ? fitting : null })
    }
    for (const below of price.below) walk(below, times * price.times(variables))
  }
  for (const price of prices) walk(price, 1)
  return lists.sort((a, b) => b.cost - a.cost)
}
