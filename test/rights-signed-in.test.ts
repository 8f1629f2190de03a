import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../src/schema.ts'
import { useServer } from './support/app.ts'

const server = useServer()

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

function selection({ name, args, type }: GraphQLField<unknown, unknown>): string {
  const given = args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${literal(arg.type)}`)
  const below = isCompositeType(getNamedType(type)) ? ' { __typename }' : ''
  return `${name}${given.length > 0 ? `(${given.join(', ')})` : ''}${below}`
}

const open = ['viewer', 'signUp', 'signIn']
const fieldsOf = (type: typeof schema extends { getQueryType(): infer Type } ? Type : never) =>
  Object.values(type?.getFields() ?? {}).filter(({ name }) => !open.includes(name))

/** Files come with other requests, which nobody gets in at all. */
const hasFile = ({ args }: GraphQLField<unknown, unknown>) => args.some(({ type }) => literal(type).includes('file:'))

test.each([
  ...fieldsOf(schema.getQueryType()).map((field) => `query { ${selection(field)} }`),
  ...fieldsOf(schema.getMutationType())
    .filter((field) => !hasFile(field))
    .map((field) => `mutation { ${selection(field)} }`),
])('nobody gets no further than UNAUTHENTICATED with %s', async (query) => {
  const { errors, data } = await server.nobody.post({ query })
  expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['UNAUTHENTICATED'])
  expect(Object.values(data ?? {}).filter((value) => value !== null)).toEqual([])
})

test('nobody reads the viewer, who is null', async () => {
  expect(await server.nobody.post({ query: '{ viewer { id } }' })).toMatchObject({ data: { viewer: null } })
})
