import { readFileSync } from 'node:fs'
import {
  buildSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  parse,
  validate,
} from 'graphql'
import { expect, test } from 'vitest'
import { printApiReference } from '../docs/build/api-reference.ts'
import { examples } from '../src/http/graphiql-examples.ts'
import { printSortedSchema, schema } from '../src/schema.ts'

const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
const ownTypes = types.filter(
  (type) => !isScalarType(type) || !['Boolean', 'Float', 'ID', 'Int', 'String'].includes(type.name),
)

const descriptions = ownTypes.flatMap((type): (readonly [name: string, description: string])[] => [
  [type.name, type.description ?? ''],
  ...(isObjectType(type) || isInterfaceType(type)
    ? Object.values(type.getFields()).flatMap((field) => [
        [`${type.name}.${field.name}`, field.description ?? ''] as const,
        ...field.args.map(
          ({ name, description }) => [`${type.name}.${field.name}(${name})`, description ?? ''] as const,
        ),
      ])
    : []),
  ...(isInputObjectType(type)
    ? Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field.description ?? ''] as const)
    : []),
  ...(isEnumType(type)
    ? type.getValues().map((value) => [`${type.name}.${value.name}`, value.description ?? ''] as const)
    : []),
])

const namesWith = (isWrong: (description: string, name: string) => boolean) =>
  descriptions.filter(([name, description]) => isWrong(description, name)).map(([name]) => name)

const wordsOf = (text: string) =>
  new Set(Array.from(text.matchAll(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g), ([word]) => word.toLowerCase().replace(/s$/, '')))
const fillers = wordsOf('a an the of in its this new id argument input payload result')

test('schema describes each type, field, argument and enum value in a sentence', () => {
  expect(descriptions.length).toBeGreaterThan(300)
  expect(namesWith((description) => !/^.{3,}[.:]$/s.test(description))).toEqual([])
})

test('schema describes nothing by an indirect question', () => {
  expect(namesWith((description) => /^(what|whether|who|whose|which|how|when|where|why)\b/i.test(description))).toEqual(
    [],
  )
})

test('schema descriptions add something to the names', () => {
  const isRepetition = (description: string, name: string) =>
    wordsOf(description).isSubsetOf(wordsOf(name).union(fillers))
  expect(namesWith(isRepetition)).toEqual([])
})

test('equals the committed schema.graphql', () => {
  expect(readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8')).toBe(printSortedSchema())
})

test('the API reference describes the committed schema', () => {
  const sorted = buildSchema(printSortedSchema())
  expect(readFileSync(new URL('../docs/api.md', import.meta.url), 'utf8')).toBe(printApiReference(sorted))
})

test('the API reference prints defaults, deprecations and arguments', () => {
  const sdl = `
    type Query { "Items." items("Size." first: Int = 10, old: Int @deprecated(reason: "Use first.")): [Item!]! }
    "A thing." type Item { "a | b" id: ID! }`
  const reference = printApiReference(buildSchema(sdl))
  expect(reference).toContain('### Query.items\n\nItems.\n\nReturns [`[Item!]!`](#item)\n\n|')
  expect(reference).toContain(
    '| `first` | `Int` | Size. Default: `10`. |\n| `old` | `Int` | **Deprecated:** Use first. |',
  )
  expect(reference).toContain('| `id` | `ID!` | a \\| b |')
})

test('validates the examples of GraphiQL', () => {
  expect(examples.flatMap(({ query }) => validate(schema, parse(query)))).toEqual([])
})

test('schema: every connection can be read forward and backward', () => {
  const connections = types.flatMap((type) =>
    isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).filter((field) => /Connection!?$/.test(String(field.type)))
      : [],
  )
  expect(connections.length).toBeGreaterThanOrEqual(20)
  for (const { name, args } of connections)
    expect(
      args.map((argument) => argument.name),
      name,
    ).toEqual(expect.arrayContaining(['first', 'after', 'last', 'before']))
})
