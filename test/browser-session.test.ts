import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Session, takeLinkToken } from '../src/http/site/session.js'
import { useServer } from './support/app.ts'
import { memoryStorage, openTab } from './support/browser.ts'
import { password, signUp } from './support/people.ts'

const server = useServer({ NODE_ENV: 'production', SNAGLIST_SIGN_UP: 'open' })
const users = ['ada', 'tomas']
const viewerQuery = { query: '{ viewer { username } }' }

beforeAll(async () => {
  for (const username of users) await signUp(server, username)
})

const signInAs = async (username: string, storage = memoryStorage()) => {
  const tab = openTab(server, storage)
  expect(await tab.signIn({ username, password })).toBeNull()
  return tab
}
const linkOf = async (username: string) => (await signInAs(username)).token ?? ''
const isValid = async (token: string) => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` }
  const response = await server.anonymous.fetch('/graphql', {
    method: 'POST',
    headers,
    body: JSON.stringify(viewerQuery),
  })
  return response.status === 200
}
const staleStorage = () => {
  const storage = memoryStorage()
  storage.setItem(Session.storageKey, 'snag_stale')
  return storage
}
/** The messages that ask for a sign-in. */
const messagesOf = (tab: Session) => {
  const messages: string[] = []
  tab.addEventListener('required', (event) => messages.push((event as CustomEvent<string>).detail))
  return messages
}

describe('the session of a browser', () => {
  test('is that of all tabs, and sends its token with operations', async () => {
    const storage = memoryStorage()
    const first = await signInAs('ada', storage)
    const second = openTab(server, storage)
    await second.load()
    expect([first.viewer?.username, second.viewer?.username]).toEqual(['ada', 'ada'])
    expect(await second.run(viewerQuery)).toMatchObject({ data: { viewer: { username: 'ada' } } })
  })

  test('is not sent next to a token in the headers of an operation', async () => {
    const tab = await signInAs('ada')
    const headers = { Authorization: `Bearer ${await linkOf('tomas')}` }
    expect(await tab.run(viewerQuery, headers)).toMatchObject({ data: { viewer: { username: 'tomas' } } })
    await tab.run(viewerQuery, { Authorization: 'Bearer snag_unknown' })
    expect(tab.viewer?.username).toBe('ada')
  })

  test('ends on the server at sign-out', async () => {
    const tab = await signInAs('ada')
    const token = tab.token ?? ''
    await tab.signOut()
    expect([tab.token, tab.viewer, await isValid(token)]).toEqual([null, null, false])
  })

  test('is removed, with a request to sign in, when its token is no longer valid', async () => {
    const closed = server.withSettings({ NODE_ENV: 'production', SNAGLIST_SIGN_UP: 'closed' })
    for (const use of [(tab: Session) => tab.load(), (tab: Session) => tab.run(viewerQuery)]) {
      const tab = openTab(closed, staleStorage())
      const messages = messagesOf(tab)
      await use(tab)
      expect([tab.token, tab.viewer, messages]).toEqual([null, null, ['Your session has ended. Sign in again.']])
    }
    await closed.app.dispose()
  })

  test('is removed without a request to sign in while sign-up is open', async () => {
    const tab = openTab(server, staleStorage())
    const messages = messagesOf(tab)
    await tab.load()
    expect([tab.token, tab.viewer, messages]).toEqual([null, null, []])
  })

  test('is kept while the server cannot be reached', async () => {
    const storage = memoryStorage()
    storage.setItem(Session.storageKey, 'snag_any')
    const tab = new Session({ storage, fetch: () => Promise.reject(new TypeError('Failed to fetch')) })
    await tab.load()
    expect([tab.token, tab.viewer]).toEqual(['snag_any', undefined])
    await expect(tab.signOut()).rejects.toThrow('Failed to fetch')
    expect(tab.token).toBe('snag_any')
  })

  test('is required for an operation that needs one', async () => {
    const tab = openTab(server)
    const messages = messagesOf(tab)
    await tab.run({ query: '{ projects { totalCount } }' })
    expect(messages).toEqual(['Sign in to run this operation.'])
  })

  test('reports the errors of a sign-in and of each field of a sign-up', async () => {
    const tab = openTab(server)
    const messages = messagesOf(tab)
    expect(await tab.signIn({ username: 'ada', password: 'wrong password' })).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED' } },
    ])
    expect(await tab.signUp({ username: '-', name: ' ', password: 'short' })).toMatchObject([
      { extensions: { fieldErrors: ['input.username', 'input.name', 'input.password'].map((path) => ({ path })) } },
    ])
    expect([tab.token, messages]).toEqual([null, []])
  })

  test('offers a sign-up only while the server accepts it', async () => {
    const closed = server.withSettings({ NODE_ENV: 'production', SNAGLIST_SIGN_UP: 'first' })
    expect([await openTab(server).isSignUpOpen(), await openTab(closed).isSignUpOpen()]).toEqual([true, false])
    await closed.app.dispose()
  })
})

describe('a link with a token', () => {
  let questions: string[]
  beforeEach(() => {
    questions = []
  })
  const confirm = (isConfirmed: boolean) => async (current?: { username: string }, linked?: { username: string }) => {
    questions.push(`${current?.username} → ${linked?.username}`)
    return isConfirmed
  }

  test('signs in a browser without a session, without a question', async () => {
    const tab = openTab(server)
    await tab.load()
    await tab.openLink(await linkOf('tomas'), confirm(false))
    expect([tab.viewer?.username, questions]).toEqual(['tomas', []])
  })

  test.each([
    [false, 'ada'],
    [true, 'tomas'],
  ])('replaces the session of another user only after confirmation: %s', async (isConfirmed, expected) => {
    const tab = await signInAs('ada')
    await tab.openLink(await linkOf('tomas'), confirm(isConfirmed))
    expect([tab.viewer?.username, questions]).toEqual([expected, ['ada → tomas']])
    expect(await tab.run(viewerQuery)).toMatchObject({ data: { viewer: { username: expected } } })
  })

  test('does not replace a session of the same user', async () => {
    const tab = await signInAs('ada')
    const { token } = tab
    await tab.openLink(await linkOf('ada'), confirm(true))
    expect([tab.token, questions]).toEqual([token, []])
  })

  test('with an invalid token keeps a session, or asks to sign in', async () => {
    const tab = await signInAs('ada')
    await tab.openLink('snag_unknown', confirm(true))
    expect([tab.viewer?.username, questions]).toEqual(['ada', []])
    const signedOut = openTab(server)
    const messages = messagesOf(signedOut)
    await signedOut.load()
    await signedOut.openLink('snag_unknown', confirm(true))
    expect([signedOut.token, messages]).toEqual([null, ['The session of this link has ended. Sign in.']])
  })

  test('leaves a clean address', () => {
    const visited: string[] = []
    const history = { state: null, replaceState: (_state: unknown, _title: string, url: string) => visited.push(url) }
    const take = (hash: string) => takeLinkToken({ location: { hash, pathname: '/graphql', search: '?x=1' }, history })
    expect([take('#token=snag_a-B_1'), visited]).toEqual(['snag_a-B_1', ['/graphql?x=1']])
    for (const other of ['#token=', '#token=other', '#token=snag_a&token=snag_b', '#x', ''])
      expect([take(other), visited.length], other).toEqual([null, 1])
  })
})
