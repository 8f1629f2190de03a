import { beforeAll, describe, expect, test } from 'vitest'
import { seedDemo } from '../prisma/seed.ts'
import { examples } from '../src/http/graphiql-examples.ts'
import { useServer } from './support/app.ts'
import { openTab } from './support/browser.ts'

const env = { SNAGLIST_SIGN_UP: 'first' }
const demo = useServer(env)
const empty = useServer(env)
beforeAll(() => seedDemo(demo.database.transaction, 4))

const operations = examples.map((example) => ({
  ...example,
  operationName: /^(?:query|mutation|subscription) (\w+)/m.exec(example.query)?.[1] ?? '',
}))
const find = (name: string) => operations.find(({ operationName }) => operationName === name)
/** The first demo account, which is also created on the server without accounts. */
const account = find('SignIn')?.variables

describe.each([
  ['with demo data', demo, null],
  ['without accounts', empty, { ...account, name: 'Ada' }],
])('examples of GraphiQL on a server %s', (_description, server, newAccount) => {
  const tab = () => openTab(server)
  let ada: ReturnType<typeof tab>
  beforeAll(async () => {
    ada = tab()
    expect(await (newAccount ? ada.signUp(newAccount) : ada.signIn(account))).toBeNull()
  })

  test('run in their order without errors, with or without demo data', async () => {
    for (const operation of operations) {
      const isSubscription = /^subscription /m.test(operation.query)
      const { data, errors } = isSubscription ? (await ada.subscribe(operation).next()).value : await ada.run(operation)
      expect([operation.operationName, errors]).toEqual([operation.operationName, undefined])
      expect(Object.values(data)).not.toContain(null)
    }
  })

  test('find tickets, and show a conflict when the update runs again', async () => {
    for (const name of ['List', 'Search', 'Report'])
      expect(JSON.stringify(await ada.run(find(name))), name).toMatch(/"(key|value)":/)
    expect(await ada.run(find('Update'))).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] })
  })

  test('sign up only while sign-up is open', async () => {
    expect(await tab().run({ ...find('SignIn'), operationName: 'SignUp' })).toMatchObject({
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    })
  })
})

test('the example of GraphiQL signs up while sign-up is open', async () => {
  const fresh = empty.withSettings({ SNAGLIST_SIGN_UP: 'open' })
  const signUp = { ...find('SignIn'), operationName: 'SignUp', variables: { ...account, username: 'grace' } }
  expect(await openTab(fresh).run(signUp)).toMatchObject({ data: { signUp: { viewer: { username: 'grace' } } } })
  await fresh.app.dispose()
})

test('the lines of the examples of GraphiQL are visible in a window of 1,280 pixels', () => {
  const maxColumns = 50
  const lines = examples.flatMap(({ query, variables }) =>
    `${query}\n${JSON.stringify(variables ?? {}, null, 2)}`.split('\n'),
  )
  expect(lines.filter((line) => line.length > maxColumns)).toEqual([])
})
