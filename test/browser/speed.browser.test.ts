import type { CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openStage, type Stage } from './support/browser.ts'

/**
 * How long the page takes to show what somebody did, on a processor that the browser makes four times slower:
 * the browser's own measure from the press to the next paint (Event Timing, of which INP is made). The figures are
 * printed (the best of three, where one was above the aim); on a machine that does other things as well they say little, so
 * that only their being made is a test.
 */

const SLOWER = 4
const AIM_MS = 200
const TRIES = 3

let stage: Stage
let page: Page
let tools: CDPSession
let templateId: string

/** A window that notes each interaction and how long it took to be seen. */
async function openWindow(person: string): Promise<void> {
  page = await stage.window(person)
  await page.addInitScript(() => {
    const seen: { id: number; name: string; duration: number }[] = []
    ;(window as any).interactions = seen
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { interactionId: number })[])
        if (entry.interactionId)
          seen.push({ id: entry.interactionId, name: entry.name, duration: entry.duration })
    }).observe({ type: 'event', durationThreshold: 16, buffered: true } as PerformanceObserverInit)
  })
  tools = await page.context().newCDPSession(page)
}

beforeAll(async () => {
  stage = await openStage()
  for (let at = 0; at < 60; at++)
    await stage.people.olivia!.api.post('/tickets', {
      subject: `Speed ${at}`,
      body: 'Hello',
      channel: 'web_form',
      contact: { name: 'Carla Contact', email: 'carla@customer.example' },
      departmentId: stage.departments.Support,
    })
  const template = await stage.people.olivia!.api.post('/templates', {
    name: 'Speed',
    body: 'Hello {{contact.name}},',
  })
  expect(template.status).toBe(201)
  templateId = template.body.id
  await openWindow('sam')
  await page.goto(`${stage.local.baseUrl}/lists/all`)
  await page.locator('.ticket-row .ticket-link').first().waitFor()
  // What is loaded when it is first needed is there before anything is measured.
  await page.locator('.ticket-row .ticket-link').first().click()
  await page.getByLabel('Your reply', { exact: true }).waitFor()
  await page.goBack()
  await page.locator('.ticket-row .ticket-link').first().waitFor()
})
afterAll(async () => {
  await stage.people.olivia!.api.delete(`/templates/${templateId}`)
  await stage.close()
})

interface Measured {
  what: string
  slow: number
  plain: number
}
const measured: Measured[] = []

/** The longest that one of the presses took to be seen. */
async function longest(work: () => Promise<void>): Promise<number> {
  await page.evaluate(() => {
    ;(window as any).interactions.length = 0
  })
  await work()
  // The browser tells of an interaction after its paint, in its own time.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 150))))
  return page.evaluate(() =>
    Math.max(0, ...(window as any).interactions.map(({ duration }: { duration: number }) => duration)),
  )
}

async function measure(what: string, work: () => Promise<void>, back: () => Promise<void>): Promise<void> {
  const plain = await longest(work)
  await back()
  let slow = Number.POSITIVE_INFINITY
  // What something else on the machine has slowed is measured again.
  for (let tries = 0; tries < TRIES && slow > AIM_MS; tries++) {
    await tools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
    slow = Math.min(slow, await longest(work))
    await tools.send('Emulation.setCPUThrottlingRate', { rate: 1 })
    await back()
  }
  measured.push({ what, slow, plain })
  console.log(
    `interaction to next paint: ${what.padEnd(34)} ${String(slow).padStart(5)} ms with the processor slowed ${SLOWER} times, ${String(plain).padStart(4)} ms as it is${slow > AIM_MS ? `  (aim: ${AIM_MS} ms)` : ''}`,
  )
}

/** The editor of rules is an owner's. */
async function rulePage(): Promise<void> {
  await page.context().close()
  await openWindow('olivia')
  await page.goto(`${stage.local.baseUrl}/configuration/rules/new`)
  await page.getByRole('button', { name: 'Add condition group' }).press('Enter')
  const add = page.getByRole('group', { name: 'Group 1: all of these' }).getByRole('button', {
    name: 'Add condition',
    exact: true,
  })
  await add.waitFor()
  const fields = page.getByLabel('Field', { exact: true })
  await measure(
    'add a condition to a rule',
    async () => {
      const before = await fields.count()
      await add.click()
      await expect.poll(() => fields.count(), { timeout: 20_000, interval: 50 }).toBe(before + 1)
    },
    async () => {},
  )
  const field = fields.first()
  let key = 'ArrowDown'
  await measure(
    'choose what a condition is about',
    async () => {
      const before = await field.inputValue()
      await field.focus()
      await page.keyboard.press(key)
      await expect.poll(() => field.inputValue(), { timeout: 20_000, interval: 50 }).not.toBe(before)
    },
    async () => {
      key = key === 'ArrowDown' ? 'ArrowUp' : 'ArrowDown'
    },
  )
}

const radio = (name: string) => page.getByRole('radio', { name, exact: true })
const list = () => page.locator('.ticket-row .ticket-link').first()
const field = () => page.getByLabel('Your reply', { exact: true })

// Each step stands on the one before, so that a second attempt would begin in the middle.
it('shows what was pressed before anybody wonders', { retry: 0 }, async () => {
  await measure(
    'filter a list',
    async () => {
      const select = page.getByRole('combobox').first()
      await select.focus()
      await page.keyboard.press('ArrowDown')
      await page.locator('.ticket-row .ticket-link, .empty').first().waitFor()
    },
    async () => {
      await page.goto(`${stage.local.baseUrl}/lists/all`)
      await list().waitFor()
    },
  )
  await measure(
    'walk the list by keys',
    async () => {
      for (let at = 0; at < 8; at++) await page.keyboard.press('j')
    },
    async () => {},
  )
  await measure(
    'open a ticket',
    async () => {
      await list().click()
      await field().waitFor()
    },
    async () => {
      await page.goto(`${stage.local.baseUrl}/lists/unassigned`)
      await list().waitFor()
    },
  )
  const openNext = async () => {
    await page.goto(`${stage.local.baseUrl}/lists/unassigned`)
    await list().click()
    await field().waitFor()
  }
  await openNext()
  await measure(
    'claim',
    async () => {
      await page.getByRole('button', { name: 'Claim', exact: true }).click()
      await page
        .getByRole('region', { name: 'Responsibility' })
        .getByText(/Sam Sato/)
        .waitFor()
    },
    openNext,
  )
  await measure(
    'open the transfer dialog',
    async () => {
      await page.keyboard.press('t')
      await page.getByRole('dialog').waitFor()
    },
    async () => {
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    },
  )
  await measure(
    'type a reply',
    async () => {
      await field().focus()
      await page.keyboard.type('Thank you for writing to us.')
    },
    async () => field().fill(''),
  )
  await measure(
    'change the timeline’s filter',
    async () => {
      await radio('Timeline').focus()
      await page.keyboard.press('Space')
      await page.getByRole('article').first().waitFor({ state: 'detached' })
    },
    async () => {
      await radio('Everything').press('Space')
      await page.getByRole('article').first().waitFor()
    },
  )
  await measure(
    'open “Why?”',
    async () => {
      await page.getByRole('region', { name: 'Responsibility' }).getByRole('button', { name: 'Why?' }).click()
      await page.getByRole('dialog').waitFor()
    },
    async () => {
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
    },
  )
  const closeMenu = async () => {
    await page.keyboard.press('Escape')
    await page.getByRole('menu').waitFor({ state: 'detached' })
  }
  await measure(
    'open the templates of a reply',
    async () => {
      await page.getByRole('button', { name: 'Insert template', exact: true }).click()
      await page.getByRole('menu').waitFor()
    },
    closeMenu,
  )
  await measure(
    'open the menu under one’s name',
    async () => {
      await page.getByRole('button', { name: /Sam Sato/ }).click()
      await page.getByRole('menu').waitFor()
    },
    closeMenu,
  )
  await page.keyboard.press('t')
  const department = page.getByRole('dialog').getByLabel('Department', { exact: true })
  await department.waitFor()
  await measure(
    'pick a department',
    async () => {
      await department.focus()
      const before = await department.inputValue()
      // Before the first department is the line that asks for one, which cannot be chosen.
      const at = await department.evaluate((select) => (select as HTMLSelectElement).selectedIndex)
      await page.keyboard.press(at > 1 ? 'ArrowUp' : 'ArrowDown')
      await expect.poll(() => department.inputValue(), { timeout: 20_000, interval: 50 }).not.toBe(before)
    },
    async () => {},
  )
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  for (const name of ['My tickets', 'All tickets']) {
    await page.getByRole('link', { name, exact: true }).click()
    await page.getByRole('heading', { name, level: 1 }).waitFor()
    await page.locator('.ticket-row, .empty').first().waitFor()
  }
  await measure(
    'go to another list',
    async () => {
      await page.getByRole('link', { name: 'My tickets', exact: true }).click()
      await page.getByRole('heading', { name: 'My tickets', level: 1 }).waitFor()
      await page.locator('.ticket-row, .empty').first().waitFor()
    },
    async () => {
      await page.getByRole('link', { name: 'All tickets', exact: true }).click()
      await page.getByRole('heading', { name: 'All tickets', level: 1 }).waitFor()
      await list().waitFor()
    },
  )
  await page.goto(`${stage.local.baseUrl}/profile`)
  await page.locator('.matrix').waitFor()
  await measure(
    'turn it dark',
    async () => {
      await radio('Dark').focus()
      await page.keyboard.press('Space')
      await page.locator('html[data-theme="dark"]').waitFor()
    },
    async () => {
      await radio('Light').press('Space')
      await page.locator('html[data-theme="light"]').waitFor()
    },
  )
  await rulePage()
  expect(measured).toHaveLength(15)
})
