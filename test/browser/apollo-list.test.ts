import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openPage, type RecordedPage } from './browser.ts'
import { type DemoServer, serveExample, startDemoServer } from './server.ts'

type Route = Parameters<Parameters<RecordedPage['page']['route']>[1]>[0]

describe('the Apollo list', () => {
  const resources = new AsyncDisposableStack()
  let server: DemoServer
  let recorded: RecordedPage
  let page: RecordedPage['page']

  beforeAll(async () => {
    server = resources.use(await startDemoServer('embedded', 'apollo-list'))
    recorded = resources.use(await openPage())
    page = recorded.page
    await page.goto(resources.use(await serveExample('apollo-list')).url)
  })
  afterAll(() => resources.disposeAsync())
  afterEach(async () => {
    // The server does not know the hash of a query that a client sends for the first time.
    expect(recorded.takeErrors().filter((error) => !error.includes('status of 400'))).toEqual([])
    expect(await recorded.findViolations()).toEqual([])
  })

  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })

  test('signs in, and appends a page to the list', async () => {
    await page.getByLabel('Username').fill('ada')
    await page.getByLabel('Password').fill('snaglist-demo')
    await button('Sign in').click()
    await page.getByRole('combobox', { name: 'Status' }).selectOption({ index: 0 })
    await page.getByText(/^20 of \d+ issues$/).waitFor()
    await button('Load more').click()
    await page.getByText(/^(\d+) of \1 issues$/).waitFor()
    expect(await page.getByRole('list', { name: 'Issues' }).getByRole('listitem').count()).toBeGreaterThan(20)
  })

  test('creates an issue after an error in a field', async () => {
    await page.getByLabel('Title').fill(' ')
    await button('Create issue').click()
    await page.getByText('must not be blank').waitFor()
    await page.getByLabel('Title').fill('A noise in the gearbox')
    await button('Create issue').click()
    await page.getByText('CORE-61 was created.').waitFor()
  })

  test('reports the field that another client changed', async () => {
    await page.getByRole('combobox', { name: 'Status' }).selectOption({ index: 0 })
    await button('Start CORE-61').waitFor()
    // Otherwise, the page would show the change before the click.
    const changeFirst = async (route: Route) => {
      await server.send(
        'tomas',
        'mutation { updateIssue(input: { id: "CORE-61", status: RESOLVED }) { issue { id } } }',
      )
      await route.continue()
    }
    await page.route('**/graphql', changeFirst, { times: 1 })
    await button('Start CORE-61').click()
    await page.getByText('CORE-61 was changed meanwhile: status is now RESOLVED').waitFor()
  })

  test('lists the errors of a file, then imports it', async () => {
    const file = (text: string) => ({ name: 'issues.csv', mimeType: 'text/csv', buffer: Buffer.from(text) })
    await page.getByLabel('CSV file').setInputFiles(file('title,priority\nOne,soon\n'))
    await page.getByRole('list', { name: 'Row errors' }).getByText('soon').waitFor()
    await page.getByLabel('CSV file').setInputFiles(file('title,priority\nOne,LOW\nTwo,HIGH\n'))
    await button('Import 2 issues').click()
    await page.getByText('The import is complete').waitFor()
  })

  test('shows the changes of other clients, also those of the time without a connection', async () => {
    const item = (title: string) =>
      page.getByRole('list', { name: 'Issues' }).getByRole('listitem').filter({ hasText: title })
    const createIssue = async (title: string) => {
      const document =
        'mutation ($title: String!) { createIssue(input: { projectId: "CORE", title: $title }) { issue { id } } }'
      const { createIssue } = await server.send('tomas', document, { title })
      return (createIssue as { readonly issue: { readonly id: string } }).issue.id
    }
    const updateIssue = (input: object) =>
      server.send('tomas', 'mutation ($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { id } } }', {
        input,
      })
    await page.getByRole('combobox', { name: 'Status' }).selectOption('OPEN')
    const id = await createIssue('A pump leaks')
    await item('A pump leaks').waitFor()
    const archive = (archived: boolean) =>
      server.send('ada', 'mutation ($input: ArchiveTicketInput!) { archiveTicket(input: $input) { ticket { id } } }', {
        input: { id, archived },
      })
    await updateIssue({ id, title: 'Two pumps leak' })
    await item('Two pumps leak').waitFor()
    await archive(true)
    await item('Two pumps leak').waitFor({ state: 'detached' })
    await archive(false)
    await button('Show 1 new or changed issue').click()
    await item('Two pumps leak').waitFor()
    await server.restart()
    await createIssue('A pump is off')
    await item('A pump is off').waitFor()
    expect(recorded.takeErrors().filter((error) => !error.includes('net::ERR_'))).toEqual([])
  })

  test('signs out', async () => {
    await button('Sign out').click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
  })
})
