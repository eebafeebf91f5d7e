import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { arabic, catalog, faultsOf, openStage, SHOTS, type Stage } from './support/browser.ts'

/** Every page in English and Arabic, light and dark: nothing serious for axe, and a picture to look at. */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The pages' policy would let nothing be put into them, not even axe; the other suite leaves it in force. */
const ASKED_FROM_OUTSIDE = { bypassCSP: true }

let stage: Stage
let ticketId: string
let ruleId: string
let webhookId: string
beforeAll(async () => {
  stage = await openStage()
  const { olivia, sam, sara } = stage.people
  const make = (over: object) =>
    olivia!.api.post('/tickets', {
      subject: 'Invoice 2231 is wrong',
      body: 'Hello,\n\nthe invoice has the wrong address.\n\nThank you, Carla',
      channel: 'email',
      contact: { name: 'Carla Contact', email: 'carla@customer.example' },
      departmentId: stage.departments.Support,
      tags: ['billing'],
      ...over,
    })
  ticketId = (await make({})).body.id
  await make({
    subject: 'الفاتورة رقم 2231 غير صحيحة',
    contact: { name: 'فاطمة الزهراء' },
    priority: 'urgent',
  })
  await make({
    subject: 'A subject that goes on and on, to see what a list does with one that is far too long',
  })
  const rule = await olivia!.api.post('/rules', {
    active: false,
    name: 'Ticket route Sonia',
    notes: 'Routes all social media tickets to Sonia in Marketing.',
    trigger: { type: 'ticket_created' },
    conditions: [
      [{ field: 'channel', op: 'in', value: ['facebook', 'x', 'instagram', 'viber'] }],
      [{ field: 'subject', op: 'contains', value: 'newsletter' }],
    ],
    actions: [
      { type: 'transfer', departmentId: stage.departments.Marketing, agentId: stage.people.sonia!.id },
    ],
  })
  ruleId = rule.body.id
  const webhook = await olivia!.api.post('/webhooks', {
    url: 'http://127.0.0.1:9/hook',
    events: ['dev.onus.ticket.created.v1'],
  })
  expect(webhook.status).toBe(201)
  webhookId = webhook.body.id
  await sam!.api.post(`/tickets/${ticketId}/claim`)
  const say = (api: typeof sam, author: string, kind: string, body: string) =>
    api!.api.post(`/tickets/${ticketId}/messages`, { author, kind, body })
  await say(sam, 'agent', 'public', 'Hello Carla,\n\nI am looking into it.\n\nSam')
  await say(sara, 'agent', 'note', 'She called twice. مرحبا 2231')
  await say(olivia, 'contact', 'public', 'Thank you!')
})
afterAll(async () => {
  await stage.people.olivia!.api.delete(`/rules/${ruleId}`)
  await stage.people.olivia!.api.delete(`/webhooks/${webhookId}`)
  await stage.close()
})

interface Shown {
  name: string
  path: () => string
  /** What is there when the page is. */
  ready: string
}

const PAGES: Shown[] = [
  { name: 'list-mine', path: () => '/lists/mine', ready: '.ticket-row, .empty' },
  { name: 'list-unassigned', path: () => '/lists/unassigned', ready: '.ticket-row, .empty' },
  { name: 'list-all', path: () => '/lists/all', ready: '.ticket-row' },
  {
    name: 'list-department',
    path: () => `/lists/department/${stage.departments.Support}`,
    ready: '.ticket-row',
  },
  { name: 'list-search', path: () => '/lists/search?q=2231', ready: '.ticket-row' },
  { name: 'list-empty', path: () => '/lists/search?q=zzzzzz', ready: '.empty' },
  { name: 'ticket', path: () => `/tickets/${ticketId}`, ready: '.message' },
  { name: 'ticket-new', path: () => '/tickets/new', ready: '.form-page' },
  { name: 'notifications', path: () => '/notifications', ready: '.feed, .empty' },
  { name: 'profile', path: () => '/profile', ready: '.matrix' },
  { name: 'not-found', path: () => '/nowhere', ready: '.empty' },
]

const CONFIGURATION: Shown[] = [
  { name: 'general', path: () => '/configuration/general', ready: '.form-page' },
  { name: 'departments', path: () => '/configuration/departments', ready: '.data' },
  {
    name: 'department',
    path: () => `/configuration/departments/${stage.departments.Support}`,
    ready: '.form-page',
  },
  { name: 'agents', path: () => '/configuration/agents', ready: '.data' },
  { name: 'agent', path: () => `/configuration/agents/${stage.people.sam!.id}`, ready: '.form-page' },
  { name: 'rules', path: () => '/configuration/rules', ready: '.rules' },
  { name: 'rule', path: () => `/configuration/rules/${ruleId}`, ready: '.form-page' },
  { name: 'rule-versions', path: () => `/configuration/rules/${ruleId}/versions`, ready: '.page-scroll h2' },
  { name: 'rule-why', path: () => `/configuration/rules/${ruleId}/why`, ready: '.page-scroll .input' },
  { name: 'dry-run', path: () => '/configuration/rules/dry-run', ready: '.page-scroll button' },
  { name: 'templates', path: () => '/configuration/templates', ready: '.data, .empty' },
  { name: 'webhooks', path: () => '/configuration/webhooks', ready: '.data, .empty' },
  { name: 'webhook', path: () => `/configuration/webhooks/${webhookId}`, ready: '.card' },
  { name: 'webhook-new', path: () => '/configuration/webhooks/new', ready: '.form-page' },
  { name: 'integrations', path: () => '/configuration/integrations', ready: '.card .button' },
  {
    name: 'leaving',
    path: () => `/configuration/agents/${stage.people.sam!.id}/leaving`,
    ready: '.form-page .card',
  },
  { name: 'insight', path: () => '/insight', ready: '.insight-card' },
  { name: 'keys', path: () => '/configuration/keys', ready: '.data' },
  { name: 'mails', path: () => '/configuration/mails', ready: '.data, .empty' },
  { name: 'notices', path: () => '/configuration/notices', ready: '.ledger .data, .ledger .empty' },
  { name: 'audit', path: () => '/configuration/audit', ready: '.data' },
]

async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run: (options: object) => Promise<{ violations: any[] }> } }).axe.run({
      resultTypes: ['violations'],
      // Also what axe leaves out by itself, such as the size of targets.
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }),
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ target, failureSummary }: any) => `${target} ${failureSummary}`).join('; ')}`,
    )
}

const WIDE = { width: 1280, height: 800 }
const PHONE = { width: 390, height: 780 }
/** A small phone; text at twice its size, and all at four times its size (WCAG 1.4.4, 1.4.10). */
const SMALL = [
  { width: 320, height: 640 },
  { width: 640, height: 400 },
  { width: 320, height: 256 },
]

/** What moves although the reader has asked that nothing does. */
const moving = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    document
      .getAnimations()
      .filter(({ playState, effect }) => playState === 'running' && Number(effect?.getTiming().duration) > 20)
      .map(
        (each) => (each as CSSTransition).transitionProperty ?? (each as CSSAnimation).animationName ?? '',
      ),
  )

/** How much wider the page is than its window. */
const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)

/** How high the part of the page is that scrolls, or the page when all of it fits. */
const roomLeft = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const scrolls = [...document.querySelectorAll('main, main *')].filter((each) => {
      const { overflowY } = getComputedStyle(each)
      return /auto|scroll/.test(overflowY) && each.scrollHeight > each.clientHeight + 1
    })
    return Math.max(0, ...scrolls.map((each) => each.clientHeight)) || innerHeight
  })

async function settled(page: Page, ready: string): Promise<void> {
  await page.locator(ready).first().waitFor()
  await page.locator('.spinner').first().waitFor({ state: 'detached' })
  await page.evaluate(() => document.fonts.ready)
}

describe.each([
  ['en', 'light'],
  ['en', 'dark'],
  ['ar', 'light'],
  ['ar', 'dark'],
] as const)('in %s, %s', (language, colorScheme) => {
  let page: Page
  beforeAll(async () => {
    page = await stage.window(
      'sam',
      { ...(language === 'ar' ? arabic : {}), colorScheme, ...ASKED_FROM_OUTSIDE },
      language,
    )
  })
  afterAll(() => page.context().close())

  const look = async (shown: Shown) => {
    await page.goto(stage.local.baseUrl + shown.path())
    await settled(page, shown.ready)
    await page.screenshot({ path: join(SHOTS, `${shown.name}.${language}.${colorScheme}.png`) })
    expect(await seriousFaults(page)).toEqual([])
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    await page.setViewportSize(PHONE)
    try {
      await page.screenshot({ path: join(SHOTS, `${shown.name}.phone.${language}.${colorScheme}.png`) })
      expect(await overflow(page)).toBeLessThanOrEqual(0)
      // The colours are those of the wide page; what else differs on a phone is the same in every language.
      if (language === 'en' && colorScheme === 'light') expect(await seriousFaults(page)).toEqual([])
      expect(await moving(page)).toEqual([])
      if (colorScheme === 'light')
        for (const size of SMALL) {
          await page.setViewportSize(size)
          // The page hears of it in its own time.
          await page.waitForFunction(
            ({ width, height }) => innerWidth === width && innerHeight === height,
            size,
          )
          expect(await overflow(page), `wider than ${size.width} px`).toBeLessThanOrEqual(0)
          // Nothing that sticks leaves no room for the page itself.
          expect(await roomLeft(page), `room at ${size.width} by ${size.height}`).toBeGreaterThan(60)
        }
    } finally {
      await page.setViewportSize(WIDE)
    }
  }

  it.each(PAGES)('$name', look)

  it('dialogs', async () => {
    const t = catalog(language)
    await page.goto(`${stage.local.baseUrl}/tickets/${ticketId}`)
    await settled(page, '.message')
    for (const [name, open] of [
      ['dialog-transfer', () => page.keyboard.press('t')],
      ['dialog-why', () => page.getByRole('button', { name: t('responsibility.why') }).click()],
      ['dialog-shortcuts', () => page.keyboard.press('?')],
    ] as const) {
      await open()
      await page.getByRole('dialog').waitFor()
      await page.screenshot({ path: join(SHOTS, `${name}.${language}.${colorScheme}.png`) })
      expect(await seriousFaults(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    }
    expect(faultsOf(page)).toEqual([])
  })

  describe('configuration', () => {
    let before: Page
    beforeAll(async () => {
      before = page
      page = await stage.window(
        'olivia',
        { ...(language === 'ar' ? arabic : {}), colorScheme, ...ASKED_FROM_OUTSIDE },
        language,
      )
    })
    afterAll(async () => {
      await page.context().close()
      page = before
    })

    it.each(CONFIGURATION)('$name', look)
  })
})

it.each([
  ['en', 'light'],
  ['ar', 'dark'],
] as const)(
  'the pages of who is not signed in, or not connected, in %s, %s',
  async (language, colorScheme) => {
    const context = await stage.browser.newContext({
      viewport: WIDE,
      colorScheme,
      ...(language === 'ar' ? arabic : {}),
      ...ASKED_FROM_OUTSIDE,
    })
    const page = await context.newPage()
    for (const [name, path] of [
      ['sign-in', '/'],
      ['sign-in-refused', '/sign-in?error=refused'],
      ['offline', '/offline.html'],
    ] as const) {
      await page.goto(new URL(path, stage.local.consoleUrl).href)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.locator(`html[lang="${language}"]`).waitFor()
      for (const [size, viewport] of [
        ['', WIDE],
        ['.phone', PHONE],
      ] as const) {
        await page.setViewportSize(viewport)
        await page.screenshot({ path: join(SHOTS, `${name}${size}.${language}.${colorScheme}.png`) })
        expect(await seriousFaults(page)).toEqual([])
        expect(await overflow(page)).toBeLessThanOrEqual(0)
      }
    }
    await context.close()
  },
)
