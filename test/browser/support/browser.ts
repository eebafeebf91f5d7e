import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { IntlMessageFormat } from 'intl-messageformat'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { createApi } from '../../support/api.ts'
import { type Local, readLocal, type TestAgent } from '../../support/world.ts'

/** Debian's browser, driven from outside. */

const EXECUTABLES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', process.env.CHROMIUM ?? '']
/** A slow machine is no failure. */
const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 15_000)

/** Whose session the tests end. */
const SIGNS_OUT = 'marc'

/** Where pictures of the pages are kept. */
export const SHOTS = join(fileURLToPath(new URL('../../../', import.meta.url)), 'test-output/browser')

export type Language = 'en' | 'ar'

/** What a browser of an Arabic reader says of itself. */
export const arabic: BrowserContextOptions = { locale: 'ar-EG', timezoneId: 'Africa/Cairo' }

/** As a browser of that region writes numbers. */
const REGIONS: Record<Language, string> = { en: 'en-GB', ar: 'ar-EG' }

/** The console's own words, so that a test names things as the window does. */
export function catalog(
  language: Language,
): (id: string, values?: Record<string, string | number>) => string {
  const file = new URL(`../../../services/console/src/i18n/catalogs/${language}.json`, import.meta.url)
  const messages = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  return (id, values) => {
    const text = messages[id]
    if (text === undefined) throw new Error(`no message ${id}`)
    return String(new IntlMessageFormat(text, REGIONS[language]).format(values))
  }
}

export interface Stage {
  local: Local
  browser: Browser
  /** The demo's agents by the first word of their name, in lower case. */
  people: Record<string, TestAgent>
  departments: Record<string, string>
  /** A window of its own, signed in as one of the demo's agents, who reads that language. */
  window(person: string, options?: BrowserContextOptions, language?: Language): Promise<Page>
  /** Every window that is open. */
  windows(): Page[]
  /** Closes every window. A browser that does not let go of one is ended, and another takes its place. */
  closeWindows(): Promise<void>
  close(): Promise<void>
}

/** Whether the browser did it: one that drives a worker which sleeps has been seen not to answer any more. */
const inTime = (done: Promise<unknown>): Promise<boolean> =>
  Promise.race([
    done.then(
      () => true,
      () => false,
    ),
    sleep(PATIENCE_MS, false),
  ])

export async function openStage(): Promise<Stage> {
  const local = await readLocal()
  const executablePath = EXECUTABLES.find((path) => path && existsSync(path))
  if (!executablePath) throw new Error('no chromium; `npm test` installs it, or name one in CHROMIUM')
  const launch = () => chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  let browser = await launch()
  const people: Stage['people'] = {}
  for (const agent of local.demo.agents) {
    const name = agent.name.split(' ')[0]?.toLowerCase() ?? ''
    people[name] = { ...agent, key: agent.apiKey, api: createApi(local.baseUrl, agent.apiKey) }
  }
  const departments = Object.fromEntries(local.demo.departments.map(({ id, name }) => [name, id]))
  mkdirSync(SHOTS, { recursive: true })
  const sessions = new Map<string, Awaited<ReturnType<BrowserContext['storageState']>>>()
  const stage: Stage = {
    local,
    get browser() {
      return browser
    },
    people,
    departments,
    windows: () => browser.contexts().flatMap((context) => context.pages()),
    async window(person, options = {}, language = 'en') {
      const agent = people[person]
      if (!agent) throw new Error(`nobody in the demo is called ${person}`)
      const preferences = (await agent.api.get('/me/preferences')).body
      if (preferences.locale !== language)
        await agent.api.put('/me/preferences', { ...preferences, locale: language })
      // Signing in has its own test; everybody else keeps the session of the first time.
      const storageState = sessions.get(person)
      const context = await browser.newContext({
        storageState,
        viewport: { width: 1280, height: 800 },
        locale: 'en-GB',
        timezoneId: 'Europe/Madrid',
        reducedMotion: 'reduce',
        ...options,
      })
      context.setDefaultTimeout(PATIENCE_MS)
      const page = await context.newPage()
      watch(page)
      if (storageState) await page.goto(local.consoleUrl)
      else await signIn(page, local.consoleUrl, agent.name)
      if (!storageState && person !== SIGNS_OUT) sessions.set(person, await context.storageState())
      await page.locator(`html[lang="${language}"]`).waitFor()
      return page
    },
    async closeWindows() {
      const closed = Promise.all(browser.contexts().map((context) => context.close()))
      if (await inTime(closed)) return
      await inTime(browser.close())
      browser = await launch()
    },
    async close() {
      await inTime(browser.close())
    },
  }
  return stage
}

/** As a person does it: our button, then their name at the issuer. */
export async function signIn(page: Page, consoleUrl: string, name: string): Promise<void> {
  await page.goto(consoleUrl)
  await page.locator('a.sign-in-button').click()
  await page.getByRole('button', { name }).click()
  await page.waitForURL(/\/lists\//)
  await page.getByRole('main').waitFor()
}

const faults = new WeakMap<Page, string[]>()

/** Notes what the page's policy refused and what broke, which no test may pass over. */
function watch(page: Page): void {
  const found: string[] = []
  faults.set(page, found)
  page.on('pageerror', (error) => found.push(`error: ${error.message}`))
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript/i.test(message.text())) found.push(message.text())
  })
}

export const faultsOf = (page: Page): string[] => faults.get(page) ?? []
