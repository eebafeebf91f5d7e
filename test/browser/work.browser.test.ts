import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { arabic, catalog, faultsOf, openStage, type Stage } from './support/browser.ts'

/** Rules that explain themselves, lists that one puts together, and two people on one ticket. */

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

const PATIENT = { timeout: 30_000, interval: 300 }
const unique = (text: string) => `${text} ${Math.random().toString(36).slice(2, 8)}`
const owner = () => stage.people.olivia!.api
const open = (page: Page, path: string) => page.goto(`${stage.local.baseUrl}${path}`)

async function newTicket(subject: string): Promise<{ id: string; number: string }> {
  const made = await owner().post('/tickets', {
    subject,
    body: 'Please help.',
    channel: 'web_form',
    contact: { name: 'Carla Contact', email: 'carla@customer.example' },
    departmentId: stage.departments.Support,
  })
  expect(made.status).toBe(201)
  return made.body
}

async function newRule(name: string, word: string): Promise<string> {
  const made = await owner().post('/rules', {
    name,
    trigger: { type: 'ticket_created' },
    conditions: [[{ field: 'subject', op: 'contains', value: word }]],
    actions: [{ type: 'set_priority', priority: 'urgent' }],
  })
  expect(made.status).toBe(201)
  return made.body.id
}

it('shows what a version changed and brings an old one back', async () => {
  const page = await stage.window('olivia')
  const name = unique('Versions')
  const id = await newRule(name, name)
  await owner().patch(`/rules/${id}`, {
    name: `${name} changed`,
    actions: [{ type: 'set_priority', priority: 'low' }],
  })
  await open(page, `/configuration/rules/${id}`)
  await page.getByRole('link', { name: 'Versions' }).click()
  const difference = page.getByRole('list', { name: 'Difference' })
  await difference.getByText('Removed: Set priority: Urgent').waitFor()
  await difference.getByText('Added: Set priority: Low').waitFor()
  await page.getByRole('button', { name: 'Restore version 1' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Restore version 1?' })
  await dialog.getByText('Added: Set priority: Urgent').waitFor()
  await dialog.getByRole('button', { name: 'Restore' }).click()
  await page.getByText('Restored as version 3.').waitFor()
  const now = (await owner().get(`/rules/${id}`)).body
  expect([now.name, now.version, now.actions]).toEqual([
    name,
    3,
    [{ type: 'set_priority', priority: 'urgent' }],
  ])
  await owner().delete(`/rules/${id}`)
})

it.each(['en', 'ar'] as const)(
  'says why a rule acted and why not, condition by condition (%s)',
  async (language) => {
    const t = catalog(language)
    const page = await stage.window('sam', language === 'ar' ? arabic : {}, language)
    const word = unique('why')
    const id = await newRule(unique('Explained'), word)
    const other = await newTicket(unique('Something else'))
    const acted = await newTicket(`About ${word}`)
    try {
      await open(page, `/tickets/${acted.id}`)
      await page
        .getByRole('button', { name: t('rule.why_entry') })
        .first()
        .click()
      const dialog = page.getByRole('dialog')
      await dialog.getByText(t('rule_reason.applied')).waitFor()
      await dialog.getByText(`About ${word}`).waitFor()
      expect(await dialog.locator('.explained-yes').count()).toBe(1)
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })

      await open(page, `/tickets/${other.id}`)
      await page.getByRole('button', { name: t('responsibility.why') }).click()
      await page.getByRole('button', { name: t('rule.why_rules') }).click()
      await dialog.getByLabel(t('explain.rule')).selectOption(id)
      await dialog.getByText(t('rule_reason.conditions')).waitFor()
      expect(await dialog.locator('.explained-no').count()).toBe(1)
    } finally {
      await owner().delete(`/rules/${id}`)
    }
  },
)

it('tries a draft on past tickets before it is saved', async () => {
  const page = await stage.window('olivia')
  const word = unique('dry')
  const ticket = await newTicket(`Past ${word}`)
  const before = (await owner().get('/rules?limit=200')).body.items.length
  await open(page, '/configuration/rules/new')
  await page.getByLabel('Name', { exact: true }).fill('A draft')
  await page.getByRole('button', { name: 'Add condition group' }).click()
  const group = page.getByRole('group', { name: 'Group 1: all of these' })
  await group.getByLabel('Field', { exact: true }).selectOption('subject')
  await group.getByRole('textbox', { name: 'Value' }).fill(word)
  await page.getByLabel('Department').selectOption({ label: 'Billing' })
  await page.getByRole('button', { name: 'Try this draft on past tickets' }).click()
  const results = page.getByRole('region', { name: 'Results' })
  // The past is known when its events have come by. What is read is of one run: another may be on its way.
  await expect
    .poll(async () => {
      await page.getByRole('button', { name: 'Start', exact: true }).click()
      await results.getByText('Completed').waitFor()
      return results.getByRole('row').filter({ hasText: word }).getByRole('cell').allTextContents()
    }, PATIENT)
    .toEqual(['A draft', expect.any(String), 'Billing / Nobody', 'Support / Nobody'])
  // Nothing has changed, and nothing was saved.
  expect((await owner().get(`/tickets/${ticket.id}`)).body.departmentId).toBe(stage.departments.Support)
  expect((await owner().get('/rules?limit=200')).body.items).toHaveLength(before)
})

it('keeps what was written about a ticket that has left, for who comes back to it', async () => {
  const page = await stage.window('sam')
  const nowhere = catalog('en')('not_found.text')
  const ticket = await newTicket(unique('Leaves'))
  await open(page, `/tickets/${ticket.id}`)
  const reply = page.getByLabel('Your reply', { exact: true })
  await reply.fill('I had nearly answered')
  await page.getByText('Draft kept').waitFor()
  await owner().post(`/tickets/${ticket.id}/transfer`, { departmentId: stage.departments.Billing })
  await page.getByText('This ticket has left your departments.').waitFor()
  await page.reload()
  await page.getByText(nowhere).waitFor()
  const left = page.getByLabel('You had begun to write this about it.')
  expect(await left.inputValue()).toBe('I had nearly answered')
  await page.getByRole('button', { name: 'Discard the draft' }).click()
  await left.waitFor({ state: 'detached' })
  // It is gone from where it was kept, so that no reload brings it back.
  const keptKeys = await page.evaluate(
    () =>
      new Promise<string[]>((resolve, reject) => {
        const opened = indexedDB.open('keyval-store')
        opened.onerror = () => reject(opened.error)
        opened.onsuccess = () => {
          const keys = opened.result.transaction('keyval').objectStore('keyval').getAllKeys()
          keys.onsuccess = () => resolve(keys.result.map(String))
          keys.onerror = () => reject(keys.error)
        }
      }),
  )
  expect(keptKeys.filter((key) => key.includes(ticket.id))).toEqual([])
})

it('says that the templates of a reply are not there, and loads them when asked again', async () => {
  const template = await owner().post('/templates', { name: unique('Greeting'), body: 'Hello,' })
  expect(template.status).toBe(201)
  const page = await stage.window('sam')
  let refuses = true
  await page.route('**/api/v1/templates*', (route) =>
    refuses
      ? route.fulfill({ status: 400, json: { type: 'https://onus.dev/problems/made-up', status: 400 } })
      : route.fallback(),
  )
  const ticket = await newTicket(unique('Templates'))
  await open(page, `/tickets/${ticket.id}`)
  const again = page.getByRole('button', { name: 'Templates not loaded. Try again' })
  await again.waitFor()
  refuses = false
  await again.click()
  await page.getByRole('button', { name: 'Insert template' }).waitFor()
  await owner().delete(`/templates/${template.body.id}`)
})

it('takes single keys as commands only where they are wanted', async () => {
  const t = catalog('en')
  const page = await stage.window('sam')
  await open(page, '/lists/mine')
  const heading = page.getByRole('heading', { level: 1 })
  await page.getByRole('button', { name: t('shortcuts.title') }).click()
  const wanted = page.getByRole('checkbox', { name: t('shortcuts.on') })
  await wanted.press('Space')
  expect(await wanted.isChecked()).toBe(false)
  await page.keyboard.press('Escape')
  await page.keyboard.press('u')
  await page.keyboard.press('/')
  expect(new URL(page.url()).pathname).toBe('/lists/mine')
  await open(page, '/profile')
  await page.getByRole('checkbox', { name: t('shortcuts.on') }).press('Space')
  await heading.focus()
  await page.keyboard.press('u')
  await page.waitForURL('**/lists/unassigned')
})

it('counts one’s own tickets to solve as soon as the account says so', async () => {
  const t = catalog('en')
  const page = await stage.window('olivia')
  const before = (await owner().get('/settings')).body.routeAssignedToMe
  const own = await newTicket(unique('Own'))
  await owner().post(`/tickets/${own.id}/claim`)
  const count = async () => (await owner().get('/me/to-solve')).body.count
  try {
    await open(page, '/configuration/general')
    const shown = page.locator('.to-solve-count').first()
    const choice = page.getByRole('checkbox', { name: t('general.route') })
    await choice.waitFor()
    const then = await shown.textContent()
    await choice.press('Space')
    await page.getByRole('button', { name: t('action.save'), exact: true }).click()
    await expect.poll(() => shown.textContent(), PATIENT).not.toBe(then)
    expect(Number(await shown.textContent())).toBe(await count())
  } finally {
    await owner().patch('/settings', { routeAssignedToMe: before })
    await owner().post(`/tickets/${own.id}/resolve`)
  }
})

it('lets a message stay while somebody points at it', async () => {
  const page = await stage.window('sam')
  const ticket = await newTicket(unique('Message'))
  await open(page, `/tickets/${ticket.id}`)
  await page.clock.install()
  await page.getByRole('button', { name: 'Claim', exact: true }).click()
  const messages = page.getByRole('region', { name: 'Messages' })
  const message = messages.getByText('The ticket is yours.')
  await message.hover()
  await page.clock.runFor(60_000)
  expect(await message.count()).toBe(1)
  await page.mouse.move(10, 10)
  await page.clock.runFor(9_000)
  await message.waitFor({ state: 'detached' })
})

it('tells two agents on one ticket of each other, and forgets who is gone', async () => {
  const ticket = await newTicket(unique('Together'))
  const sam = await stage.window('sam')
  await open(sam, `/tickets/${ticket.id}`)
  const here = sam.getByRole('status', { name: 'Who else is here' })
  await expect.poll(() => here.textContent()).toBe('')
  const sara = await stage.window('sara')
  await open(sara, `/tickets/${ticket.id}`)
  await sara.getByRole('status', { name: 'Who else is here' }).getByText('Sam Sato').waitFor()
  await here.getByText('Sara Silva').waitFor()
  await sara.getByLabel('Your reply').fill('I am on it')
  await sam.getByText(/Sara Silva\S* is writing here as well: the contact may get two answers\./).waitFor()
  // A window that is gone says nothing any more, whatever became of it.
  await sara.context().close()
  await expect.poll(() => here.textContent(), { timeout: 45_000, interval: 500 }).toBe('')
})

it('keeps the draft and names the winner of a lost race', async () => {
  const ticket = await newTicket(unique('Race'))
  const page = await stage.window('sam')
  await open(page, `/tickets/${ticket.id}`)
  await page.getByLabel('Your reply').fill('My answer')
  await stage.people.sara!.api.post(`/tickets/${ticket.id}/claim`, {})
  await page.getByText('While you were writing:').waitFor()
  await page.reload()
  await expect.poll(() => page.getByLabel('Your reply').inputValue(), PATIENT).toBe('My answer')
})

it('keeps a view under a name, in every browser of its agent', async () => {
  const page = await stage.window('sam')
  const name = unique('My view')
  await open(page, '/lists/all')
  await page.getByLabel('Agent', { exact: true }).selectOption('nobody')
  await page.getByRole('button', { name: 'Save as view' }).click()
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByRole('dialog').getByText('Changed', { exact: true }).click()
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('heading', { name, level: 1 }).waitFor()

  const elsewhere = await stage.window('sam', { viewport: { width: 390, height: 844 } })
  await elsewhere.getByRole('button', { name: 'Open the menu' }).click()
  await elsewhere.getByRole('link', { name }).click()
  await elsewhere.getByRole('heading', { name, level: 1 }).waitFor()
  expect(await elsewhere.getByLabel('Agent', { exact: true }).inputValue()).toBe('nobody')

  expect(await page.getByRole('columnheader', { name: 'Changed' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Actions of this view' }).click()
  await page.getByRole('menuitem', { name: 'Delete view' }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('link', { name }).waitFor({ state: 'detached' })
})
