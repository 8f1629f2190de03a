import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openPage, type RecordedPage } from './browser.ts'
import { type DemoServer, databases, serveExample, startDemoServer } from './server.ts'

const importedCount = 180
const csvFile = (rows: readonly string[]) => ({
  name: 'tickets.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from(['title,priority', ...rows, ''].join('\n')),
})

describe.each(databases)('the board with a server on the %s database', (database) => {
  const resources = new AsyncDisposableStack()
  let server: DemoServer
  let url: string
  let recorded: RecordedPage
  let page: RecordedPage['page']

  beforeAll(async () => {
    server = resources.use(await startDemoServer(database, 'board'))
    url = resources.use(await serveExample('board')).url
    recorded = resources.use(await openPage())
    page = recorded.page
  })
  afterAll(() => resources.disposeAsync())

  afterEach(async () => {
    expect(recorded.takeErrors()).toEqual([])
    // Pages look the same on both databases.
    if (database === 'embedded') expect(await recorded.findViolations()).toEqual([])
  })

  const heading = (name: string | RegExp) => page.getByRole('heading', { name })
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true })
  const signIn = async (username: string) => {
    await page.getByLabel('Username').fill(username)
    await page.getByLabel('Password').fill('snaglist-demo')
    await button('Sign in').click()
    await button('Sign out').waitFor()
  }
  const choice = (name: string) => page.getByRole('combobox', { name, exact: true })
  const rows = () => page.getByRole('row').filter({ has: page.getByRole('link') })

  test('rejects a wrong password, then signs in', async () => {
    await page.goto(url)
    await page.getByLabel('Username').fill('ada')
    await page.getByLabel('Password').fill('wrong password')
    await button('Sign in').click()
    await page.getByText('The username or the password is wrong.').waitFor()
    await page.getByLabel('Password').fill('snaglist-demo')
    await button('Sign in').click()
    await heading('Core drive unit').waitFor()
  })

  test('imports a file after a dry run has listed the errors of its rows', async () => {
    await page.getByRole('link', { name: 'Core drive unit' }).click()
    await page.getByRole('link', { name: 'Import', exact: true }).click()
    const file = page.getByLabel('CSV file')
    const valid = Array.from({ length: importedCount }, (_, index) => `Imported ${index} with a weldspot,HIGH`)
    await file.setInputFiles(csvFile([...valid, 'Weldspot without priority,soon', ',LOW']))
    const errors = page.getByRole('table', { name: 'Errors' }).getByRole('row')
    await errors.nth(2).waitFor()
    expect(await errors.nth(1).textContent()).toMatch(/^181priority.*soon/)
    expect(await errors.nth(2).textContent()).toMatch(/^182title/)
    expect(await button(/^Import/).count()).toBe(0)
    await file.setInputFiles(csvFile(valid))
    await button(`Import ${importedCount} rows`).click()
    await page.getByText(`The import created ${importedCount} tickets`).waitFor()
  })

  test('loads the whole list while scrolling', async () => {
    await page.getByRole('link', { name: 'Core', exact: false }).first().click()
    await page.getByText('240 tickets').waitFor()
    for (let count = await rows().count(); count < 240; count = await rows().count()) {
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight))
      await rows().nth(count).waitFor()
    }
    const keys = await page.locator('td.column-key').allTextContents()
    expect(new Set(keys).size).toBe(240)
    expect(await button('Load more').count()).toBe(0)
  })

  test('sends at most three operations for a page, and opens a stream for its changes', async () => {
    recorded.takeRequestCounts()
    await page.goto(url)
    await heading('Core drive unit').waitFor()
    await page.waitForLoadState('networkidle')
    expect(recorded.takeRequestCounts()).toMatchObject({ streams: 0, operations: expect.toSatisfy((n) => n <= 3) })
    for (const path of ['/projects/CORE', '/tickets/CORE-1']) {
      await recorded.openLive(`${url}${path}`)
      await page.getByRole('main').getByRole('link').first().waitFor()
      expect(recorded.takeRequestCounts()).toMatchObject({ streams: 1, operations: expect.toSatisfy((n) => n <= 3) })
    }
  })

  test('searches with excerpts, and keeps the filters in the URL', async () => {
    await page.goto(`${url}/projects/CORE`)
    await page.getByText('240 tickets').waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('weld')
    await page.waitForURL(/q=weld$/)
    // The input has kept the focus.
    await page.keyboard.type('spot')
    await page.getByText(`${importedCount} tickets`).waitFor()
    await page
      .locator('mark', { hasText: /^weldspot$/ })
      .first()
      .waitFor()
    await page.getByLabel('Search').fill('')
    await page.getByText('240 tickets').waitFor()
    await choice('Kind').selectOption('Defect')
    await choice('Status').selectOption('Unresolved')
    await page.waitForURL(/status=unresolved$/)
    await rows().first().waitFor()
    expect(await page.locator('td.column-status').allTextContents()).not.toContain('Closed')
    expect(new URL(page.url()).search).toBe('?kind=DEFECT&status=unresolved')
    const keys = await page.locator('td.column-key').allTextContents()
    await page.reload()
    await rows().first().waitFor()
    expect(await page.locator('td.column-key').allTextContents()).toEqual(keys)
  })

  test('changes a ticket, and shows both values of a conflict', async () => {
    await page.goto(`${url}/tickets/CORE-1`)
    await choice('Priority').selectOption('Low')
    await page.getByText(/changed priority from .* to Low/).waitFor()
    await button('Edit title').click()
    await page.getByLabel('Title').fill('Title of Ada')
    await server.send(
      'tomas',
      'mutation { updateIssue(input: { id: "CORE-1", title: "Title of Tomás" }) { issue { id } } }',
    )
    await button('Save').click()
    const dialog = page.getByRole('dialog', { name: 'Another user changed this ticket' })
    await dialog.waitFor()
    expect(await dialog.getByRole('row').nth(1).textContent()).toBe('TitleTitle of TomásTitle of Ada')
    expect(await recorded.findViolations()).toEqual([])
    await dialog.getByRole('button', { name: 'Save mine' }).click()
    await dialog.waitFor({ state: 'detached' })
    await heading('Title of Ada').waitFor()
  })

  test('assigns and labels a ticket', async () => {
    await button('Assign').click()
    await page.getByLabel('Search people').fill('tom')
    await button(/Tomás Ribeiro/).click()
    await page.getByText(/changed assignee from .* to Tomás Ribeiro/).waitFor()
    await button('Edit labels').click()
    await page.getByRole('checkbox').first().click()
    await button('Save labels').click()
    await page.getByText('changed labels').waitFor()
  })

  test('renders comments and replies without executing or loading their content', async () => {
    const comment =
      '**Bold** <img src=x onerror=alert(1)> ![pixel](https://example.com/pixel.png) [link](javascript:alert(1))'
    await page.getByLabel('Add a comment').fill(comment)
    await button('Comment').click()
    await page.locator('article strong', { hasText: 'Bold' }).waitFor()
    await button('Reply').last().click()
    await page.getByLabel('Reply to Ada Brandt').fill('A reply')
    await button('Send reply').click()
    await page.locator('.thread .thread').getByText('A reply').waitFor()
    expect(await page.locator('.markdown img').count()).toBe(0)
    expect(await page.getByText('link', { exact: true }).getAttribute('href')).not.toContain('javascript')
  })

  test('updates all tickets of a filter only while it matches as many as before', async () => {
    await page.goto(`${url}/projects/CORE?q=weldspot&status=OPEN`)
    await button(`Update all ${importedCount}`).click()
    await choice('New status').selectOption('Closed')
    await button('Preview').click()
    await page.getByText(`${importedCount} of ${importedCount} tickets will change.`).waitFor()
    await choice('New status').selectOption('Open')
    expect(await button('Update').isDisabled()).toBe(true)
    await choice('New status').selectOption('Closed')
    await server.send(
      'tomas',
      'mutation { createIssue(input: { projectId: "CORE", title: "Another weldspot" }) { issue { id } } }',
    )
    await button('Update').click()
    await page.getByText(/matches 181/).waitFor()
    await button('Cancel').click()
    await page.reload()
    await page.getByRole('checkbox').first().click()
    await button('Update 1 selected').click()
    await button('Preview').click()
    await page.getByText('1 of 1 ticket will change.').waitFor()
    await button('Update').click()
    await page.getByText(`${importedCount} tickets`).waitFor()
  })

  const soon = { timeout: 1000 }
  const withoutLostConnections = (errors: readonly string[]) => errors.filter((error) => !error.includes('net::ERR_'))
  const updateIssue = (username: string, input: object) =>
    server.send(username, 'mutation ($input: UpdateIssueInput!) { updateIssue(input: $input) { issue { id } } }', {
      input,
    })
  const createIssue = async (title: string) => {
    const document =
      'mutation ($title: String!) { createIssue(input: { projectId: "CORE", title: $title }) { issue { id } } }'
    const { createIssue } = await server.send('tomas', document, { title })
    return (createIssue as { readonly issue: { readonly id: string } }).issue.id
  }
  const rowOf = (title: string) => rows().filter({ hasText: title })

  test('a list shows new, changed and leaving tickets as other clients change them', async () => {
    await recorded.openLive(`${url}/projects/CORE?status=OPEN`)
    const count = Number.parseInt((await page.getByText(/^\d+ tickets$/).textContent()) ?? '', 10)
    const id = await createIssue('A fan is loud')
    await rowOf('A fan is loud').waitFor(soon)
    expect(await rows().first().textContent()).toContain('A fan is loud')
    await page.getByText(`${count + 1} tickets`).waitFor()
    await updateIssue('tomas', { id, title: 'Two fans are loud', priority: 'URGENT' })
    await rowOf('Two fans are loud').getByText('Urgent').waitFor(soon)
    await updateIssue('tomas', { id, status: 'RESOLVED' })
    await rowOf('Two fans are loud').waitFor({ state: 'detached', ...soon })
    await page.getByText(`${count} tickets`).waitFor()
    await updateIssue('tomas', { id, status: 'OPEN' })
    await button('Show 1 new or changed ticket').click()
    await rowOf('Two fans are loud').waitFor()
    expect(await button('Show 1 new or changed ticket').count()).toBe(0)
  })

  test('a list catches up with the changes of the time without a connection', async () => {
    const id = await createIssue('Before the restart')
    await rowOf('Before the restart').waitFor(soon)
    await server.restart()
    await createIssue('After the restart')
    await updateIssue('tomas', { id, status: 'CLOSED' })
    await rowOf('After the restart').waitFor()
    await rowOf('Before the restart').waitFor({ state: 'detached' })
    expect(withoutLostConnections(recorded.takeErrors())).toEqual([])
  })

  test('a ticket shows the comments and changes of other clients', async () => {
    const id = await createIssue('A door is open')
    await recorded.openLive(`${url}/tickets/${id}`)
    await server.send(
      'tomas',
      'mutation ($ticketId: ID!) { addComment(input: { ticketId: $ticketId, body: "I have closed it" }) { comment { id } } }',
      { ticketId: id },
    )
    await page.getByText('I have closed it').waitFor(soon)
    await updateIssue('tomas', { id, title: 'The door was open', status: 'RESOLVED' })
    await heading('The door was open').waitFor(soon)
    expect(await choice('Status').inputValue()).toBe('RESOLVED')
    await page.getByText(/changed .*status from Open to Resolved/).waitFor()
  })

  test('a text that another user changes meanwhile is kept until its author decides', async () => {
    const id = await createIssue('A lamp is dark')
    await recorded.openLive(`${url}/tickets/${id}`)
    await button('Edit description').click()
    await page.getByLabel('Description').last().fill('Description of Ada')
    await updateIssue('tomas', { id, status: 'IN_PROGRESS' })
    await page.getByText('changed status').waitFor()
    expect(await page.getByText('meanwhile').count()).toBe(0)
    await updateIssue('tomas', { id, description: 'Description of Tomás' })
    await page.getByText('Tomás Ribeiro changed the description meanwhile.').waitFor(soon)
    await button('Save').click()
    const dialog = page.getByRole('dialog', { name: 'Another user changed this ticket' })
    await dialog.waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    expect(await page.getByRole('textbox', { name: 'Description' }).inputValue()).toBe('Description of Ada')
    await button('Save').click()
    await dialog.getByRole('button', { name: 'Keep theirs' }).click()
    await page.getByText('Description of Tomás').waitFor()
  })

  test('a page whose session has ended follows changes after the next sign-in', async () => {
    await recorded.openLive(`${url}/projects/CORE`)
    await page.evaluate(
      (api) =>
        fetch(api, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            authorization: `Bearer ${localStorage.getItem('snaglist-board:token')}`,
          },
          body: '{"query":"mutation { signOut { signedOut } }"}',
        }),
      `${server.url}/graphql`,
    )
    await heading('Sign in to Snaglist').waitFor()
    await signIn('ada')
    await rows().first().waitFor()
    await createIssue('After the sign-in')
    await rowOf('After the sign-in').waitFor()
  })

  test('hides the controls that a REPORTER may not use, and signs out', async () => {
    await button('Sign out').click()
    await signIn('yuki')
    await page.goto(`${url}/projects/CORE`)
    await rows().first().waitFor()
    expect(await page.getByRole('checkbox').count()).toBe(0)
    expect(await page.getByRole('link', { name: 'Import', exact: true }).count()).toBe(0)
    await page.goto(`${url}/tickets/CORE-12`)
    await heading('Comments').waitFor()
    expect(await button('Edit title').count()).toBe(0)
    await button('Sign out').click()
    await heading('Sign in to Snaglist').waitFor()
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
  })

  test.runIf(database === 'embedded')('is accessible in both color schemes, on wide and narrow screens', async () => {
    await signIn('ada')
    for (const path of ['/projects/CORE?q=weldspot', '/tickets/CORE-1']) {
      await page.goto(`${url}${path}`)
      await page.getByRole('main').getByRole('link').first().waitFor()
      // Other tests check the light colors on a wide screen.
      for (const [colorScheme, width] of [
        ['dark', 1280],
        ['dark', 360],
        ['light', 360],
      ] as const) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 800 })
        expect(await recorded.findViolations()).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      }
    }
  })
})
