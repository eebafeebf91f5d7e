import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Issuer, startIssuer } from '@onus/deploy-local/oidc/issuer'
import { takePort } from '@onus/deploy-local/ports'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createApi } from '../support/api.ts'
import { arabic, catalog, faultsOf, openStage, type Stage } from './support/browser.ts'

/** Setting an account up, as owners and admins do it: who leaves, who is away, who is told, who may come in. */

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
/** It looks a second time when no command can be on its way any more. */
const LEAVING_MS = 120_000
const unique = () => Math.random().toString(36).slice(2, 8)

it('asks before a page with something unsaved gives way to another one', async () => {
  const t = catalog('en')
  const page = await stage.window('olivia')
  const form = '/configuration/departments/new'
  await page.goto(stage.local.baseUrl + form)
  const name = page.getByRole('textbox', { name: t('field.name'), exact: true })
  await name.fill('Half a department')
  const elsewhere = page.getByRole('link', { name: t('admin.agents'), exact: true }).first()
  await elsewhere.click()
  const dialog = page.getByRole('dialog', { name: t('unsaved.title') })
  await dialog.getByRole('button', { name: t('action.cancel') }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(new URL(page.url()).pathname).toBe(form)
  expect(await name.inputValue()).toBe('Half a department')
  await elsewhere.click()
  await dialog.getByRole('button', { name: t('unsaved.leave') }).click()
  await page.waitForURL('**/configuration/agents')

  // The browser's own way back asks as well.
  await page
    .getByRole('link', { name: t('shell.departments'), exact: true })
    .first()
    .click()
  await page.getByRole('link', { name: t('admin.new_department'), exact: true }).click()
  await name.fill('Half of another')
  await page.evaluate(() => history.back())
  await dialog.getByRole('button', { name: t('action.cancel') }).click()
  await dialog.waitFor({ state: 'detached' })
  expect(await name.inputValue()).toBe('Half of another')
  await page.evaluate(() => history.back())
  await dialog.getByRole('button', { name: t('unsaved.leave') }).click()
  await page.waitForURL('**/configuration/departments')

  // Who cancels has answered already.
  await page.goto(stage.local.baseUrl + form)
  await name.fill('Another one')
  await page.getByRole('link', { name: t('action.cancel'), exact: true }).click()
  await page.waitForURL('**/configuration/departments')
})

it('lets an agent leave: preview, successor, progress, the result, and back again', async () => {
  const { olivia, sam } = stage.people
  const Support = stage.departments.Support as string
  const name = `Nora ${unique()}`
  const made = await olivia!.api.post('/agents', {
    name,
    email: `${unique()}@demo.example`,
    role: 'agent',
    memberships: [{ departmentId: Support }],
  })
  expect(made.status).toBe(201)
  const nora: string = made.body.id
  const tickets: string[] = []
  for (let count = 0; count < 3; count++) {
    const ticket = await olivia!.api.post('/tickets', {
      subject: `Held by ${name}`,
      body: 'x',
      channel: 'web_form',
      contact: { name: 'Carla Contact', email: 'carla@customer.example' },
      departmentId: Support,
    })
    await olivia!.api.post(`/tickets/${ticket.body.id}/assign`, { agentId: nora })
    tickets.push(ticket.body.id)
  }
  const holders = async () =>
    Promise.all(tickets.map(async (id) => (await olivia!.api.get(`/tickets/${id}`)).body.agentId))

  const t = catalog('en')
  const page = await stage.window('olivia')
  await page.goto(`${stage.local.baseUrl}/configuration/agents/${nora}`)
  await page.getByRole('link', { name: t('leaving.begin') }).click()
  await page.getByRole('heading', { name: `${name} holds 3 tickets` }).waitFor()
  expect(await holders()).toEqual([nora, nora, nora])
  await page
    .getByRole('combobox', { name: t('leaving.heir_in', { department: 'Support' }) })
    .selectOption({ label: sam!.name })
  await page.getByRole('button', { name: t('leaving.start', { name }) }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(sam!.name).waitFor()
  await dialog.getByRole('button', { name: t('leaving.confirm') }).click()
  const progress = page.getByRole('progressbar', { name: t('leaving.progress') })
  await expect.poll(() => progress.getAttribute('aria-valuenow'), PATIENT).toBe('3')
  expect(await holders()).toEqual([sam!.id, sam!.id, sam!.id])
  await page.getByRole('heading', { name: t('offboarding.completed') }).waitFor({ timeout: LEAVING_MS })

  await page.reload()
  await page.getByRole('heading', { name: t('offboarding.completed') }).waitFor()
  await page.getByRole('button', { name: t('leaving_control.undo') }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('leaving_control.undo') })
    .click()
  await page.getByRole('heading', { name: t('offboarding.undone') }).waitFor({ timeout: LEAVING_MS })
  expect(await holders()).toEqual([nora, nora, nora])
  await olivia!.api.post(`/agents/${nora}/offboarding`, { dryRun: false, status: 'removed' })
}, 360_000)

describe.each([
  ['en', 'sam'],
  ['ar', 'sara'],
] as const)('in %s', (language, person) => {
  const t = catalog(language)
  const open = (who: string): Promise<Page> => stage.window(who, language === 'ar' ? arabic : {}, language)

  it('makes a webhook, shows its secret once, and what became of a test', async () => {
    const received: string[] = []
    const receiver: Server = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk) => (body += chunk))
      request.on('end', () => {
        received.push(body)
        response.end()
      })
    })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${unique()}`
    try {
      const page = await open('olivia')
      await page.goto(`${stage.local.baseUrl}/configuration/webhooks`)
      await page.getByRole('link', { name: t('webhook.new') }).click()
      await page.getByRole('textbox', { name: t('webhook.url') }).fill('http://127.0.0.1:1')
      await page.getByRole('textbox', { name: t('webhook.url') }).fill(address)
      await page.getByRole('radio', { name: t('webhook.some_events') }).check()
      await page.getByText('ticket.created', { exact: true }).click()
      expect(await page.getByRole('checkbox', { name: 'ticket.created' }).isChecked()).toBe(true)
      await page.getByRole('button', { name: t('action.create') }).click()
      const secret = page.getByRole('dialog').getByRole('textbox', { name: t('webhook.secret') })
      expect(await secret.inputValue()).toMatch(/^whsec_/)
      await page
        .getByRole('dialog')
        .getByRole('button', { name: t('webhook.secret_kept') })
        .click()
      await page.waitForURL(/\/configuration\/webhooks\/[^/]+$/)
      await page.getByRole('button', { name: t('webhook.test'), exact: true }).click()
      await page.getByText(t('webhook.test_arrived')).waitFor()
      const row = page.getByRole('row').filter({ hasText: 'webhook.test' })
      await row.getByText(t('delivery_state.delivered')).waitFor()
      await row.getByRole('button', { name: t('webhook.payload') }).click()
      const payload = page.getByRole('dialog').getByRole('region', { name: t('webhook.payload') })
      expect((await payload.textContent()) ?? '').toContain('dev.onus.webhook.test.v1')
      expect(JSON.parse(received[0] as string)).toEqual(JSON.parse((await payload.textContent()) ?? ''))
      expect(await page.content()).not.toContain('whsec_')
    } finally {
      receiver.close()
      const { body } = await stage.people.olivia!.api.get('/webhooks?limit=200')
      for (const webhook of body.items)
        if (webhook.url === address) await stage.people.olivia!.api.delete(`/webhooks/${webhook.id}`)
    }
  })

  it('says when somebody is on leave and who stands in, and ends it early', async () => {
    const { marc, [person]: agent } = stage.people
    const own = `/agents/${agent!.id}`
    const page = await open(person)
    await page.goto(`${stage.local.baseUrl}/profile`)
    await page.getByRole('button', { name: t('away.add_leave') }).click()
    let dialog = page.getByRole('dialog')
    await dialog.getByLabel(t('away.from'), { exact: true }).fill('2030-12-24')
    await dialog.getByLabel(t('away.until'), { exact: true }).fill('2031-01-06')
    await dialog.getByRole('button', { name: t('action.add') }).click()
    await dialog.waitFor({ state: 'detached' })
    const leave = async () => (await agent!.api.get(`${own}/leave`)).body.items
    expect(await leave()).toHaveLength(1)

    await page.getByRole('button', { name: t('away.set_delegation') }).click()
    dialog = page.getByRole('dialog')
    await dialog.getByLabel(t('away.who')).selectOption({ label: marc!.name })
    await dialog.getByLabel(t('away.until'), { exact: true }).fill('2031-01-06')
    await dialog.getByLabel(t('away.what')).selectOption({ label: t('delegation_mode.notices') })
    await dialog.getByRole('button', { name: t('action.save') }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.getByText(t('away.now'), { exact: true }).first().waitFor()
    expect((await agent!.api.get(`${own}/delegation`)).body).toMatchObject({
      toAgentId: marc!.id,
      mode: 'notices',
    })

    const admin = await open('olivia')
    await admin.goto(`${stage.local.baseUrl}/configuration${own}`)
    await admin.getByRole('button', { name: t('away.end_now') }).click()
    await admin.getByText(t('away.no_delegation')).waitFor()
    expect((await agent!.api.get(`${own}/delegation`)).status).toBe(404)
    await admin.getByRole('button', { name: new RegExp(`^${t('action.delete')}: `) }).click()
    await admin.getByText(t('away.no_leave')).waitFor()
    expect(await leave()).toEqual([])
  })
})

describe('an account with an issuer of its own', () => {
  const domain = `${unique()}.example`
  const ana = { sub: 'u-1', name: 'Ana Ahrens', email: `ana@${domain}` }
  const stranger = { sub: 'u-2', name: 'Stan Stranger', email: `stan@${domain}` }
  let issuer: Issuer
  let folder: string
  let accountId: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'onus-company-'))
    issuer = await startIssuer(await takePort(), join(folder, 'key.json'))
    issuer.setUsers([ana, stranger])
    const operator = createApi(stage.local.baseUrl, stage.local.operatorKey)
    const made = await operator.post('/accounts', {
      name: `Company ${domain}`,
      owner: { name: ana.name, email: ana.email },
    })
    expect(made.status).toBe(201)
    accountId = made.body.account.id
    const owner = createApi(stage.local.baseUrl, made.body.apiKey)
    const set = await owner.put('/integrations/oidc', {
      issuer: issuer.url,
      audience: 'onus',
      emailDomains: [domain],
    })
    expect(set.body).toMatchObject({
      hasClientSecret: false,
      signInUrl: expect.stringContaining(`account=${accountId}`),
    })
  })
  afterAll(async () => {
    await issuer.close()
    rmSync(folder, { recursive: true })
  })

  it('signs its people in by a link to the account, and nobody else', async () => {
    const page = await (await stage.browser.newContext({ locale: 'en-GB' })).newPage()
    const link = `${stage.local.baseUrl}/sign-in?account=${accountId}`
    await page.goto(link)
    await page.locator('a.sign-in-button').click()
    await page.waitForURL(`${issuer.url}/**`)
    await page.getByRole('button', { name: stranger.name }).click()
    await page.waitForURL(/\/sign-in\?error=refused&account=/)
    await page.getByRole('alert').waitFor()
    await page.locator('a.sign-in-button').click()
    await page.waitForURL(`${issuer.url}/**`)
    await page.getByRole('button', { name: ana.name }).click()
    await page.waitForURL(/\/lists\//)
    await page.getByRole('button', { name: new RegExp(ana.name) }).waitFor()
  })

  it('leads its people there by the domain of their address', async () => {
    const t = catalog('en')
    const page = await (await stage.browser.newContext({ locale: 'en-GB' })).newPage()
    await page.goto(`${stage.local.baseUrl}/sign-in`)
    await page.getByRole('button', { name: t('sign_in.by_company') }).click()
    await page.getByRole('textbox', { name: t('sign_in.email') }).fill(`anybody@${domain}`)
    await page.getByRole('button', { name: t('sign_in.continue') }).click()
    await page.waitForURL(`${issuer.url}/**`)
    await page.getByRole('button', { name: ana.name }).click()
    await page.waitForURL(/\/lists\//)
  })
})
