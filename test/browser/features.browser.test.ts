import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createApi } from '../support/api.ts'
import { arabic, catalog, faultsOf, openStage, type Stage } from './support/browser.ts'

/**
 * Lists in any order and with more columns, due dates, views of a department, custom fields, skills of a rule, what is
 * put into a note, what came in the app, a message to try Slack with, what is behind a figure, who is in a department,
 * tickets that agents write down, tickets that go to a colleague, and the account's notices.
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

  it('shows the columns that a view chooses in rows of the same height, in the order of their creation', async () => {
    const word = unique('columns')
    const first = await newTicket(`first ${word}`)
    const second = await newTicket(`second ${word}`)
    const { api } = stage.people.olivia!
    const tags = ['vip', 'عاجل']
    const dueAt = new Date(Date.now() + 72 * 3_600_000).toISOString()
    const changed = await api.patch(`/tickets/${first}`, { priority: 'urgent', tags, dueAt })
    expect(changed.status).toBe(200)
    const number = `#${changed.body.number}`
    const page = await stage.window(person, options, language)
    await page.goto(`${stage.local.baseUrl}/lists/search?q=${encodeURIComponent(word)}`)
    const row = page.locator(`[data-ticket="${first}"]`)
    const head = (column: string) =>
      page.getByRole('columnheader', { name: t(`column.${column}`), exact: true })
    const height = async () => (await row.boundingBox())?.height
    await row.getByText(number, { exact: true }).waitFor()
    expect(await height()).toBe(44)
    expect(await head('number').count()).toBe(0)

    const chosen = ['number', 'priority', 'channel', 'tags', 'created', 'due']
    const name = unique('Wide')
    await page.getByRole('button', { name: t('views.save'), exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: t('field.name'), exact: true }).fill(name)
    for (const column of chosen) await dialog.getByText(t(`column.${column}`), { exact: true }).click()
    await dialog.getByRole('button', { name: t('action.save'), exact: true }).click()
    await page.getByRole('heading', { name, level: 1 }).waitFor()
    for (const column of [...chosen, 'status', 'agent']) await head(column).waitFor()
    const cells = [number, ...tags, t('priority.urgent'), t('channel.web_form')]
    for (const text of cells) await row.getByText(text, { exact: true }).waitFor()
    expect(await row.locator(`time[datetime="${changed.body.dueAt}"]`).count()).toBe(1)
    expect(await height()).toBe(44)

    const order = () =>
      page
        .locator('[data-ticket]')
        .evaluateAll((rows) => rows.map((each) => (each as HTMLElement).dataset.ticket))
    await head('created').getByRole('button').click()
    await expect.poll(order, PATIENT).toEqual([first, second])
    await head('created').getByRole('button').click()
    await expect.poll(order, PATIENT).toEqual([second, first])
    expect(await head('created').getAttribute('aria-sort')).toBe('descending')
    expect(await head('tags').getByRole('button').count()).toBe(0)

    await page.getByRole('button', { name: t('views.actions'), exact: true }).click()
    await page.getByRole('menuitem', { name: t('views.delete'), exact: true }).click()
    await dialog.getByRole('button', { name: t('action.delete'), exact: true }).click()
    await page.getByRole('link', { name }).waitFor({ state: 'detached' })
  })

  it('sets when a ticket is due and takes that away, and leads to what else its contact wrote', async () => {
    const id = await newTicket(unique('due'))
    const { api } = stage.people.olivia!
    const dueAt = async () => (await api.get(`/tickets/${id}`)).body.dueAt
    const me = (await stage.people[person]!.api.get('/me')).body
    const timeZone = me.timeZone || (language === 'ar' ? 'Africa/Cairo' : 'Europe/Madrid')
    const page = await stage.window(person, options, language)
    await page.goto(`${stage.local.baseUrl}/tickets/${id}`)
    const aside = page.locator('.ticket-aside')
    const edit = aside.getByRole('button', { name: t('due.edit'), exact: true })
    const dialog = page.getByRole('dialog', { name: t('due.edit') })
    const field = dialog.getByLabel(t('aside.due'), { exact: true })
    const save = dialog.getByRole('button', { name: t('action.save'), exact: true })
    await aside.getByText(t('due.none'), { exact: true }).waitFor()
    await edit.click()
    await field.waitFor()
    expect(await save.isDisabled()).toBe(true)
    await field.fill('2031-05-06T09:30')
    await save.click()
    await dialog.waitFor({ state: 'detached' })
    await aside.getByText(t('due.none'), { exact: true }).waitFor({ state: 'detached' })
    expect(new Date(await dueAt()).toLocaleString('sv-SE', { timeZone })).toBe('2031-05-06 09:30:00')

    // Somebody else sets another one while the dialog is open.
    await edit.click()
    expect(await field.inputValue()).toBe('2031-05-06T09:30')
    await field.fill('2031-07-01T10:00')
    expect((await api.patch(`/tickets/${id}`, { dueAt: '2032-03-04T12:00:00.000Z' })).status).toBe(200)
    await save.click()
    await dialog.getByRole('alert').waitFor()
    await expect.poll(() => field.inputValue(), PATIENT).toMatch(/^2032-03-04T/)
    expect(Date.parse(await dueAt())).toBe(Date.parse('2032-03-04T12:00:00Z'))

    await dialog.getByText(t('due.none'), { exact: true }).click()
    expect(await field.isDisabled()).toBe(true)
    await save.click()
    await dialog.waitFor({ state: 'detached' })
    await aside.getByText(t('due.none'), { exact: true }).waitFor()
    expect((await dueAt()) ?? null).toBeNull()
    await expect.poll(() => edit.evaluate((button) => button === document.activeElement), PATIENT).toBe(true)

    await aside.getByRole('link', { name: t('aside.others'), exact: true }).click()
    await page.getByRole('heading', { name: t('list.search'), level: 1 }).waitFor()
    expect(new URL(page.url()).search).toBe('?q=carla%40customer.example')
    await page.locator(`[data-ticket="${id}"]`).waitFor()
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

  it('writes down a call, asks before that is left, and makes one ticket of what got no answer', async () => {
    const subject = unique('The call')
    const page = await stage.window(person, options, language)
    await page.goto(`${stage.local.baseUrl}/lists/mine`)
    await page.getByRole('link', { name: t('new_ticket.title'), exact: true }).waitFor()
    await page.getByRole('heading', { name: t('list.mine'), level: 1 }).waitFor()
    await page.keyboard.press('a')
    await page.getByRole('heading', { name: t('new_ticket.title'), level: 1 }).waitFor()
    const field = (name: string) => page.getByRole('textbox', { name: t(name), exact: true })
    const email = field('rule_field.contact_email')
    const create = page.getByRole('button', { name: t('new_ticket.create'), exact: true })
    const department = page.getByRole('combobox', { name: t('field.department') })
    expect(await department.locator('option').allTextContents()).toEqual(['Support'])
    expect(await create.isDisabled()).toBe(true)
    await email.fill('nobody')
    await field('new_ticket.name').fill('Carla Contact')
    await field('rule_field.subject').fill(subject)
    await field('new_ticket.text').fill('She called: the printer is on fire.')
    await page.getByRole('combobox', { name: t('field.priority') }).selectOption('high')
    await create.click()
    await expect.poll(() => email.getAttribute('aria-invalid'), PATIENT).toBe('true')
    await email.fill('carla@customer.example')

    await page.getByRole('link', { name: t('list.unassigned'), exact: true }).click()
    const dialog = page.getByRole('dialog', { name: t('unsaved.title') })
    await dialog.getByRole('button', { name: t('action.cancel'), exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    expect(await field('rule_field.subject').inputValue()).toBe(subject)

    const keys: (string | undefined)[] = []
    const arrived: number[] = []
    await page.route('**/api/v1/tickets', async (route) => {
      if (route.request().method() !== 'POST') return await route.fallback()
      keys.push(route.request().headers()['idempotency-key'])
      // It arrives, and its answer does not; the console itself tries three times.
      if (keys.length > 3) return await route.fallback()
      const headers = { ...route.request().headers(), 'sec-fetch-site': 'same-origin' }
      arrived.push((await route.fetch({ headers })).status())
      await route.abort()
    })
    await create.click()
    await page.getByText(t('problem.offline')).waitFor()
    await create.click()
    await page.getByRole('heading', { name: subject, level: 1 }).waitFor()
    await page.getByRole('article').getByText('She called: the printer is on fire.').waitFor()
    expect(await dialog.count()).toBe(0)
    expect(arrived).toEqual([201, 201, 201])
    expect(keys).toHaveLength(4)
    expect(new Set(keys).size).toBe(1)
    const id = new URL(page.url()).pathname.split('/').at(-1)
    const { api } = stage.people.olivia!
    expect((await api.get(`/tickets/${id}`)).body).toMatchObject({
      subject,
      channel: 'email',
      priority: 'high',
      contact: { email: 'carla@customer.example' },
      departmentId: stage.departments.Support,
    })
    const found = () => api.get(`/tickets?q=${encodeURIComponent(subject)}`)
    await expect.poll(async () => (await found()).body.items.length, PATIENT).toBe(1)
  })

  it('gives a ticket to a colleague of its own department, from where it is transferred', async () => {
    const colleague = stage.people[person === 'sam' ? 'sara' : 'sam']!
    const id = await newTicket(unique('Within'))
    const page = await stage.window(person, options, language)
    await page.goto(`${stage.local.baseUrl}/tickets/${id}`)
    await page.getByRole('button', { name: t('action.transfer'), exact: true }).click()
    const dialog = page.getByRole('dialog', { name: t('transfer.title') })
    const department = dialog.getByRole('combobox', { name: t('field.department') })
    expect(await department.inputValue()).toBe('')
    await department.selectOption({ label: t('transfer.present', { department: '\u2068Support\u2069' }) })
    const assign = dialog.getByRole('button', { name: t('action.assign'), exact: true })
    expect(await assign.isDisabled()).toBe(true)
    expect(await dialog.getByRole('textbox', { name: t('field.note_optional') }).count()).toBe(0)
    await dialog.getByRole('combobox', { name: t('field.agent') }).selectOption(colleague.id)
    await assign.click()
    await dialog.waitFor({ state: 'detached' })
    await page
      .getByRole('region', { name: t('responsibility.title') })
      .getByText(colleague.name)
      .waitFor()
    expect((await stage.people.olivia!.api.get(`/tickets/${id}`)).body).toMatchObject({
      agentId: colleague.id,
      departmentId: stage.departments.Support,
    })
  })

  it('keeps the levels of the skills that a rule asks for, and names its template', async () => {
    const { api } = stage.people.olivia!
    const name = unique('Welcome')
    const template = await api.post('/templates', { name, body: 'Hello,' })
    expect(template.status).toBe(201)
    const answer = { type: 'answer', template: template.body.id }
    const made = await api.post('/rules', {
      name: unique('Skills'),
      trigger: { type: 'ticket_created' },
      conditions: [[{ field: 'subject', op: 'is', value: unique('never') }]],
      actions: [
        {
          type: 'require_skills',
          skills: [
            { name: 'Law', level: 4 },
            { name: 'Tax', level: 2 },
          ],
        },
        answer,
      ],
    })
    expect(made.status).toBe(201)
    const rule = `${stage.local.baseUrl}/configuration/rules/${made.body.id}`
    try {
      const page = await stage.window('olivia', options, language)
      await page.goto(rule)
      const skill = page.getByRole('textbox', { name: t('agent.skill'), exact: true })
      const level = page.getByRole('combobox', { name: t('agent.level'), exact: true })
      const save = page.getByRole('button', { name: t('action.save'), exact: true })
      await skill.first().fill('Trade law')
      await level.nth(1).selectOption('5')
      await page.getByRole('button', { name: t('agent.add_skill') }).click()
      await skill.nth(2).fill('trade law ')
      await page.getByText(t('agent.skill_twice')).waitFor()
      expect(await save.isDisabled()).toBe(true)
      await skill.nth(2).fill('Latin ')
      await save.click()
      const skills = [
        { name: 'Trade law', level: 4 },
        { name: 'Tax', level: 5 },
        { name: 'Latin', level: 1 },
      ]
      await expect
        .poll(async () => (await api.get(`/rules/${made.body.id}`)).body.actions, PATIENT)
        .toEqual([{ type: 'require_skills', skills }, answer])
      await page.goto(`${rule}/versions`)
      const difference = page.getByRole('list', { name: t('rule.difference') })
      await difference.getByText(name).waitFor()
      expect(await difference.textContent()).not.toContain(answer.template)
    } finally {
      await api.delete(`/rules/${made.body.id}`)
      await api.delete(`/templates/${template.body.id}`)
    }
  })

  it('puts one of many templates and a dropped file into a note, whose addresses can be pressed', async () => {
    const { api } = stage.people.olivia!
    const address = 'https://onus.example/help_(old)'
    const names = Array.from({ length: 9 }, (_, at) => unique(`Text ${at}`))
    const templates = await Promise.all(
      names.map((name, at) => api.post('/templates', { name, body: `${at}: see (${address}).` })),
    )
    try {
      expect(templates.map(({ status }) => status)).toEqual(names.map(() => 201))
      const id = await newTicket(unique('Note'))
      const page = await stage.window(person, options, language)
      await page.goto(`${stage.local.baseUrl}/tickets/${id}`)
      const composer = page.getByRole('region', { name: t('reply.region') })
      await composer.getByRole('radio', { name: t('action.note'), exact: true }).press('Space')
      const field = composer.getByRole('textbox', { name: t('note.label'), exact: true })
      await field.waitFor()

      await composer.getByRole('button', { name: t('template.insert'), exact: true }).click()
      const filter = page.getByRole('textbox', { name: t('template.filter') })
      await filter.fill(names[7]!)
      await expect.poll(() => page.getByRole('menuitem').allTextContents(), PATIENT).toEqual([names[7]])
      await filter.press('ArrowDown')
      await expect.poll(() => filter.getAttribute('aria-activedescendant'), PATIENT).toBeTruthy()
      await filter.press('Enter')
      await expect.poll(() => field.inputValue(), PATIENT).toBe(`7: see (${address}).`)

      const dataTransfer = await page.evaluateHandle(() => {
        const held = new DataTransfer()
        held.items.add(new File(['It works.'], 'dropped.txt', { type: 'text/plain' }))
        return held
      })
      await composer.dispatchEvent('dragover', { dataTransfer })
      await composer.getByText(t('reply.drop')).waitFor()
      await composer.dispatchEvent('drop', { dataTransfer })
      await composer.getByRole('button', { name: t('action.remove_file', { name: 'dropped.txt' }) }).waitFor()
      await composer.getByText(t('reply.drop')).waitFor({ state: 'detached' })

      await composer.getByRole('button', { name: t('action.save_note'), exact: true }).click()
      const note = page.getByRole('article').filter({ hasText: '7: see' })
      await note.getByText('dropped.txt').waitFor()
      const link = note.getByRole('link', { name: address, exact: true })
      expect(await link.getAttribute('href')).toBe(address)
      expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow')
      expect(await link.getAttribute('dir')).toBe('ltr')
    } finally {
      for (const { body } of templates) await api.delete(`/templates/${body.id}`)
    }
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

describe.each(['en', 'ar'] as const)('a department (%s)', (language) => {
  const t = catalog(language)
  /** Names keep to themselves in a sentence, whichever way it runs. */
  const isolated = (text: string) => `\u2068${text}\u2069`

  it('gets its members on its page, and its tickets say why none of them could be given one', async () => {
    const { api } = stage.people.olivia!
    const team = await api.post('/departments', {
      name: unique('Team'),
      distribution: { strategy: 'weighted', on: ['new'] },
    })
    const name = unique('Mira')
    const email = `${name.replace(' ', '.').toLowerCase()}@demo.example`
    const Billing = { departmentId: stage.departments.Billing }
    const agent = await api.post('/agents', { name, email, capacity: 0, memberships: [Billing] })
    expect([team.status, agent.status]).toEqual([201, 201])
    const inTeam = { departmentId: team.body.id }
    const path = `/agents/${agent.body.id}`
    const memberships = async () => (await api.get(path)).body.memberships
    try {
      const key = await api.post('/api-keys', { name: `${name}'s`, agentId: agent.body.id })
      const own = createApi(stage.local.baseUrl, key.body.key)
      expect((await own.put('/me/presence', { presence: 'online' })).status).toBeLessThan(300)

      const page = await stage.window('olivia', language === 'ar' ? arabic : {}, language)
      const editor = `${stage.local.baseUrl}/configuration/departments/${team.body.id}`
      await page.goto(editor)
      const card = page.getByRole('region', { name: t('department.members'), exact: true })
      await card.getByText(t('department.members_none')).waitFor()
      const choice = card.getByRole('combobox', { name: t('department.member_add') })
      const row = card.getByRole('listitem').filter({ hasText: name })
      const dialog = page.getByRole('dialog')
      const add = async () => {
        await choice.selectOption({ label: name })
        await card.getByRole('button', { name: t('action.add'), exact: true }).click()
        await row.getByText(t('department.member_weight', { weight: 1 })).waitFor()
      }
      const takeOut = async () => {
        await row.getByRole('button').click()
        await dialog.getByRole('button', { name: t('department.member_remove'), exact: true }).click()
        await dialog.waitFor({ state: 'detached' })
        await row.waitFor({ state: 'detached' })
      }
      await add()
      await row.getByText(t('presence.online'), { exact: true }).waitFor()
      await page.getByText(t('department.member_added', { name: isolated(name) })).waitFor()
      await expect
        .poll(() => choice.evaluate((select) => select === document.activeElement), PATIENT)
        .toBe(true)
      expect(await memberships()).toEqual([Billing, inTeam])

      // Somebody else was faster, and has changed something else as well.
      expect((await api.patch(path, { memberships: [] })).status).toBe(200)
      await takeOut()
      await page.getByText(t('department.member_stale', { name: isolated(name) })).waitFor()
      expect(await memberships()).toEqual([])
      // What the page does not know of stays.
      expect((await api.patch(path, { memberships: [Billing] })).status).toBe(200)
      await add()
      expect(await memberships()).toEqual([Billing, inTeam])

      const made = await api.post('/tickets', {
        subject: unique('nobody'),
        body: 'x',
        channel: 'web_form',
        contact: { name: 'Carla Contact', email: 'carla@customer.example' },
        departmentId: team.body.id,
      })
      expect(made.status).toBe(201)
      const ticket = `/tickets/${made.body.id}`
      await expect.poll(async () => (await api.get(ticket)).body.noEligibleAgent, PATIENT).toBe('at_capacity')
      await page.goto(stage.local.baseUrl + ticket)
      const sentence = t('ticket.no_eligible', { reason: t('no_eligible.at_capacity') })
      await page.getByText(sentence).waitFor()
      await page.getByRole('button', { name: t('responsibility.why') }).click()
      await dialog.getByText(sentence).waitFor()
      const candidate = dialog.getByRole('listitem').filter({ hasText: name })
      await candidate.getByText(t('explain.full', { load: 0, capacity: 0 })).waitFor()

      await page.goto(editor)
      await takeOut()
      await page.getByText(t('department.member_removed', { name: isolated(name) })).waitFor()
      expect(await memberships()).toEqual([Billing])
    } finally {
      await api.patch(path, { status: 'removed' })
    }
  })
})

describe.each(['en', 'ar'] as const)('notices (%s)', (language) => {
  const t = catalog(language)
  const options = language === 'ar' ? arabic : {}

  it('are found by admins with what became of them, sent again, and their channels are looked after', async () => {
    const { api } = stage.people.olivia!
    const sam = stage.people.sam!
    const subject = unique('Ledger')
    const id = await newTicket(subject)
    const asked = `/notifications?agentId=${sam.id}&channel=in_app`
    const notice = async () =>
      (await api.get(asked)).body.items.find(
        (each: any) => each.ticketId === id && each.event === 'ticket_new' && each.state === 'sent',
      )
    await expect.poll(notice, PATIENT).toBeTruthy()
    const { id: noticeId } = await notice()

    const page = await stage.window('olivia', options, language)
    const providers = [{ name: 'email', state: 'failing', failures: 9, error: 'connection refused' }]
    const broken = [
      { kind: 'address', agentId: sam.id, failures: 2, dead: true, nextTryAt: new Date().toISOString() },
    ]
    let health: object = { providers, broken }
    await page.route('**/api/v1/notifications/health', (route) => route.fulfill({ json: health }))
    let resent = false
    // As if it had failed, until it is sent again.
    await page.route(/\/api\/v1\/notifications\?/, async (route) => {
      const { body } = await api.get(`/notifications${new URL(route.request().url()).search}`)
      const items = body.items.map((each: any) =>
        each.id === noticeId && !resent ? { ...each, state: 'failed', error: 'no such device' } : each,
      )
      await route.fulfill({ json: { ...body, items } })
    })
    await page.route(`**/api/v1/notifications/${noticeId}/resend`, async (route) => {
      resent = true
      await route.fallback()
    })
    await page.goto(`${stage.local.baseUrl}/configuration/general`)
    await page.getByRole('link', { name: t('admin.notices'), exact: true }).click()
    const delivery = page.getByRole('region', { name: t('delivery.title'), exact: true })
    await delivery.getByText(t('delivery_provider.email')).waitFor()
    expect(await delivery.getByText('connection refused').getAttribute('lang')).toBe('en')
    await delivery.getByText(t('delivery.dead')).waitFor()
    const agent = delivery.getByRole('link', { name: sam.name })
    expect(await agent.getAttribute('href')).toBe(`/configuration/agents/${sam.id}`)

    const ledger = page.getByRole('region', { name: t('ledger.title'), exact: true })
    const choice = (label: string) => ledger.getByRole('combobox', { name: t(label), exact: true })
    const said = () => Object.fromEntries(new URL(page.url()).searchParams)
    await choice('field.agent').selectOption(sam.id)
    await choice('aside.channel').selectOption('in_app')
    await expect.poll(said, PATIENT).toEqual({ agentId: sam.id, channel: 'in_app' })
    const row = ledger
      .getByRole('row')
      .filter({ hasText: subject })
      .filter({ hasText: t('event.ticket_new') })
    await row.getByText('no such device').waitFor()
    await row.getByText(t('notice_state.failed')).waitFor()
    await row.getByRole('link', { name: sam.name }).waitFor()
    expect(await row.getByRole('link', { name: subject }).getAttribute('href')).toBe(`/tickets/${id}`)
    // What was pressed goes; the focus stays near.
    const hasFocus = () => ledger.evaluate((element) => element.contains(document.activeElement))
    await row.getByRole('button').click()
    await row.getByText('no such device').waitFor({ state: 'detached' })
    expect(resent).toBe(true)
    await expect.poll(hasFocus, PATIENT).toBe(true)

    health = { providers: [{ name: 'email', state: 'ok', failures: 0 }], broken: [] }
    await page.reload()
    await delivery.getByText(t('delivery.all_work')).waitFor()
    expect(await choice('aside.channel').inputValue()).toBe('in_app')
    await row.waitFor()
    await ledger.getByRole('button', { name: t('audit.show_all') }).click()
    await expect.poll(said, PATIENT).toEqual({})
    expect(await choice('field.agent').inputValue()).toBe('')
    await expect.poll(hasFocus, PATIENT).toBe(true)
  })

  it('are chosen for an agent by admins, and nothing else that the agent has chosen changes', async () => {
    const { api } = stage.people.olivia!
    const name = unique('Told')
    const email = `${name.replace(' ', '.').toLowerCase()}@demo.example`
    const made = await api.post('/agents', {
      name,
      email,
      memberships: [{ departmentId: stage.departments.Billing }],
    })
    expect(made.status).toBe(201)
    const path = `/agents/${made.body.id}`
    const chosen = async () => (await api.get(`${path}/preferences`)).body
    try {
      const page = await stage.window('olivia', options, language)
      await page.goto(`${stage.local.baseUrl}/configuration${path}`)
      const card = page.getByRole('region', { name: t('profile.notifications'), exact: true })
      const department = card.getByRole('combobox', { name: t('profile.for_department') })
      await expect
        .poll(() => department.locator('option').allTextContents(), PATIENT)
        .toEqual([t('profile.all_departments'), 'Billing'])
      const save = card.getByRole('button', { name: t('agent.save_notifications'), exact: true })
      expect(await save.isDisabled()).toBe(true)
      const cell = { event: t('event.ticket_assigned'), channel: t('notice_channel.email') }
      await card.getByLabel(t('profile.cell', cell)).selectOption('never')
      const quietHours = { from: '22:00', to: '06:00' }
      expect((await api.put(`${path}/preferences`, { ...(await chosen()), quietHours })).status).toBe(200)

      const refuses = `**/api/v1${path}/preferences`
      await page.route(refuses, (route) =>
        route.request().method() === 'PUT'
          ? route.fulfill({
              status: 503,
              json: { type: 'https://onus.dev/problems/unavailable', status: 503 },
            })
          : route.fallback(),
      )
      await save.click()
      await card.getByText(t('problem.unavailable')).waitFor()
      await page.unroute(refuses)
      await save.click()
      await page.getByText(t('profile.saved')).waitFor()
      const kept = await chosen()
      expect(kept).toMatchObject({ quietHours })
      expect(kept.rules).toContainEqual(
        expect.objectContaining({ event: 'ticket_assigned', channel: 'email', when: 'never' }),
      )
      expect(await card.getByText(t('problem.unavailable')).count()).toBe(0)
      expect(await save.isDisabled()).toBe(true)
    } finally {
      await api.patch(path, { status: 'removed' })
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
