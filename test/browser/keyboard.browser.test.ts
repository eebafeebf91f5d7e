import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { arabic, catalog, faultsOf, openStage, type Stage } from './support/browser.ts'
import { Keyboard } from './support/keyboard.ts'

/**
 * The main flows by the keyboard alone: no pointer is moved, no element is pressed or filled by the driver. After each
 * key the focus is on something that is there, can be seen, is not covered, and shows that it has it.
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

const PATIENT = { timeout: 30_000, interval: 100 }
const unique = (text: string) => `${text} ${Math.random().toString(36).slice(2, 8)}`

async function newTicket(subject: string, department = 'Support'): Promise<{ id: string; number: string }> {
  const made = await stage.people.olivia!.api.post('/tickets', {
    subject,
    body: 'Please help.',
    channel: 'web_form',
    contact: { name: 'Carla Contact', email: 'carla@customer.example' },
    departmentId: stage.departments[department],
  })
  expect(made.status).toBe(201)
  return made.body
}

const ticketOf = async (id: string) => (await stage.people.olivia!.api.get(`/tickets/${id}`)).body

async function speaks(person: string, locale: string): Promise<void> {
  const { api } = stage.people[person]!
  const preferences = (await api.get('/me/preferences')).body
  if (preferences.locale !== locale) await api.put('/me/preferences', { ...preferences, locale })
}

describe.each(['en', 'ar'] as const)('in %s', (language) => {
  const t = catalog(language)
  const options = {
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce' as const,
    ...(language === 'ar' ? arabic : { locale: 'en-GB', timezoneId: 'Europe/Madrid' }),
  }

  /** Signed in without a pointer, at the first list. */
  async function signedIn(person: string): Promise<Keyboard> {
    await speaks(person, language)
    const context = await stage.browser.newContext(options)
    context.setDefaultTimeout(30_000)
    const page = await context.newPage()
    await page.goto(stage.local.consoleUrl)
    const keys = new Keyboard(page, language)
    const link = page.getByRole('link', { name: t('sign_in.action'), exact: true })
    await keys.to(link)
    await page.keyboard.press('Enter')
    const name = page.getByRole('button', { name: stage.people[person]!.name })
    await name.waitFor()
    // The issuer's page is not ours.
    for (let presses = 0; presses < 30 && !(await keys.has(name)); presses++) await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/lists\//)
    await page.locator(`html[lang="${language}"]`).waitFor()
    await page.getByRole('main').waitFor()
    if (stage.local.baseUrl !== new URL(page.url()).origin)
      await page.goto(`${stage.local.baseUrl}/lists/mine`)
    await page.getByRole('heading', { name: t('list.mine') }).waitFor()
    return keys
  }

  it('works on tickets', async () => {
    const { olivia } = stage.people
    const template = unique('Greeting')
    const made = await olivia!.api.post('/templates', { name: template, body: 'Hello {{contact.name}},' })
    expect(made.status).toBe(201)
    const subject = unique('By keys')
    const { id } = await newTicket(subject)
    const keys = await signedIn('sam')
    const { page } = keys
    const responsibility = page.getByRole('region', { name: t('responsibility.title') })
    const button = (name: string) => page.getByRole('button', { name, exact: true })
    const dialog = (name: string) => page.getByRole('dialog', { name })
    const field = page.getByRole('textbox', { name: t('reply.label'), exact: true })
    try {
      // To solve: the button is reached, and gives the next one.
      await keys.to(page.locator('.sidebar .to-solve'))
      await page.keyboard.press('Enter')
      await page.waitForURL(/\/tickets\//)
      await responsibility.getByText(/Sam Sato/).waitFor()
      await keys.sensible()

      // The way past the navigation.
      await page.keyboard.press('Escape')
      await page.waitForURL(/\/lists\//)
      await keys.sensible()
      await keys.enter(page.getByRole('link', { name: t('list.unassigned'), exact: true }))
      await page.getByRole('heading', { name: t('list.unassigned'), level: 1 }).waitFor()
      const row = page.getByRole('row').filter({ hasText: subject })
      if (!(await ticketOf(id)).agentId) {
        await row.waitFor()
        await keys.sensible()
        for (const key of ['j', 'j', 'k', 'k']) {
          await page.keyboard.press(key)
          await page.locator('.ticket-link:focus').waitFor()
        }
        await keys.sensible()
      }

      // Search, and open what is found.
      await keys.press('/')
      await page.getByRole('heading', { name: t('list.search'), level: 1 }).waitFor()
      const search = page.getByRole('searchbox', { name: t('list.search') })
      await expect.poll(() => keys.has(search), PATIENT).toBe(true)
      await keys.type(subject)
      await row.waitFor()
      await keys.enter(row.getByRole('link'))
      await page.waitForURL(new RegExp(id))
      await responsibility.waitFor()
      await keys.sensible()

      // Claim. Its button goes with it; the keyboard stays near.
      if (!(await ticketOf(id)).agentId) {
        await keys.enter(button(t('action.claim')))
        await responsibility.getByText(/Sam Sato/).waitFor()
        await button(t('action.claim')).waitFor({ state: 'detached' })
        await keys.sensible()
        expect(await page.evaluate(() => document.activeElement?.closest('.ticket-head') !== null)).toBe(true)
      }

      // A reply with a template and an attachment.
      await page.keyboard.press('r')
      await expect.poll(() => keys.has(field), PATIENT).toBe(true)
      await keys.item(button(t('template.insert')), template)
      await expect.poll(() => field.inputValue(), PATIENT).toBe('Hello Carla Contact,')
      await keys.to(button(t('action.attach')))
      const chooser = page.waitForEvent('filechooser')
      await page.keyboard.press('Enter')
      await (await chooser).setFiles({
        name: 'answer.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('It works.'),
      })
      await button(t('action.remove_file', { name: 'answer.txt' })).waitFor()
      await keys.sensible()
      await keys.to(field, 'Shift+Tab')
      await page.keyboard.press('Control+End')
      await keys.type(' it works by keys.')
      await keys.press('Control+Enter')
      await page
        .getByRole('article')
        .filter({ hasText: 'it works by keys.' })
        .getByText('answer.txt')
        .waitFor()
      await expect.poll(() => field.inputValue(), PATIENT).toBe('')
      await keys.sensible()

      // A note, sent by its button.
      await keys.press('Escape')
      expect(await keys.has(field)).toBe(false)
      await page.keyboard.press('m')
      const note = page.getByRole('textbox', { name: t('note.label'), exact: true })
      await expect.poll(() => keys.has(note), PATIENT).toBe(true)
      await keys.type('Only for us.')
      await keys.enter(button(t('action.save_note')))
      await page.getByRole('article').filter({ hasText: 'Only for us.' }).waitFor()
      await expect.poll(() => note.inputValue(), PATIENT).toBe('')
      await keys.sensible()

      // The timeline's filter: a group that one tabs to, and goes through by arrows in the direction of reading.
      await keys.press('Escape')
      const everything = page.getByRole('radio', { name: t('ticket.everything'), exact: true })
      const conversation = page.getByRole('radio', { name: t('ticket.conversation'), exact: true })
      const changes = page.getByRole('radio', { name: t('ticket.changes'), exact: true })
      await keys.to(everything)
      await keys.forward()
      await expect.poll(() => conversation.isChecked(), PATIENT).toBe(true)
      await keys.forward()
      await expect.poll(() => changes.isChecked(), PATIENT).toBe(true)
      await page.getByRole('article').first().waitFor({ state: 'detached' })
      await keys.back()
      await keys.back()
      await expect.poll(() => everything.isChecked(), PATIENT).toBe(true)

      // Explain: a dialog that keeps the focus and gives it back.
      const why = responsibility.getByRole('button', { name: t('responsibility.why') })
      await keys.enter(why)
      await keys.trapped(dialog(t('responsibility.title')))
      await page.keyboard.press('Escape')
      await dialog(t('responsibility.title')).waitFor({ state: 'detached' })
      await keys.sensible()
      expect(await keys.has(why)).toBe(true)

      // Postpone from the menu: the focus comes back to the menu's button.
      await keys.item(button(t('action.more')), t('action.postpone_to'))
      await keys.trapped(dialog(t('postpone.title')))
      await keys.enter(dialog(t('postpone.title')).getByRole('button', { name: t('postpone.tomorrow') }))
      await keys.enter(dialog(t('postpone.title')).getByRole('button', { name: t('action.postpone') }))
      await dialog(t('postpone.title')).waitFor({ state: 'detached' })
      await page.locator('.ticket-head').getByText(t('status.postponed'), { exact: true }).waitFor()
      await keys.sensible()
      expect(await keys.has(button(t('action.more')))).toBe(true)

      // Resolve by its key, reopen by its button.
      await keys.press('e')
      await page.locator('.ticket-head').getByText(t('status.resolved'), { exact: true }).waitFor()
      await keys.sensible()
      await keys.enter(button(t('action.reopen')))
      await page.locator('.ticket-head').getByText(t('status.open'), { exact: true }).waitFor()
      await keys.sensible()

      // Transfer with a note; nobody is assigned, and that is said before.
      await page.keyboard.press('t')
      const transfer = dialog(t('transfer.title'))
      await keys.trapped(transfer)
      await keys.choose(transfer.getByLabel(t('field.department')), 'Billing')
      await transfer.getByText(t('transfer.nobody', { department: 'Billing' })).waitFor()
      await keys.write(transfer.getByLabel(t('field.note_optional')), 'About the invoice.')
      await keys.enter(transfer.getByRole('button', { name: t('action.transfer') }))
      await transfer.waitFor({ state: 'detached' })
      await responsibility.getByText('Billing').waitFor()
      await keys.sensible()
      expect(await ticketOf(id)).toMatchObject({ departmentId: stage.departments.Billing, agentId: null })

      // Out by the menu under the own name.
      await keys
        .item(page.getByRole('button', { name: /Sam Sato/ }), t('sign_out.action'))
        .catch(async (error) => {
          // The page that follows has nothing yet that could have the focus.
          if (!(await page.getByRole('link', { name: t('sign_in.action'), exact: true }).isVisible()))
            throw error
        })
      await page.getByRole('link', { name: t('sign_in.action'), exact: true }).waitFor()
    } finally {
      await olivia!.api.delete(`/templates/${made.body.id}`)
    }
  })

  it('takes over and gives back', async () => {
    const { sam, ben } = stage.people
    const { id } = await newTicket(unique('Taken by keys'))
    await sam!.api.post(`/tickets/${id}/claim`)
    const page = await stage.window('adam', options, language)
    const keys = new Keyboard(page, language)
    await page.goto(`${stage.local.baseUrl}/tickets/${id}`)
    const responsibility = page.getByRole('region', { name: t('responsibility.title') })
    const more = page.getByRole('button', { name: t('action.more'), exact: true })
    await responsibility.getByText(/Sam Sato/).waitFor()
    await more.waitFor()

    await keys.item(more, t('action.take_over'))
    const takeOver = page.getByRole('dialog', { name: t('take_over.title') })
    await keys.trapped(takeOver)
    await keys.write(takeOver.getByLabel(t('field.reason')), 'The customer is angry.')
    await keys.enter(takeOver.getByRole('button', { name: t('action.take_over') }))
    await takeOver.waitFor({ state: 'detached' })
    await responsibility.getByText(/Adam Adler/).waitFor()
    await keys.sensible()

    await page.keyboard.press('t')
    const transfer = page.getByRole('dialog', { name: t('transfer.title') })
    await keys.choose(transfer.getByLabel(t('field.department')), 'Billing')
    await keys.enter(transfer.getByRole('button', { name: t('action.transfer') }))
    await transfer.waitFor({ state: 'detached' })
    await responsibility.getByText('Billing').waitFor()
    await ben!.api.post(`/tickets/${id}/claim`)
    await responsibility.getByText(/Ben Bauer/).waitFor()

    await keys.item(more, t('action.return'))
    const giveBack = page.getByRole('dialog', { name: t('return.title') })
    await keys.trapped(giveBack)
    await keys.enter(giveBack.getByRole('button', { name: t('action.return') }))
    await giveBack.waitFor({ state: 'detached' })
    await responsibility.getByText('Support').waitFor()
    await keys.sensible()
    expect((await ticketOf(id)).departmentId).toBe(stage.departments.Support)
  })

  it('sets up: rules and their order, a department, an agent, somebody who leaves, a webhook, Insight', async () => {
    const { olivia, sara } = stage.people
    const api = olivia!.api
    const rulesNow = async (): Promise<{ id: string; name: string }[]> =>
      (await api.get('/rules?limit=200')).body.items.toSorted((a: any, b: any) => a.position - b.position)
    const [first, second] = [unique('First'), unique('Second')]
    const made = await api.post('/rules', {
      name: first,
      active: false,
      trigger: { type: 'ticket_created' },
      conditions: [],
      actions: [{ type: 'set_priority', priority: 'low' }],
    })
    expect(made.status).toBe(201)
    const mine = async () => (await rulesNow()).filter(({ name }) => name === first || name === second)
    const page = await stage.window('olivia', options, language)
    await page.goto(`${stage.local.baseUrl}/lists/mine`)
    const keys = new Keyboard(page, language)
    const heading = (name: string) => page.getByRole('heading', { name, exact: true })
    const link = (name: string) => page.getByRole('link', { name, exact: true })
    const button = (name: string) => page.getByRole('button', { name, exact: true })
    const tab = (name: string) =>
      page
        .getByRole('navigation', { name: t('admin.title'), exact: true })
        .getByRole('link', { name, exact: true })
    let webhookId: string | undefined
    try {
      // A rule, made in the editor.
      await keys.enter(link(t('admin.title')))
      await keys.enter(tab(t('admin.rules')))
      await keys.enter(link(t('admin.new_rule')))
      await keys.write(page.getByLabel(t('field.name'), { exact: true }), second)
      await keys.enter(button(t('rule.add_group')))
      const group = page.getByRole('group', { name: t('rule.group', { number: 1 }) })
      await keys.to(group.getByLabel(t('rule.field'), { exact: true }), 'Shift+Tab')
      await keys.choose(group.getByLabel(t('rule.field'), { exact: true }), 'subject')
      await keys.write(group.getByRole('textbox', { name: t('rule.value') }), 'newsletter')
      await keys.choose(page.getByLabel(t('field.department'), { exact: true }), 'Marketing')
      await keys.enter(button(t('action.save')))
      await page.getByRole('row', { name: second }).waitFor()
      await keys.sensible()
      expect((await mine()).map(({ name }) => name)).toEqual([first, second])

      // Its place in the order: into its row, to its handle, and two lines up.
      const row = page.getByRole('row', { name: second })
      const handle = row.getByRole('button', { name: t('rule.drag', { name: second }) })
      await keys.to(page.getByRole('grid', { name: t('admin.rules') }).getByRole('row'))
      for (let presses = 0; presses < 100 && !(await keys.has(row)); presses++) await keys.press('ArrowDown')
      await keys.forward()
      expect(await keys.has(handle)).toBe(true)
      // Each of these goes to another place between two rules, in its own time.
      await keys.moves('Enter')
      await keys.moves('ArrowUp')
      await keys.moves('ArrowUp')
      await page.keyboard.press('Enter')
      await expect.poll(async () => (await mine()).map(({ name }) => name), PATIENT).toEqual([second, first])
      await keys.sensible()
      // And back, by its menu.
      await keys.to(row)
      await keys.back()
      await keys.item(
        row.getByRole('button', { name: t('rule.actions_of', { name: second }) }),
        t('rule.down'),
      )
      await expect.poll(async () => (await mine()).map(({ name }) => name), PATIENT).toEqual([first, second])
      await keys.sensible()

      // A department.
      await keys.enter(tab(t('shell.departments')))
      await keys.enter(page.getByRole('main').getByRole('link', { name: 'Support', exact: true }))
      const policy = page.getByLabel(t('department.reopen_policy'), { exact: true })
      await policy.waitFor()
      const before = (await api.get(`/departments/${stage.departments.Support}`)).body.reopenPolicy
      const other = before === 'keep' ? 'department' : 'keep'
      await keys.choose(policy, other)
      await keys.enter(button(t('action.save')))
      await expect
        .poll(
          async () => (await api.get(`/departments/${stage.departments.Support}`)).body.reopenPolicy,
          PATIENT,
        )
        .toBe(other)
      await api.patch(`/departments/${stage.departments.Support}`, { reopenPolicy: before })
      await keys.sensible()

      // An agent, and the preview of what happens when they leave.
      await keys.enter(tab(t('admin.agents')))
      await keys.enter(page.getByRole('main').getByRole('link', { name: sara!.name }))
      const capacity = page.getByLabel(t('agent.capacity'), { exact: true })
      await keys.write(capacity, '17')
      await keys.enter(button(t('action.save')))
      await expect.poll(async () => (await api.get(`/agents/${sara!.id}`)).body.capacity, PATIENT).toBe(17)
      await api.patch(`/agents/${sara!.id}`, { capacity: null })
      await page.getByRole('table', { name: t('admin.agents'), exact: true }).waitFor()
      await keys.sensible()
      await keys.enter(page.getByRole('main').getByRole('link', { name: sara!.name }))
      await keys.enter(link(t('leaving.begin')))
      await heading(t('leaving.what_happens')).waitFor()
      await keys.enter(button(t('leaving.start', { name: sara!.name })))
      const sure = page.getByRole('dialog', { name: t('leaving.confirm_title', { name: sara!.name }) })
      await keys.trapped(sure)
      await keys.enter(sure.getByRole('button', { name: t('action.cancel') }))
      await sure.waitFor({ state: 'detached' })
      expect(await keys.has(button(t('leaving.start', { name: sara!.name })))).toBe(true)

      // A webhook.
      await keys.enter(tab(t('admin.webhooks')))
      await keys.enter(link(t('webhook.new')))
      const address = `http://127.0.0.1:9/${unique('hook').replace(' ', '-')}`
      await keys.write(page.getByRole('textbox', { name: t('webhook.url') }), address)
      await keys.enter(button(t('action.create')))
      const secret = page.getByRole('dialog')
      await keys.trapped(secret)
      await keys.enter(secret.getByRole('button', { name: t('webhook.secret_kept') }))
      await secret.waitFor({ state: 'detached' })
      await keys.sensible()
      webhookId = (await api.get('/webhooks?limit=200')).body.items.find(
        (each: any) => each.url === address,
      )?.id
      expect(webhookId).toBeTruthy()

      // Insight, and from a number to its tickets.
      await keys.enter(link(t('insight.title')))
      await page.locator('.insight-card').first().waitFor()
      const number = page.getByRole('main').locator('a[href^="/insight/tickets"]').first()
      await keys.enter(number)
      await page.waitForURL(/\/insight\/tickets/)
      await keys.sensible()
    } finally {
      for (const { id } of await mine()) await api.delete(`/rules/${id}`)
      if (webhookId) await api.delete(`/webhooks/${webhookId}`)
    }
  })

  it('changes what one is told', async () => {
    const { sonia } = stage.people
    const before = (await sonia!.api.get('/me/preferences')).body
    const page = await stage.window('sonia', options, language)
    await page.goto(`${stage.local.baseUrl}/lists/mine`)
    const keys = new Keyboard(page, language)
    try {
      await keys.item(page.getByRole('button', { name: /Sonia Sousa/ }), t('profile.title'))
      await page.getByRole('heading', { name: t('profile.title'), level: 1 }).waitFor()
      const cell = page.getByLabel(
        t('profile.cell', { event: t('event.ticket_assigned'), channel: t('notice_channel.slack') }),
      )
      await cell.waitFor()
      await keys.choose(cell, 'never')
      const quiet = page.getByRole('checkbox', { name: t('profile.quiet_hours') })
      await keys.to(quiet)
      if (!(await quiet.isChecked())) await keys.press('Space')
      expect(await quiet.isChecked()).toBe(true)
      await keys.to(page.getByLabel(t('profile.quiet_from'), { exact: true }))
      await keys.press('ArrowUp')
      await keys.enter(
        page.locator('form.profile').getByRole('button', { name: t('action.save'), exact: true }),
      )
      await expect
        .poll(async () => (await sonia!.api.get('/me/preferences')).body.quietHours, PATIENT)
        .toBeTruthy()
      const now = (await sonia!.api.get('/me/preferences')).body
      expect(now.rules).toContainEqual({ event: 'ticket_assigned', channel: 'slack', when: 'never' })
      await keys.sensible()
    } finally {
      await sonia!.api.put('/me/preferences', before)
    }
  })
})
