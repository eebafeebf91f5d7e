import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStage, type Stage } from './support/browser.ts'
import { quantile, scrollDown } from './support/scroll.ts'

/**
 * A list of 20,000 tickets: only the rows in sight are in the page, and never is a place in it empty. The answers of the
 * API are made up here, of a ticket as it really answers it; `scroll.ts` does the same with tickets that are there. How long
 * the frames took is printed, and passes or fails nothing, since machines are shared.
 */

const TICKETS = 20_000
/** Nine rows in each frame: more than anybody reads. */
const STEP = 400
const ROW = 44
/** What is in sight in a window of this height, and beyond both edges; the head is one more. */
const MOST_DRAWN = 60

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

async function longList(): Promise<Page> {
  const { olivia } = stage.people
  const made = await olivia!.api.post('/tickets', {
    subject: 'One of very many',
    body: 'Hello',
    channel: 'web_form',
    contact: { name: 'Carla Contact', email: 'carla@customer.example' },
    departmentId: stage.departments.Support,
  })
  expect(made.status).toBe(201)
  const agents = stage.local.demo.agents
  const ticket = (at: number) => {
    const agentId = at % 3 === 0 ? null : agents[at % agents.length]?.id
    const since = new Date(Date.now() - at * 90_000).toISOString()
    return {
      ...made.body,
      id: `${at}`.padStart(32, '0'),
      number: String(1_000_000 + at),
      subject: at % 5 === 0 ? `كيف أغير كلمة المرور؟ ${at}` : `One of very many ${at}`,
      agentId,
      responsibility: { ...made.body.responsibility, agentId, since },
      updatedAt: since,
    }
  }
  const page = await stage.window('olivia')
  await page.route(/\/api\/v1\/tickets\?/, (route) => {
    const { searchParams } = new URL(route.request().url())
    const from = Number(searchParams.get('cursor') ?? 0)
    const count = Math.min(Number(searchParams.get('limit') ?? 50), TICKETS - from)
    const to = from + count
    return route.fulfill({
      json: {
        items: Array.from({ length: count }, (_, n) => ticket(from + n)),
        nextCursor: to < TICKETS ? String(to) : null,
      },
    })
  })
  await page.goto(`${stage.local.baseUrl}/lists/all?status=any`)
  await page.locator('.tickets-scroll .ticket-row').first().waitFor()
  return page
}

it('scrolls through 20,000 tickets with a few dozen rows in the page, none of them empty', async () => {
  const page = await longList()
  const height = () => page.locator('.tickets-scroll').evaluate((element) => element.scrollHeight)
  const toTop = (top: number) =>
    page.locator('.tickets-scroll').evaluate((element, at) => {
      element.scrollTop = at
    }, top)
  const first = await scrollDown(page, { step: STEP, ms: 4_000 })
  expect(first.blank).toBe(0)
  expect(first.drawn).toBeLessThanOrEqual(MOST_DRAWN)
  // To its end, where the last page is loaded.
  await expect
    .poll(
      async () => {
        await toTop(Number.MAX_SAFE_INTEGER)
        return height()
      },
      { timeout: 120_000, interval: 50 },
    )
    .toBe(TICKETS * ROW)
  // The last page may have come between the scrolling and the measuring: its rows are below then.
  await toTop(Number.MAX_SAFE_INTEGER)
  await page.getByRole('row', { name: /One of very many 19999/ }).waitFor()
  await toTop(0)
  await page.getByRole('row').nth(1).waitFor()
  const whole = await scrollDown(page, { step: STEP, ms: 6_000 })
  for (const [label, { frames, blank, drawn, top }] of [
    ['pages being loaded', first],
    ['everything loaded', whole],
  ] as const)
    console.log(
      `scrolling ${TICKETS} rows, ${label}: ${Math.round(top / ROW)} rows in ${frames.length} frames, ` +
        `median ${quantile(frames, 0.5).toFixed(1)} ms, p95 ${quantile(frames, 0.95).toFixed(1)}, longest ${Math.max(...frames).toFixed(1)}; ` +
        `${frames.filter((ms) => ms > 50).length} over 50 ms, ${blank} with an empty place, ${drawn} rows in the page`,
    )
  expect(whole.blank).toBe(0)
  expect(whole.drawn).toBeLessThanOrEqual(MOST_DRAWN)
  expect(whole.top).toBeGreaterThan(STEP * 20)
  // What is in the middle of it can be opened, and is the row that is shown.
  const link = page.locator('.tickets-scroll .ticket-link').nth(10)
  const id = await link.evaluate((element) => element.closest<HTMLElement>('[data-ticket]')?.dataset.ticket)
  expect(await link.getAttribute('href')).toBe(`/tickets/${id}`)
})
