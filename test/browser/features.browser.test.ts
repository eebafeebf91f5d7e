import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { arabic, catalog, faultsOf, openStage, type Stage } from './support/browser.ts'

/**
 * Lists in any order, views of a department, custom fields, a message to try Slack with, what came in the app, and
 * what is behind a figure.
 */

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

const PATIENT = { timeout: 30_000, interval: 200 }
const unique = (text: string) => `${text} ${Math.random().toString(36).slice(2, 8)}`

async function newTicket(subject: string): Promise<string> {
  const made = await stage.people.olivia!.api.post('/tickets', {
    subject,
    body: 'x',
    channel: 'web_form',
    contact: { name: 'Carla Contact', email: 'carla@customer.example' },
    departmentId: stage.departments.Support,
  })
  expect(made.status).toBe(201)
  return made.body.id
}

describe.each([
  ['en', 'sam'],
  ['ar', 'sara'],
] as const)('in %s', (language, person) => {
  const t = catalog(language)
  const options = language === 'ar' ? arabic : {}

  it('puts a list in the order of a column by mouse and by keyboard, and keeps the focus on its name', async () => {
    const word = unique('order')
    for (const first of ['banana', 'Apple', 'cherry']) await newTicket(`${first} ${word}`)
    const page = await stage.window(person, options, language)
    await page.goto(`${stage.local.baseUrl}/lists/search?q=${encodeURIComponent(word)}`)
    const subjects = () => page.locator('.tickets-scroll .ticket-link').allTextContents()
    const fruits = async () => (await subjects()).map((each) => each.split(' ')[0])
    await expect.poll(async () => (await fruits()).length, PATIENT).toBe(3)
    const head = page.getByRole('columnheader', { name: t('column.ticket') })
    expect(await head.getAttribute('aria-sort')).toBe('none')
    await head.getByRole('button').click()
    await expect.poll(fruits, PATIENT).toEqual(['Apple', 'banana', 'cherry'])
    expect(await head.getAttribute('aria-sort')).toBe('ascending')
    await head.getByRole('button').focus()
    await page.keyboard.press('Enter')
    await expect.poll(fruits, PATIENT).toEqual(['cherry', 'banana', 'Apple'])
    expect(await head.getAttribute('aria-sort')).toBe('descending')
    expect(await head.getByRole('button').evaluate((button) => button === document.activeElement)).toBe(true)
    expect(new URL(page.url()).searchParams.get('sort')).toBe('-subject')
    await page.reload()
    await expect.poll(fruits, PATIENT).toEqual(['cherry', 'banana', 'Apple'])
  })

  it('changes the fields of a ticket, by their types, and says at each what is wrong with it', async () => {
    const id = await newTicket(unique('fields'))
    const page = await stage.window(person, options, language)
    await page.goto(`${stage.local.baseUrl}/tickets/${id}`)
    await page.getByRole('button', { name: t('fields.edit') }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: t('fields.add') }).click()
    const name = dialog.getByRole('textbox', { name: t('fields.name') })
    const value = dialog.getByRole('textbox', { name: t('fields.value') })
    const save = dialog.getByRole('button', { name: t('action.save') })
    await dialog.getByRole('combobox', { name: t('fields.type') }).selectOption('number')
    await value.fill('many')
    await save.click()
    await dialog.getByText(t('field_fault.name')).waitFor()
    await dialog.getByText(t('field_fault.number')).waitFor()
    expect(await value.getAttribute('aria-invalid')).toBe('true')
    await name.fill('seats')
    await value.fill('12')
    await save.click()
    await dialog.waitFor({ state: 'detached' })
    await page.locator('.ticket-aside').getByText('seats').waitFor()
    expect((await stage.people.olivia!.api.get(`/tickets/${id}`)).body.fields).toEqual({ seats: 12 })
  })

  it('keeps what came in the app until it is read, and names the ticket', async () => {
    const { api } = stage.people[person]!
    const stateOf = async (ticketId: string) => {
      const { items } = (await api.get('/me/notifications?limit=200')).body
      return items.find((each: any) => each.ticketId === ticketId && each.channel === 'in_app')?.state
    }
    const page = await stage.window(person, options, language)
    const [live] = await Promise.all([
      page.waitForResponse('**/api/v1/me/events'),
      page.goto(`${stage.local.baseUrl}/notifications`),
    ])
    expect(live.status()).toBe(200)
    await page.getByRole('heading', { name: t('notices.title'), level: 1 }).waitFor()
    const row = (subject: string) => page.getByRole('listitem').filter({ hasText: subject })
    const unread = (subject: string) => row(subject).getByText(t('notices.new'), { exact: true })

    const opened = unique('Opened')
    const id = await newTicket(opened)
    const messages = page.getByRole('region', { name: t('region.messages') })
    await messages.getByText(opened).waitFor()
    expect(await messages.getByText(opened).textContent()).toContain(t('event.ticket_new'))
    await unread(opened).waitFor()
    await row(opened).getByText(t('event.ticket_new')).waitFor()
    await page.locator('.sidebar .nav-count').waitFor()
    await row(opened).getByRole('link').click()
    await page.getByRole('heading', { name: opened, level: 1 }).waitFor()
    await expect.poll(() => stateOf(id), PATIENT).toBe('acknowledged')

    await page.getByRole('link', { name: t('notices.title') }).click()
    await row(opened).getByRole('link').waitFor()
    expect(await unread(opened).count()).toBe(0)
    const marked = unique('Marked')
    const other = await newTicket(marked)
    await unread(marked).waitFor()
    await page.getByRole('button', { name: t('notices.mark_all') }).click()
    await unread(marked).waitFor({ state: 'detached' })
    await expect.poll(() => stateOf(other), PATIENT).toBe('acknowledged')

    // Who comes to the ticket by another way has read it too.
    const found = unique('Found')
    const third = await newTicket(found)
    await unread(found).waitFor()
    await page.goto(`${stage.local.baseUrl}/tickets/${third}`)
    await expect.poll(() => stateOf(third), PATIENT).toBe('acknowledged')
  })

  it('leads from what was resolved to these tickets', async () => {
    const id = await newTicket(unique('resolved'))
    const { api } = stage.people.olivia!
    expect((await api.post(`/tickets/${id}/resolve`, {})).status).toBe(200)
    const page = await stage.window('olivia', options, language)
    await page.goto(`${stage.local.baseUrl}/insight?days=7`)
    const link = page.getByRole('link', { name: `Support, ${t('insight.resolved')}` })
    await link.first().click()
    await page.getByRole('heading', { name: t('insight.list_title') }).waitFor()
    const { searchParams } = new URL(page.url())
    const count = Number(
      (
        await api.get(`/insight/flows?since=${searchParams.get('since')}&until=${searchParams.get('until')}`)
      ).body.departments.find(
        (each: { departmentId: string }) => each.departmentId === stage.departments.Support,
      ).resolved,
    )
    const list = await api.get(`/tickets?limit=200&${searchParams}`)
    expect(list.body.items.map((each: { id: string }) => each.id)).toContain(id)
    expect(list.body.items.length).toBeLessThanOrEqual(count)
    await page.locator(`[data-ticket="${id}"]`).waitFor()
  })

  it('says what Slack says to a test message', async () => {
    const { api } = stage.people.olivia!
    expect(
      (await api.put('/integrations/slack', { workspace: 'demo', botToken: 'xoxb-demo-token' })).status,
    ).toBe(200)
    try {
      const page = await stage.window('olivia', options, language)
      await page.goto(`${stage.local.baseUrl}/configuration/integrations`)
      await page.getByRole('button', { name: t('slack.test') }).click()
      const dialog = page.getByRole('dialog')
      const test = dialog.getByRole('button', { name: t('integration.test'), exact: true })
      await dialog.getByRole('combobox', { name: t('slack.test_to') }).selectOption('channel')
      await dialog.getByRole('textbox', { name: t('slack.channel') }).fill('#support')
      await page.route('**/integrations/slack/test', (route) =>
        route.fulfill({ json: { ok: false, error: 'channel_not_found' } }),
      )
      await test.click()
      await dialog.getByText(t('slack_error.channel_not_found')).waitFor()
      await page.unroute('**/integrations/slack/test')
      await test.click()
      await dialog.getByText(t('slack.tested')).waitFor()
    } finally {
      await api.delete('/integrations/slack')
    }
  })
})

it('shares a view with a department: members find it, and only owners and admins change it', async () => {
  const t = catalog('en')
  const name = unique('Shared')
  const admin = await stage.window('olivia')
  await admin.goto(`${stage.local.baseUrl}/lists/all?agentId=nobody&sort=since`)
  await admin.getByRole('button', { name: t('views.save') }).click()
  const dialog = admin.getByRole('dialog')
  await dialog.getByRole('textbox', { name: t('field.name') }).fill(name)
  await dialog
    .getByRole('combobox', { name: t('views.for') })
    .selectOption({ label: t('views.for_department', { department: 'Support' }) })
  await dialog.getByRole('button', { name: t('action.save') }).click()
  await admin.getByText(t('views.shared_in', { department: 'Support' })).waitFor()
  const since = admin.getByRole('columnheader', { name: t('column.since') })
  expect(await since.getAttribute('aria-sort')).toBe('ascending')

  const member = await stage.window('sam')
  await member.reload()
  await member.getByRole('navigation').getByRole('link', { name }).click()
  await member.getByText(t('views.shared_in', { department: 'Support' })).waitFor()
  expect(await member.getByRole('button', { name: t('views.actions') }).count()).toBe(0)

  await admin.getByRole('button', { name: t('views.actions') }).click()
  await admin.getByRole('menuitem', { name: t('views.delete') }).click()
  await admin.getByRole('dialog').getByText('Support').waitFor()
  await admin
    .getByRole('dialog')
    .getByRole('button', { name: t('action.delete') })
    .click()
  await admin.getByText(t('views.deleted')).waitFor()
  expect(await admin.getByRole('link', { name }).count()).toBe(0)
})
