/** A real Chromium for the tests of pages, what their pages ask and complain of, and what is asked of every page. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { LONG } from './until.ts'

const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium'

/** Why a test that needs a browser is skipped; false where it is there. */
export const noBrowser =
  process.env.CI || existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed (Debian: apt-get install chromium)`

export const phone = { width: 390, height: 844 }

/** Starts a browser, gone at the end of the scope. */
export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    timeout: LONG,
  })
}

/** A page with what it asked for and what it complained of. */
export class Watched {
  readonly page: Page
  readonly paths: string[] = []
  readonly hosts = new Set<string>()
  readonly complaints: string[] = []
  /** The browser itself notes each answer that is no success, and each that does not come. */
  isRefused = false

  constructor(page: Page, most: number) {
    this.page = page
    page.setDefaultTimeout(most)
    page.on('request', (request) => {
      const { host, pathname } = new URL(request.url())
      this.hosts.add(host)
      this.paths.push(pathname)
    })
    page.on('websocket', (socket) => this.hosts.add(new URL(socket.url()).host))
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('console', (message) => {
      if (message.type() === 'error' && !this.isRefused) this.complaints.push(message.text())
    })
  }

  /** @param most ms that anything on it is waited for */
  static async open(browser: Browser, viewport = phone, most = LONG): Promise<Watched> {
    return new Watched(await browser.newPage({ viewport }), most)
  }
}

/**
 * What axe finds on a page as it is: nothing.
 * @param impacts that count; all where they are left out
 */
export async function accessible(page: Page, impacts?: readonly string[]): Promise<void> {
  // as the debugger would: the page's own policy lets no script in
  await page.evaluate(axe.source)
  const violations = (await page.evaluate(
    '(async () => (await axe.run()).violations.map(({ id, impact, nodes }) => ({ id, impact, at: nodes.map(({ target }) => target) })))()',
  )) as { id: string; impact: string }[]
  assert.deepEqual(
    violations.filter(({ impact }) => impacts?.includes(impact) ?? true),
    [],
  )
}

/** Nothing is wider than the screen. */
export async function fits(page: Page): Promise<void> {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  assert.ok(wider <= 0, `the page is ${wider} px wider than the screen`)
}
