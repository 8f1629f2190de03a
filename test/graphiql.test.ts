import { createContext, runInContext } from 'node:vm'
import { beforeAll, describe, expect, test } from 'vitest'
import { useServer } from './support/app.ts'
import { signUp, type TestUser } from './support/people.ts'

const server = useServer({ NODE_ENV: 'production' })
let ada: TestUser
let signInPage: string
let graphiql: string
beforeAll(async () => {
  ada = await signUp(server, 'ada')
  const page = async (client: Pick<TestUser, 'fetch'>) =>
    (await client.fetch('/graphql', { headers: { accept: 'text/html' } })).text()
  signInPage = await page(server.anonymous)
  graphiql = await page(ada)
})

const own = 'snag_own'
const foreign = 'snag_foreign'

/** A tab that opens a link to a page. `confirms` is the response of the visitor to a question. */
function openLink(page: string, hash: string, storedToken: string | null, confirms = false) {
  const storage = new Map(storedToken === null ? [] : [['snaglist:token', storedToken]])
  const location = { hash, pathname: '/graphql', search: '', href: 'http://x/graphql', origin: 'http://x' }
  const questions: string[] = []
  const visited: string[] = []
  const sent: (string | null)[] = []
  const elements: { textContent?: string }[] = []
  const window = {
    confirm: (question: string) => {
      questions.push(question)
      return confirms
    },
    fetch: async (url: string, { headers }: { headers: Headers }) => {
      sent.push(url.startsWith('http') ? `${url} ${headers.get('authorization')}` : headers.get('authorization'))
      return { json: async () => ({ data: { viewer: { username: 'ada' } } }) }
    },
  }
  const context = createContext({
    window,
    location,
    sessionStorage: {
      getItem: (key: string) => storage.get(key) ?? null,
      setItem: (key: string, value: string) => storage.set(key, value),
    },
    history: { replaceState: (_state: null, _title: string, url: string) => visited.push(url) },
    document: {
      readyState: 'complete',
      createElement: () => ({}),
      body: { append: (element: { textContent?: string }) => elements.push(element) },
    },
    fetch: (url: string, options: object) => (context['window'] as typeof window).fetch(url, options as never),
    Headers,
    URL,
  })
  const scripts = [...page.matchAll(/<script nonce="[^"]+">\n(.*?)^<\/script>/gms)].map(([, script = '']) => script)
  const run = (pattern: RegExp) => {
    const script = scripts.find((text) => pattern.test(text))
    if (script !== undefined) runInContext(script, context)
  }
  run(/#token=/)
  run(/Signed in as/)
  return { token: () => storage.get('snaglist:token') ?? null, questions, visited, sent, elements, window }
}

describe.each([
  ['the sign-in page', () => signInPage],
  ['GraphiQL', () => graphiql],
])('a link with a token to %s', (_name, page) => {
  test('signs in a tab without a session, without a question', () => {
    const tab = openLink(page(), `#token=${foreign}`, null)
    expect([tab.token(), tab.questions, tab.visited]).toEqual([foreign, [], ['/graphql']])
  })

  test('keeps the session of a tab unless the visitor agrees', () => {
    for (const [confirms, expected] of [
      [false, own],
      [true, foreign],
    ] as const) {
      const tab = openLink(page(), `#token=${foreign}`, own, confirms)
      expect([tab.token(), tab.visited]).toEqual([expected, ['/graphql']])
      expect(tab.questions).toEqual([expect.stringMatching(/token of another session.*Continue\?$/)])
      expect(tab.questions[0]).not.toContain('snag_')
    }
  })

  test('asks nothing if the tab has this session', () => {
    const tab = openLink(page(), `#token=${own}`, own)
    expect([tab.token(), tab.questions, tab.visited]).toEqual([own, [], ['/graphql']])
  })

  test.each(['#token=', '#token=other', '#token=snag_a&token=snag_b', '#x', ''])('ignores the fragment %j', (hash) => {
    const tab = openLink(page(), hash, own)
    expect([tab.token(), tab.questions, tab.visited]).toEqual([own, [], []])
  })

  test('sends the token to the server only', async () => {
    const tab = openLink(page(), '', own)
    tab.sent.length = 0
    await tab.window.fetch('/graphql', { headers: new Headers() })
    await tab.window.fetch('http://other/graphql', { headers: new Headers() })
    expect(tab.sent).toEqual([`Bearer ${own}`, 'http://other/graphql null'])
  })
})

test('GraphiQL shows the user of the tab', async () => {
  const tab = openLink(graphiql, `#token=${foreign}`, null)
  await expect.poll(() => tab.elements.map(({ textContent }) => textContent)).toEqual(['Signed in as ada'])
  expect(tab.sent).toEqual([`Bearer ${foreign}`])
})
