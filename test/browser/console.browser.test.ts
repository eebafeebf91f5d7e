import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createApi } from '../support/api.ts'
import { sendRaw } from '../support/mail.ts'
import { arabic, catalog, faultsOf, openStage, type Stage } from './support/browser.ts'

/**
 * What an agent does all day, in a real browser against the running stack. Elements are found as a person
 * finds them: by what they are and what they are called, in the language of the window.
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

const PATIENT = { timeout: 20_000, interval: 100 }
const unique = (text: string) => `${text} ${Math.random().toString(36).slice(2, 8)}`
const row = (page: Page, subject: string) => page.getByRole('row').filter({ hasText: subject })
const responsibility = (page: Page, t: (id: string) => string) =>
  page.getByRole('region', { name: t('responsibility.title') })

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

interface Mail {
  html?: string
  /** The Message-ID of the mail that this one answers. */
  inReplyTo?: string
}

/** A mail of a contact, as their server hands it over; answers its Message-ID. */
async function sendMail(subject: string, { html, inReplyTo }: Mail = {}): Promise<string> {
  const { local } = stage
  const departments = await stage.people.olivia!.api.get('/departments?limit=200')
  const support = departments.body.items.find((each: any) => each.name === 'Support').addresses[0]
  const type = html ? 'text/html' : 'text/plain'
  const id = `<${crypto.randomUUID()}@customer.example>`
  const thread = inReplyTo ? `In-Reply-To: ${inReplyTo}\nReferences: ${inReplyTo}\n` : ''
  await sendRaw(
    local.inboundSmtp,
    { from: 'dana@customer.example', to: support },
    `From: Dana <dana@customer.example>\nTo: ${support}\nSubject: ${subject}\nMessage-ID: ${id}\n${thread}MIME-Version: 1.0\nContent-Type: ${type}; charset=utf-8\n\n${html ?? 'It is broken.'}\n`,
  )
  return id
}

it('signs in by the issuer and out again, and keeps strangers out', async () => {
  const page = await stage.window('marc')
  const cookies = (await page.context().cookies()).filter(({ name }) => name.includes('onus_session'))
  expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }])
  await page.reload()
  await page.getByRole('heading', { name: 'My tickets' }).waitFor()
  await page.getByRole('button', { name: /Marc Meyer/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
  await page.goto(`${stage.local.baseUrl}/lists/all`)
  await page.getByRole('link', { name: 'Sign in' }).waitFor()
})

describe.each([
  ['en', 'sam', 'sara'],
  ['ar', 'sam', 'sara'],
] as const)('in %s', (language, first, second) => {
  const t = catalog(language)
  const open = (person: string) => stage.window(person, language === 'ar' ? arabic : {}, language)

  it('a mail arrives and is shown without a reload', async () => {
    const page = await open(first)
    await page.goto(`${stage.local.baseUrl}/lists/unassigned`)
    await page
      .getByRole('table')
      .or(page.getByText(t('list.empty_unassigned')))
      .waitFor()
    await page.locator(`html[dir="${language === 'ar' ? 'rtl' : 'ltr'}"]`).waitFor()
    const count = () => page.locator('.sidebar .to-solve-count').textContent()
    const before = await count()
    const subject = unique('The mail')
    await sendMail(subject)
    await row(page, subject).waitFor()
    await expect.poll(count, PATIENT).not.toBe(before)
  })

  it('two race for a ticket, and the loser is told who won', async () => {
    const [one, two] = await Promise.all([open(first), open(second)])
    const subject = unique('The race')
    const { id } = await newTicket(subject)
    await Promise.all([one, two].map((page) => page.goto(`${stage.local.baseUrl}/tickets/${id}`)))
    const claims = [one, two].map((page) =>
      page.getByRole('button', { name: t('action.claim'), exact: true }),
    )
    await Promise.all(claims.map((button) => button.waitFor()))
    // The second window does not hear of the first, as if its line were slow.
    await two.route('**/api/v1/tickets/*', (route) =>
      route.request().method() === 'GET' ? undefined : route.continue(),
    )
    await claims[0]?.click()
    await responsibility(one, t)
      .getByText(/Sam Sato/)
      .waitFor()
    await claims[1]?.click()
    await two
      .getByText(t('claim.lost', { name: 'Sam Sato' }))
      .first()
      .waitFor()
    await two.unrouteAll({ behavior: 'ignoreErrors' })
    await two.reload()
    await responsibility(two, t)
      .getByText(/Sam Sato/)
      .waitFor()
  })

  it('a transfer says beforehand that nobody is assigned, and assigns nobody', async () => {
    const page = await open(first)
    const { id } = await newTicket(unique('The transfer'))
    await page.goto(`${stage.local.baseUrl}/tickets/${id}`)
    await responsibility(page, t).waitFor()
    await page.keyboard.press('t')
    const dialog = page.getByRole('dialog', { name: t('transfer.title') })
    await dialog.getByLabel(t('field.department')).selectOption({ label: 'Billing' })
    await dialog.getByText(t('transfer.nobody', { department: 'Billing' })).waitFor()
    await dialog.getByLabel(t('field.note_optional')).fill('About the invoice.')
    await dialog.getByRole('button', { name: t('action.transfer') }).click()
    await responsibility(page, t).getByText('Billing').waitFor()
    await responsibility(page, t).getByText(t('name.nobody')).waitFor()
    const now = await stage.people.olivia!.api.get(`/tickets/${id}`)
    expect(now.body).toMatchObject({ departmentId: stage.departments.Billing, agentId: null })
  })

  it('an answer takes the ticket over, and what is written survives a reload', async () => {
    const page = await open(first)
    const { id } = await newTicket(unique('The answer'))
    await page.goto(`${stage.local.baseUrl}/tickets/${id}`)
    const field = page.getByLabel(t('reply.label'), { exact: true })
    await page.getByText(t('reply.effect_takes')).waitFor()
    await field.fill('It is out now. تم الإصلاح')
    await page.getByText(t('reply.kept')).waitFor()
    await page.reload()
    await expect.poll(() => field.inputValue(), PATIENT).toBe('It is out now. تم الإصلاح')
    await field.press('Control+Enter')
    await page.getByRole('article').getByText('It is out now. تم الإصلاح').waitFor()
    await responsibility(page, t)
      .getByText(/Sam Sato/)
      .waitFor()
    expect(await field.inputValue()).toBe('')
    expect((await stage.people.olivia!.api.get(`/tickets/${id}`)).body.agentId).toBe(stage.people.sam!.id)
  })

  it('signs in by the issuer, in the language of the reader', async () => {
    const context = await stage.browser.newContext(language === 'ar' ? arabic : { locale: 'en-GB' })
    const page = await context.newPage()
    await page.goto(stage.local.consoleUrl)
    await page.getByRole('heading', { name: t('sign_in.title') }).waitFor()
    await page.locator(`html[dir="${language === 'ar' ? 'rtl' : 'ltr'}"]`).waitFor()
    await page.getByRole('link', { name: t('sign_in.action') }).click()
    await page.getByRole('button', { name: 'Adam Adler' }).click()
    await page.waitForURL(/\/lists\//)
    await page.getByRole('button', { name: /Adam Adler/ }).waitFor()
  })

  it('a mail of the contact opens a resolved ticket again, in sight of who looks at it', async () => {
    const page = await open(first)
    const subject = unique('The return')
    const mail = await sendMail(subject)
    await page.goto(`${stage.local.baseUrl}/lists/unassigned`)
    await row(page, subject).getByRole('link').click()
    await page.getByRole('button', { name: t('action.claim'), exact: true }).click()
    await responsibility(page, t)
      .getByText(/Sam Sato/)
      .waitFor()
    await page.getByRole('button', { name: t('action.resolve'), exact: true }).click()
    await page.locator('.ticket-head').getByText(t('status.resolved')).first().waitFor()
    await sendMail(`Re: ${subject}`, { inReplyTo: mail })
    await page.locator('.ticket-head').getByText(t('status.open')).first().waitFor()
    await page.getByRole('article').nth(1).waitFor()
    const id = page.url().split('/').pop() ?? ''
    const timeline = (await stage.people.olivia!.api.get(`/tickets/${id}/timeline`)).body.items
    expect(timeline.map(({ type }: any) => type)).toContain('reopened')
    expect((await stage.people.olivia!.api.get(`/tickets/${id}`)).body.status).toBe('open')
  })

  it('an admin takes a ticket over with a reason, and whoever had it sees that at once', async () => {
    const [holder, admin] = await Promise.all([open(first), open('adam')])
    const { id } = await newTicket(unique('The taking'))
    await stage.people.sam!.api.post(`/tickets/${id}/claim`)
    await Promise.all([holder, admin].map((page) => page.goto(`${stage.local.baseUrl}/tickets/${id}`)))
    await admin.getByRole('button', { name: t('action.more'), exact: true }).click()
    await admin.getByRole('menuitem', { name: t('action.take_over') }).click()
    const dialog = admin.getByRole('dialog', { name: t('take_over.title') })
    await dialog.getByText(t('take_over.text', { name: 'Sam Sato' })).waitFor()
    const submit = dialog.getByRole('button', { name: t('action.take_over') })
    expect(await submit.isDisabled()).toBe(true)
    await dialog.getByLabel(t('field.reason')).fill('The customer is angry.')
    await submit.click()
    await responsibility(admin, t)
      .getByText(/Adam Adler/)
      .waitFor()
    // The page did not lose the place of the keyboard with the dialog.
    expect(await admin.evaluate(() => document.activeElement !== document.body)).toBe(true)
    await responsibility(holder, t)
      .getByText(/Adam Adler/)
      .waitFor()
    await holder.getByText('The customer is angry.').first().waitFor()
  })

  it('preferences that are turned off send no mail', async () => {
    const { sara, olivia } = stage.people
    const before = (await sara!.api.get('/me/preferences')).body
    const mailsAbout = async (number: string) =>
      (await (await fetch(stage.local.mailSinkUrl)).json()).filter(
        (mail: any) =>
          mail.headers['x-onus-event'] === 'ticket_assigned' &&
          mail.to.includes(sara!.email) &&
          mail.subject.includes(`[#${number}]`),
      )
    const give = async (text: string) => {
      const ticket = await newTicket(unique(text))
      await olivia!.api.post(`/tickets/${ticket.id}/assign`, { agentId: sara!.id })
      return ticket
    }
    try {
      const page = await open(second)
      const told = await give('Told')
      await expect.poll(() => mailsAbout(told.number), PATIENT).not.toEqual([])
      await page.goto(`${stage.local.baseUrl}/profile`)
      const cell = t('profile.cell', {
        event: t('event.ticket_assigned'),
        channel: t('notice_channel.email'),
      })
      await page.getByLabel(cell).selectOption('never')
      await page.getByRole('button', { name: t('action.save'), exact: true }).click()
      await page.getByText(t('profile.saved')).first().waitFor()
      const { id, number } = await give('Quiet')
      const notice = async () =>
        (await olivia!.api.get(`/tickets/${id}/notifications`)).body.items?.find(
          (each: any) =>
            each.event === 'ticket_assigned' &&
            each.channel === 'email' &&
            each.recipient.agentId === sara!.id,
        )
      await expect.poll(async () => (await notice())?.state, PATIENT).toBe('suppressed')
      expect(await notice()).toMatchObject({ reason: 'preference' })
      // Another notice of the same ticket has arrived: this one would have too.
      await expect
        .poll(
          async () =>
            (await olivia!.api.get(`/tickets/${id}/notifications`)).body.items?.some(
              (each: any) => each.recipient.agentId === sara!.id && each.state === 'sent',
            ),
          PATIENT,
        )
        .toBe(true)
      expect(await mailsAbout(number)).toEqual([])
    } finally {
      await sara!.api.put('/me/preferences', before)
    }
  })

  it('a reply that comes too late is not sent, and its text is kept', async () => {
    const page = await open('sam')
    const { id } = await newTicket(unique('Too late'))
    await page.goto(`${stage.local.baseUrl}/tickets/${id}`)
    const field = page.getByLabel(t('reply.label'), { exact: true })
    await field.fill('I have it.')
    await page.route('**/api/v1/**', (route) =>
      route.request().method() === 'GET' ? route.abort() : route.continue(),
    )
    await stage.people.sara!.api.post(`/tickets/${id}/claim`)
    await field.press('Control+Enter')
    await page
      .getByRole('alert')
      .getByText(t('reply.lost', { name: 'Sara Silva' }))
      .waitFor()
    expect(await field.inputValue()).toBe('I have it.')
    await page.unrouteAll({ behavior: 'ignoreErrors' })
  })

  it('says that the connection is lost, and heals', async () => {
    const page = await open('sam')
    const lost = page.getByText(t('connection.lost'))
    await page.route('**/api/v1/me/events', (route) => route.abort())
    await page.goto(`${stage.local.baseUrl}/lists/unassigned`)
    await lost.waitFor()
    const subject = unique('Missed')
    await newTicket(subject)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await row(page, subject).waitFor({ timeout: 60_000 })
    await lost.waitFor({ state: 'detached' })
  })

  it('makes the rule of the guide by hand, and the rule acts', async () => {
    const page = await open('olivia')
    const { olivia, sonia } = stage.people
    await page.goto(`${stage.local.baseUrl}/configuration/rules/new`)
    const name = unique('Ticket route Sonia')
    await page.getByLabel(t('field.name'), { exact: true }).fill(name)
    await page
      .getByLabel(t('rule.notes'), { exact: true })
      .fill('Routes all social media tickets to Sonia in Marketing.')
    await page.getByLabel(t('rule.apply_when'), { exact: true }).selectOption('ticket_created')
    await page.getByRole('button', { name: t('rule.add_group') }).click()
    const group = page.getByRole('group', { name: t('rule.group', { number: 1 }) })
    await group.getByLabel(t('rule.field'), { exact: true }).selectOption('channel')
    for (const source of ['facebook', 'x', 'instagram', 'viber'])
      await group.getByText(t(`channel.${source}`), { exact: true }).click()
    await page.getByLabel(t('rule.action_number', { number: 1 }), { exact: true }).selectOption('transfer')
    await page.getByLabel(t('field.department'), { exact: true }).selectOption({ label: 'Marketing' })
    await page.getByLabel(t('field.agent'), { exact: true }).selectOption({ label: 'Sonia Sousa' })
    await page.getByRole('button', { name: t('action.save'), exact: true }).click()
    await page.getByRole('row', { name: new RegExp(name) }).waitFor()
    const rules = (await olivia!.api.get('/rules?limit=200')).body.items
    const rule = rules.find((each: any) => each.name === name)
    try {
      const made = await olivia!.api.post('/tickets', {
        subject: unique('From Facebook'),
        body: 'Hello',
        channel: 'facebook',
        contact: { name: 'Carla Contact' },
      })
      expect(made.body).toMatchObject({ departmentId: stage.departments.Marketing, agentId: sonia!.id })
      await page.goto(`${stage.local.baseUrl}/tickets/${made.body.id}`)
      await page.getByRole('button', { name: t('responsibility.why') }).click()
      await page.getByRole('dialog').getByText(name).first().waitFor()
    } finally {
      await olivia!.api.delete(`/rules/${rule.id}`)
    }
  })
})

it('hands out the next ticket to solve by one key, and walks lists by keys', async () => {
  const page = await stage.window('sonia')
  const subject = unique('The next')
  const { id } = await newTicket(subject, 'Marketing')
  await page.getByRole('main').waitFor()
  await page.keyboard.press('u')
  await row(page, subject).waitFor()
  await page.keyboard.press('j')
  await page.locator('.ticket-link:focus').waitFor()
  await page.keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('n')
  await page.waitForURL(/\/tickets\//)
  await responsibility(page, catalog('en')).getByText('Sonia Sousa (you)').waitFor()
  const mine = await stage.people.sonia!.api.get(`/tickets?agentId=${stage.people.sonia!.id}`)
  expect(mine.body.items.length).toBeGreaterThan(0)
  expect(id).toBeTruthy()
})

it('shows a mail’s HTML without running, loading or covering anything', async () => {
  const page = await stage.window('sam')
  const asked: string[] = []
  page.on('request', (request) => asked.push(request.url()))
  const subject = unique('HTML')
  await sendMail(subject, {
    html: `<p style="color:#b00;position:fixed;top:0">Look <b>here</b></p><img src="https://tracker.example/p.png" onerror="alert(1)">
<script>alert(1)</script><svg onload="alert(1)"></svg><a href="javascript:alert(1)">x</a><iframe src="https://evil.example"></iframe>
<form action="https://evil.example"><input name="password"></form><style>body{display:none}</style>`,
  })
  await page.goto(`${stage.local.baseUrl}/lists/unassigned`)
  await row(page, subject).getByRole('link').click()
  const body = page.frameLocator('.mail-body iframe')
  await body.getByText('here').waitFor()
  expect(
    await body.locator('script, svg, iframe, form, input, style, [onerror], a[href^="javascript:"]').count(),
  ).toBe(0)
  expect(await body.locator('[style*="position"]').count()).toBe(0)
  expect(asked.filter((url) => /tracker|evil/.test(url))).toEqual([])
  await page.getByRole('button', { name: 'Show images' }).click()
  await expect.poll(() => asked.some((url) => url.includes('tracker.example')), PATIENT).toBe(true)
})

it('changes its language with the profile', async () => {
  const page = await stage.window('marc')
  await page.goto(`${stage.local.baseUrl}/profile`)
  const before = (await stage.people.marc!.api.get('/me/preferences')).body
  try {
    await page.getByLabel('Language').selectOption('nl')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('heading', { name: 'Profiel' }).waitFor()
    await page.getByLabel('Er wordt een ticket aan mij toegewezen: Slack').selectOption('never')
    await page.getByRole('button', { name: 'Opslaan' }).click()
    await page.getByText('Opgeslagen.').first().waitFor()
    const kept = (await stage.people.marc!.api.get('/me/preferences')).body
    expect(kept.locale).toBe('nl')
    expect(kept.rules).toContainEqual({ event: 'ticket_assigned', channel: 'slack', when: 'never' })
  } finally {
    await stage.people.marc!.api.put('/me/preferences', before)
  }
})

it('can be installed, and has a page for when nobody can be reached', async () => {
  const page = await stage.window('sam')
  const manifest = await (await page.request.get(`${stage.local.baseUrl}/manifest.webmanifest`)).json()
  expect(manifest.start_url).toBe('/lists/mine')
  for (const { src } of manifest.icons)
    expect((await page.request.get(stage.local.baseUrl + src)).status()).toBe(200)
  await expect.poll(() => page.context().serviceWorkers().length, PATIENT).toBe(1)
  // The first page was loaded before there was a worker.
  await page.reload()
  await page.getByRole('main').waitFor()
  await page.context().setOffline(true)
  await page.goto(`${stage.local.baseUrl}/lists/all`)
  await page.getByRole('heading', { name: 'You are offline' }).waitFor()
  await page.context().setOffline(false)
  await page.getByRole('heading', { name: 'All tickets' }).waitFor()
})

it('sends only packed files, and little before the first list', async () => {
  const page = await stage.window('sam')
  const context = await stage.browser.newContext({ storageState: await page.context().storageState() })
  const fresh = await context.newPage()
  const scripts: Promise<number>[] = []
  fresh.on('requestfinished', (request) => {
    if (request.resourceType() === 'script')
      scripts.push(request.sizes().then(({ responseBodySize }) => responseBodySize))
  })
  await fresh.goto(`${stage.local.baseUrl}/lists/all`)
  await fresh.locator('.ticket-row').first().waitFor()
  const total = (await Promise.all(scripts)).reduce((sum, size) => sum + size, 0)
  console.log(
    `first load of the lists: ${(total / 1024).toFixed(1)} KiB of JavaScript in ${scripts.length} files`,
  )
  expect(total).toBeGreaterThan(50 * 1024)
  expect(total).toBeLessThan(200 * 1024)
})

it('leaves the API to those who bring their own key', async () => {
  const stranger = createApi(stage.local.baseUrl, 'not-a-key')
  expect((await stranger.get('/me')).status).toBe(401)
})
