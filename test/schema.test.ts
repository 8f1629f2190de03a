import { readFileSync } from 'node:fs'
import { isEnumType, isInputObjectType, isInterfaceType, isObjectType, isScalarType, parse, validate } from 'graphql'
import { expect, test } from 'vitest'
import { examples } from '../src/http/graphiql-examples.ts'
import { printSortedSchema, schema } from '../src/schema.ts'

const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'))
const ownScalars = types.filter(
  (type) => !isScalarType(type) || !['Boolean', 'Float', 'ID', 'Int', 'String'].includes(type.name),
)

test('describes each type, field, argument and enum value in a sentence', () => {
  const described: (readonly [string, string | null | undefined])[] = ownScalars.flatMap((type) => [
    [type.name, type.description] as const,
    ...(isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).flatMap((field) => [
          [`${type.name}.${field.name}`, field.description] as const,
          ...field.args.map(
            (argument) => [`${type.name}.${field.name}(${argument.name})`, argument.description] as const,
          ),
        ])
      : []),
    ...(isInputObjectType(type)
      ? Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field.description] as const)
      : []),
    ...(isEnumType(type)
      ? type.getValues().map((value) => [`${type.name}.${value.name}`, value.description] as const)
      : []),
  ])
  expect(described.length).toBeGreaterThan(300)
  expect(described.filter(([, description]) => !/^.{3,}[.:]$/s.test(description ?? '')).map(([name]) => name)).toEqual(
    [],
  )
})

test('equals the committed schema', () => {
  expect(readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8')).toBe(printSortedSchema())
})

test('accepts the examples of GraphiQL', () => {
  expect(examples.flatMap(({ query }) => validate(schema, parse(query)))).toEqual([])
})
