import { type GraphQLField, getNamedType, isCompositeType } from 'graphql'
import { expect, test } from 'vitest'
import { schema } from '../src/schema.ts'
import { useServer } from './support/app.ts'
import { requiredArguments } from './support/schema-walker.ts'

const server = useServer()

/** Uploads require multipart requests, which the server rejects without authentication. */
const hasFile = (field: GraphQLField<unknown, unknown>) => requiredArguments(field).includes('file:')
const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(
  (field) => !['signUp', 'signIn', 'resetPassword'].includes(field.name) && !hasFile(field),
)

test.each(mutations)('rejects $name without authentication', async (field) => {
  const selection = isCompositeType(getNamedType(field.type)) ? '{ __typename }' : ''
  const { errors, data } = await server.anonymous.post({
    query: `mutation { ${field.name}${requiredArguments(field)} ${selection} }`,
  })
  expect(errors?.map(({ extensions }) => extensions?.code)).toEqual(['UNAUTHENTICATED'])
  expect(data ?? null).toBeNull()
})
