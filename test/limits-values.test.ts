import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { schema } from '../src/schema.ts'
import { graphql } from './generated/index.ts'
import { useServer } from './support/app.ts'
import { CreateIssue, createIssue, createProject, signUp, type TestUser } from './support/people.ts'

const server = useServer()
let ada: TestUser

beforeAll(async () => {
  ada = await signUp(server, 'ada')
  await createProject(ada, 'CORE')
  await createIssue(ada, 'CORE', 'An issue')
})

/** A minimal valid value. */
function someValue(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return someValue(type.ofType)
  if (isListType(type)) return []
  if (isEnumType(type)) return type.getValues()[0]?.name
  if (isInputObjectType(type)) return requiredOf(type)
  return { Int: 1, Boolean: true, HexColor: '#336699', EmailAddress: 'a@example.com' }[type.name] ?? 'some text'
}
const requiredOf = (type: GraphQLInputType) =>
  Object.fromEntries(
    Object.values(isInputObjectType(type) ? type.getFields() : {})
      .filter(isRequiredInputField)
      .map((field) => [field.name, someValue(field.type)]),
  )

const texts = Object.values(schema.getMutationType()?.getFields() ?? {}).flatMap(({ name, args }) => {
  const type = args[0] && isNonNullType(args[0].type) ? args[0].type.ofType : undefined
  // Uploads require multipart requests, with the same rules.
  if (!isInputObjectType(type) || 'file' in type.getFields()) return []
  return Object.values(type.getFields())
    .filter((field) => /^\[?(String|ID|EmailAddress|HexColor)\b/.test(`${field.type}`))
    .map((field) => ({ name, type, field: field.name, isList: `${field.type}`.startsWith('[') }))
})
/** Compared with stored values, so that any text is valid. */
const comparedFields = ['signIn.username', 'signIn.password', 'changePassword.currentPassword']

test.each(texts)('rejects text that cannot be stored in $name($field)', async ({ name, type, field, isList }) => {
  for (const text of ['NUL \0 within', 'half a pair \ud83d', '\udc00 the other half']) {
    await server.database.pool.query('TRUNCATE sign_in_attempts')
    const input = { ...requiredOf(type), [field]: isList ? [text] : text }
    const { errors } = await ada.post({
      query: `mutation ($input: ${type}!) { ${name}(input: $input) { __typename } }`,
      variables: { input },
    })
    const { code, fieldErrors = [] } = errors?.[0]?.extensions ?? {}
    const details = JSON.stringify({ text, errors })
    if (comparedFields.includes(`${name}.${field}`))
      expect(['UNAUTHENTICATED', 'BAD_USER_INPUT'], details).toContain(code)
    else {
      expect(code, details).toBe('BAD_USER_INPUT')
      expect(
        fieldErrors.map(({ path }) => path),
        details,
      ).toContain(`input.${field}${isList ? '.0' : ''}`)
    }
  }
})

test.each([
  ['ticket(id: $text) { id }', 'id'],
  ['issue(id: $text) { id }', 'id'],
  ['defect(id: $text) { id }', 'id'],
  ['project(id: $text) { id }', 'id'],
  ['user(id: $text) { id }', 'id'],
  ['users(search: $text) { totalCount }', 'search'],
  ['projects(search: $text) { totalCount }', 'search'],
  ['users(assignableIn: $text) { totalCount }', 'assignableIn'],
  ['tickets(filter: { title: { eq: $text } }) { totalCount }', 'filter.title.eq'],
  ['tickets(filter: { not: { title: { in: ["a", $text] } } }) { totalCount }', 'filter.not.title.in'],
  ['tickets(filter: { description: { contains: $text } }) { totalCount }', 'filter.description.contains'],
  ['defects(filter: { absn: { startsWith: $text } }) { totalCount }', 'filter.absn.startsWith'],
  ['defects(filter: { category: { eq: $text } }) { totalCount }', 'filter.category.eq'],
  ['issues(filter: { label: { some: [$text] } }) { totalCount }', 'filter.label.some'],
  ['issues(filter: { id: { eq: $text } }) { totalCount }', 'filter.id.eq'],
  ['issues(filter: { project: { notIn: [$text] } }) { totalCount }', 'filter.project.notIn'],
  ['issues(filter: { assignee: { eq: $text } }) { totalCount }', 'filter.assignee.eq'],
  ['projects(after: $text) { totalCount }', 'after'],
])('rejects text that cannot be stored in %s', async (selection, path) => {
  const type = /id|assign|project:/.test(selection) ? 'ID' : 'String'
  for (const text of ['NUL \0 within', 'half a pair \ud83d']) {
    const { errors } = await ada.post({ query: `query ($text: ${type}!) { ${selection} }`, variables: { text } })
    expect(errors?.[0]?.extensions, JSON.stringify(errors)).toMatchObject({
      code: 'BAD_USER_INPUT',
      fieldErrors: [{ path }],
    })
  }
})

describe('variables of the wrong type', () => {
  const issue = { projectId: 'CORE', title: 'A title' }
  test.each<[string, unknown, readonly string[]]>([
    ['an unknown enum value', { ...issue, priority: 'NOW' }, ['input.priority']],
    ['a number for a text', { ...issue, title: 5 }, ['input.title']],
    ['an object in a list of ids', { ...issue, labelIds: [ada?.id ?? 'x', {}] }, ['input.labelIds.1']],
    [
      'several values',
      { ...issue, title: 5, priority: 'NOW', description: [] },
      ['input.title', 'input.priority', 'input.description'],
    ],
    [
      'a value that resembles the end of a message',
      { ...issue, priority: 'a; b" at "input.title"; c' },
      ['input.priority'],
    ],
    [
      'such a value next to another error',
      { projectId: 'CORE', title: 'x" at "input.y"; z', priority: 'NOW' },
      ['input.priority'],
    ],
    ['a value that is not an object', 5, ['input']],
    ['null', null, ['input']],
    ['a missing value', undefined, ['input']],
  ])('reports the path of an invalid value: %s', async (_what, input, paths) => {
    const { errors, data } = await ada.post({ query: CreateIssue.toString(), variables: { input } })
    const details = JSON.stringify(errors)
    expect(data, details).toBeUndefined()
    expect(new Set(errors?.map(({ extensions }) => extensions?.code)), details).toEqual(new Set(['BAD_USER_INPUT']))
    const errorPaths = errors?.flatMap(({ extensions }) => extensions?.fieldErrors?.map(({ path }) => path) ?? [])
    expect(errorPaths?.sort(), details).toEqual([...paths].sort())
  })

  test('reports missing and unknown fields of a variable', async () => {
    for (const input of [{ projectId: 'CORE' }, { ...issue, nope: 1 }]) {
      const { errors } = await ada.post({ query: CreateIssue.toString(), variables: { input } })
      expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
      expect(errors?.[0]?.extensions?.fieldErrors?.[0]?.path).toMatch(/^input(\.title|\.nope)?$/)
    }
  })

  test('reports invalid times and durations in variables', async () => {
    const Since = graphql(
      `query LimitsSince($at: RelativeDateTime) { tickets(filter: { createdAt: { gte: $at } }) { totalCount } }`,
    )
    for (const at of ['yesterday; or so', 'P', 'P1001Y', '2026-13-01T00:00:00Z', '2026-01-01']) {
      const { extensions } = await ada.expectError(Since, { at })
      expect(extensions?.code, at).toBe('BAD_USER_INPUT')
      expect(
        extensions?.fieldErrors?.map(({ path }) => path),
        at,
      ).toEqual(['filter.createdAt.gte'])
    }
    for (const at of ['-P7D', 'P2W', '-P1000Y9999M', 'PT5M', '2026-01-01T00:00:00+02:00']) await ada.ask(Since, { at })
  })
})

test('stores only times of expiry that a result can contain', async () => {
  const Token = graphql(`
    mutation LimitsToken($expiresAt: DateTime) {
      createAccessToken(input: { name: "late", expiresAt: $expiresAt }) { accessToken { expiresAt } }
    }
  `)
  const response = await ada.send(Token, { expiresAt: '9999-12-31T23:59:59-12:00' })
  if (response.errors) expect(response.errors[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  const Tokens = graphql(`query LimitsTokens { accessTokens { expiresAt } }`)
  expect((await ada.send(Tokens)).errors).toBeUndefined()
})
