import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { catalog, faultsOf, openStage, type Stage } from './support/browser.ts'

/** What a reader who cannot see is told without asking: by live regions, politely, each thing once. */

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
afterEach(async () => {
  const faults = stage.windows().flatMap((page) => faultsOf(page))
  await stage.closeWindows()
  expect(faults).toEqual([])
})

const t = catalog('en')
const PATIENT = { timeout: 30_000, interval: 100 }
const unique = (text: string) => `${text} ${Math.random().toString(36).slice(2, 8)}`

interface Said {
  text: string
  how: string
}

async function newTicket(subject: string): Promise<{ id: string }> {
  const made = await stage.people.olivia!.api.post('/tickets', {
    subject,
    body: 'Please help.',
    channel: 'web_form',
    contact: { name: 'Carla Contact', email: 'carla@customer.example' },
    departmentId: stage.departments.Support,
  })
  expect(made.status).toBe(201)
  return made.body
}

/**
 * Notes what is put into live regions, as a screen reader hears it: text that comes or changes in a region that was
 * there before, and alerts that come as a whole. A region that is atomic is said whole.
 */
function listen(): void {
  const said: Said[] = []
  ;(window as any).said = said
  const LIVE = '[aria-live]:not([aria-live="off"]), [role="status"], [role="alert"], [role="log"]'
  const how = (region: Element) =>
    region.getAttribute('aria-live') ?? (region.getAttribute('role') === 'alert' ? 'assertive' : 'polite')
  const isAtomic = (region: Element) =>
    region.getAttribute('aria-atomic') === 'true' ||
    (!region.hasAttribute('aria-atomic') && /^(status|alert)$/.test(region.getAttribute('role') ?? ''))
  const say = (region: Element, text: string) => {
    const words = text.replace(/\s+/g, ' ').trim()
    if (words && !region.closest('[inert], [aria-hidden="true"]') && !document.querySelector('dialog[open]'))
      said.push({ text: words, how: how(region) })
  }
  new MutationObserver((records) => {
    const whole = new Set<Element>()
    for (const { type, target, addedNodes } of records) {
      const element = target instanceof Element ? target : target.parentElement
      const region = element?.closest(LIVE)
      if (region && region.getAttribute('aria-live') !== 'off') {
        if (element?.closest('[aria-live="off"]')) continue
        if (isAtomic(region)) whole.add(region)
        else if (type === 'characterData') say(region, target.textContent ?? '')
        else for (const node of addedNodes) say(region, node.textContent ?? '')
        continue
      }
      for (const node of addedNodes)
        if (node instanceof Element)
          for (const alert of [node, ...node.querySelectorAll('[role="alert"]')])
            if (alert.matches('[role="alert"]')) say(alert, alert.textContent ?? '')
    }
    for (const region of whole) if (region.isConnected) say(region, region.textContent ?? '')
  }).observe(document, { childList: true, subtree: true, characterData: true })
}

async function hearing(person: string, path: string, ready: (page: Page) => Promise<unknown>): Promise<Page> {
  const page = await stage.window(person)
  await page.addInitScript(listen)
  await page.goto(stage.local.baseUrl + path)
  await ready(page)
  return page
}

const saidIn = (page: Page): Promise<Said[]> => page.evaluate(() => [...(window as any).said])
const forget = (page: Page) =>
  page.evaluate(() => {
    ;(window as any).said.length = 0
  })
const matching = async (page: Page, words: string | RegExp) =>
  (await saidIn(page)).filter(({ text }) =>
    typeof words === 'string' ? text.includes(words) : words.test(text),
  )

/** It is said, politely unless it must interrupt, and not a second time while the page settles. */
async function hears(page: Page, words: string | RegExp, how = 'polite'): Promise<void> {
  await expect
    .poll(async () => (await matching(page, words)).length, { ...PATIENT, message: `${words} is said` })
    .toBeGreaterThan(0)
  // A second time would come with the next paint at the latest.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
  expect(await matching(page, words)).toEqual([{ text: expect.any(String), how }])
}

it('says that there is more to solve', async () => {
  const page = await hearing('sam', '/lists/mine', (each) => each.getByRole('main').waitFor())
  const shown = async () =>
    Number((await page.locator('.sidebar .to-solve-count').textContent())?.replace(/\D/g, ''))
  const known = async () => (await stage.people.sam!.api.get('/me/to-solve?limit=1')).body.count
  await expect.poll(async () => (await shown()) === (await known()), PATIENT).toBe(true)
  await forget(page)
  const before = await shown()
  await newTicket(unique('More to solve'))
  await expect.poll(shown, PATIENT).toBe(before + 1)
  await hears(page, t('to_solve.news', { count: before + 1 }))
})

it('says who won a race, that something was saved, and that something failed', async () => {
  const { id } = await newTicket(unique('A race that is heard'))
  const page = await hearing('sam', `/tickets/${id}`, (each) =>
    each.getByRole('button', { name: t('action.claim'), exact: true }).waitFor(),
  )
  await page.route('**/api/v1/**', (route) =>
    route.request().method() === 'GET' ? undefined : route.continue(),
  )
  await stage.people.sara!.api.post(`/tickets/${id}/claim`)
  await forget(page)
  await page.getByRole('button', { name: t('action.claim'), exact: true }).press('Enter')
  await expect
    .poll(async () => (await matching(page, t('claim.lost', { name: 'Sara Silva' }))).length, PATIENT)
    .toBe(1)
  await page.unrouteAll({ behavior: 'ignoreErrors' })

  await page.goto(`${stage.local.baseUrl}/tickets/${id}`)
  const field = page.getByRole('textbox', { name: t('reply.label'), exact: true })
  await page.keyboard.press('m')
  const note = page.getByRole('textbox', { name: t('note.label'), exact: true })
  await note.or(field).first().waitFor()
  if (!(await note.isVisible()))
    await page.getByRole('radio', { name: t('action.note'), exact: true }).press('Space')
  await note.fill('Heard and noted.')
  await forget(page)
  await note.press('Control+Enter')
  await hears(page, t('note.saved'))

  await page.route(`**/api/v1/tickets/${id}/messages`, (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({
          status: 503,
          contentType: 'application/problem+json',
          body: JSON.stringify({
            type: 'https://onus.dev/problems/unavailable',
            title: 'Unavailable',
            status: 503,
          }),
        })
      : route.continue(),
  )
  await note.fill('This one fails.')
  await forget(page)
  await note.press('Control+Enter')
  await hears(page, t('problem.unavailable'), 'assertive')
  expect(await note.inputValue()).toBe('This one fails.')
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})

it('says what changed under one’s hands, who has the ticket now, and who writes as well', async () => {
  const { id } = await newTicket(unique('Changed while I write'))
  const page = await hearing('sam', `/tickets/${id}`, (each) =>
    each.getByRole('textbox', { name: t('reply.label'), exact: true }).waitFor(),
  )
  await page.getByRole('textbox', { name: t('reply.label'), exact: true }).fill('I am on it.')
  await page.getByText(t('reply.kept')).waitFor()
  await forget(page)
  await stage.people.sara!.api.post(`/tickets/${id}/claim`)
  await hears(page, t('reply.changed'))
  await hears(page, /^Support ?Sara Silva|Sara Silva$/)

  await forget(page)
  const other = await stage.window('sara')
  await other.goto(`${stage.local.baseUrl}/tickets/${id}`)
  await other.getByRole('textbox', { name: t('reply.label'), exact: true }).fill('So am I.')
  const names = '\u2068Sara Silva\u2069'
  await hears(page, t('viewers.writing', { names, count: 1 }))
})

it('says that the connection is lost, and that it is back', async () => {
  const page = await hearing('sam', '/lists/unassigned', (each) => each.getByRole('main').waitFor())
  await forget(page)
  await page.route('**/api/v1/me/events', (route) => route.abort())
  await page.evaluate(() => window.dispatchEvent(new Event('offline')))
  await hears(page, t('connection.lost'))
  await forget(page)
  await page.unroute('**/api/v1/me/events')
  await page.evaluate(() => window.dispatchEvent(new Event('online')))
  await hears(page, t('connection.healed'))
})
