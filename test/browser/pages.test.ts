import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openPage, type RecordedPage } from './browser.ts'
import { type DemoServer, startDemoServer } from './server.ts'

describe('the pages of the server', () => {
  const resources = new AsyncDisposableStack()
  let server: DemoServer
  let recorded: RecordedPage
  let page: RecordedPage['page']

  beforeAll(async () => {
    server = resources.use(await startDemoServer('embedded'))
    recorded = resources.use(await openPage())
    page = recorded.page
  })
  afterAll(() => resources.disposeAsync())
  afterEach(() => expect(recorded.takeErrors()).toEqual([]))

  test('the landing page signs in, and links to GraphiQL', async () => {
    await page.goto(server.url)
    await page.getByText('Ready').waitFor()
    expect(await recorded.findViolations()).toEqual([])
    await page.getByRole('button', { name: 'Sign in' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Username').fill('ada')
    await dialog.getByLabel('Password').fill('snaglist-demo')
    expect(await recorded.findViolations()).toEqual([])
    await dialog.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Ada Brandt').first().waitFor()
    await page.getByRole('link', { name: 'Open GraphiQL' }).click()
    await page.waitForURL('**/graphql')
  })

  test('GraphiQL runs the example of its first tab, signed in', async () => {
    await page.getByRole('button', { name: /Execute query/ }).click()
    await page.locator('.result-window').getByText('"data"').waitFor()
    // GraphiQL itself has violations, for example in its editors.
    expect(await recorded.findViolations('header')).toEqual([])
  })

  test('the docs are found by a search', async () => {
    await page.goto(`${server.url}/docs`)
    await page.getByLabel('Search the documentation').fill('optimistic concurrency')
    await page
      .getByRole('option', { name: /Optimistic concurrency/ })
      .first()
      .waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/docs\/.+#optimistic/)
    expect(await recorded.findViolations()).toEqual([])
  })

  test.each([
    ['light', 360],
    ['dark', 1280],
  ] as const)('pages are accessible in the %s color scheme at a width of %i pixels', async (colorScheme, width) => {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 800 })
    for (const path of ['/', '/docs', '/docs/errors']) {
      await page.goto(`${server.url}${path}`)
      expect(await recorded.findViolations()).toEqual([])
    }
  })
})
