import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type axe from 'axe-core'
import { type BrowserContextOptions, chromium, type Page, type Request } from 'playwright-core'

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** A page of Chromium that records what a frontend must not do. */
export interface RecordedPage extends AsyncDisposable {
  readonly page: Page
  /** Returns the errors of the console, exceptions, and requests to other hosts since the last call. */
  readonly takeErrors: () => string[]
  /** Returns the number of requests that the page has sent to the API since the last call. */
  readonly takeRequestCounts: () => { readonly operations: number; readonly streams: number }
  /** Opens a page that follows changes, and resolves when its stream has begun. */
  readonly openLive: (url: string) => Promise<void>
  /** Accessibility violations of the impact "serious" or "critical" in the current state of the page, or in a part of it. */
  readonly findViolations: (selector?: string) => Promise<string[]>
}

export async function openPage(options: BrowserContextOptions = {}): Promise<RecordedPage> {
  if (!existsSync(executablePath))
    throw new Error(
      `There is no Chromium at ${executablePath}. Install it, for example with: apt-get install chromium, or set CHROMIUM.`,
    )
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  })
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })).newPage()
  page.setDefaultTimeout(20_000)
  const errors: string[] = []
  let counts = { operations: 0, streams: 0 }
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('request', (request) => {
    const { hostname, pathname } = new URL(request.url())
    if (hostname !== 'localhost') errors.push(`Request to another host: ${request.url()}`)
    if (pathname === '/graphql' && request.method() === 'POST') counts[isStream(request) ? 'streams' : 'operations']++
  })
  return {
    page,
    takeErrors: () => errors.splice(0),
    takeRequestCounts() {
      const taken = counts
      counts = { operations: 0, streams: 0 }
      return taken
    },
    async openLive(url) {
      const stream = page.waitForResponse((response) => isStream(response.request()))
      await page.goto(url)
      await stream
    },
    async findViolations(selector = 'html') {
      await page.evaluate(axeSource)
      // Later rows of a table repeat the violations of the first.
      const context = { include: [selector], exclude: ['tr:nth-child(n + 20)'] }
      const { violations } = await page.evaluate(
        (value) => (window as unknown as { axe: typeof axe }).axe.run(value),
        context,
      )
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`))
    },
    [Symbol.asyncDispose]: () => browser.close(),
  }
}

const isStream = (request: Request) => request.headers()['accept']?.startsWith('text/event-stream') ?? false
