import { setTimeout as sleep } from 'node:timers/promises'
import type { CDPSession, Page, Worker } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { catalog, faultsOf, openStage, type Stage } from './support/browser.ts'

/**
 * Web Push from the switch in the profile to the notice that opens a ticket.
 *
 * What is real: the page, the service worker, the gateway, the notification service, the encryption and the
 * sender's signature. What is not: a browser without a head has no push service of its own, so `subscribe()`
 * answers with a subscription of the local receiver, which checks and opens what is sent to it as a browser
 * does; what it opened is then put into the worker by the browser's own tools (`deliverPushMessage`). Pressing
 * a notice on a desktop cannot be driven either: the worker is given the event that the browser would give.
 */

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())
afterEach(async () => {
  const faults = stage.windows().flatMap((page) => faultsOf(page))
  await stage.closeWindows()
  await dropDevices()
  expect(faults).toEqual([])
})

const PATIENT = { timeout: 20_000, interval: 100 }
const t = catalog('en')
const person = () => stage.people.sam!

async function devices(): Promise<any[]> {
  return (await person().api.get('/me/devices')).body.items
}

async function dropDevices(): Promise<void> {
  for (const { id } of await devices()) await person().api.delete(`/me/devices/${id}`)
}

async function tell(path: string, body: object): Promise<any> {
  const answer = await fetch(stage.local.pushSinkUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(answer.status).toBeLessThan(300)
  return await answer.json()
}

const received = async (endpoint: string): Promise<any[]> =>
  (await (await fetch(stage.local.pushSinkUrl)).json()).filter((each: any) => each.token === endpoint)

interface Subscriber {
  page: Page
  endpoint: string
}

/** A window whose browser may show notices and subscribes at the local receiver. */
async function subscriber(permission: NotificationPermission = 'granted'): Promise<Subscriber> {
  const { publicKey } = (await person().api.get('/integrations/push')).body.webPush
  const given = await tell('/subscriptions', { applicationServerKey: publicKey })
  const page = await stage.window('sam')
  const { origin } = new URL(stage.local.baseUrl)
  if (permission === 'granted') await page.context().grantPermissions(['notifications'], { origin })
  await page.addInitScript(
    ({ subscription, permission }) => {
      Notification.requestPermission = async () => permission
      Object.defineProperty(Notification, 'permission', { get: () => permission })
      const subscribed = {
        ...subscription,
        options: { userVisibleOnly: true, applicationServerKey: null },
        toJSON: () => ({ ...subscription, expirationTime: null }),
        unsubscribe: async () => {
          localStorage.removeItem('test-subscribed')
          return true
        },
      }
      PushManager.prototype.getSubscription = async () =>
        (localStorage.getItem('test-subscribed') ? subscribed : null) as never
      PushManager.prototype.subscribe = async (options) => {
        if (!options?.userVisibleOnly || !options.applicationServerKey) throw new TypeError('no key')
        localStorage.setItem('test-subscribed', '1')
        return subscribed as never
      }
    },
    { subscription: given, permission },
  )
  await page.goto(`${stage.local.baseUrl}/profile`)
  await page.getByRole('heading', { name: t('devices.title') }).waitFor()
  return { page, endpoint: given.endpoint }
}

const card = (page: Page) => page.getByRole('region', { name: t('devices.title') })

async function turnOn(page: Page): Promise<void> {
  await card(page)
    .getByRole('button', { name: t('devices.turn_on') })
    .click()
  await card(page).getByText(t('devices.is_on')).waitFor()
}

/** The browser's own way to put a message into the page's worker. */
async function deliver(page: Page, payload: object): Promise<void> {
  const tools: CDPSession = await page.context().newCDPSession(page)
  const origin = new URL(stage.local.baseUrl).origin
  const registration = new Promise<string>((resolve) => {
    tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const ours = registrations.find(({ scopeURL }) => scopeURL.startsWith(origin))
      if (ours) resolve(ours.registrationId)
    })
  })
  await tools.send('ServiceWorker.enable')
  await tools.send('ServiceWorker.deliverPushMessage', {
    origin,
    registrationId: await registration,
    data: JSON.stringify(payload),
  })
  await tools.detach()
}

interface Shown {
  title: string
  body: string
  tag: string
  data: { path: string }
}

const shown = (worker: Worker): Promise<Shown[]> =>
  worker.evaluate(async () => {
    const { registration } = self as unknown as ServiceWorkerGlobalScope
    return (await registration.getNotifications()).map(({ title, body, tag, data }) => ({
      title,
      body,
      tag,
      data,
    }))
  })

/** What the browser gives the worker when somebody presses the notice with this tag. */
const press = (worker: Worker, tag: string): Promise<void> =>
  worker.evaluate(async (wanted) => {
    const scope = self as unknown as ServiceWorkerGlobalScope
    const [notification] = await scope.registration.getNotifications({ tag: wanted })
    if (!notification) throw new Error('no such notice')
    scope.dispatchEvent(new NotificationEvent('notificationclick', { notification }))
  }, tag)

interface ServiceWorkerGlobalScope extends EventTarget {
  registration: ServiceWorkerRegistration
}
declare const NotificationEvent: new (type: string, init: { notification: Notification }) => Event

async function workerOf(page: Page): Promise<Worker> {
  await expect.poll(() => page.context().serviceWorkers().length, PATIENT).toBeGreaterThan(0)
  // One that slept and was woken stands in the list again.
  return page.context().serviceWorkers().at(-1) as Worker
}

it('turns notices on in this browser, tries them, and shows a ticket’s news without its text', async () => {
  const { page, endpoint } = await subscriber()
  await card(page).getByText(t('devices.is_off')).waitFor()
  await card(page).getByText(t('devices.text_hidden')).waitFor()
  await turnOn(page)
  expect(await devices()).toMatchObject([{ kind: 'web_push', name: 'Chrome on Linux' }])
  await card(page).getByText(t('devices.this'), { exact: true }).waitFor()

  await card(page)
    .getByRole('button', { name: t('devices.test_named', { name: 'Chrome on Linux' }) })
    .click()
  await page.getByText(t('devices.test_sent')).waitFor()
  const [test] = await received(endpoint)
  expect(test).toMatchObject({ title: 'Notices arrive here', headers: { urgency: 'high' } })

  const subject = `Secret merger ${crypto.randomUUID().slice(0, 6)}`
  const ticket = await stage.people.olivia!.api.post('/tickets', {
    subject,
    body: 'Tell nobody.',
    channel: 'web_form',
    contact: { name: 'Carla Contact', email: 'carla@customer.example' },
    departmentId: stage.departments.Support,
  })
  await stage.people.olivia!.api.post(`/tickets/${ticket.body.id}/assign`, { agentId: person().id })
  const assigned = () =>
    received(endpoint).then((all) => all.find(({ data }) => data.event === 'ticket_assigned'))
  await expect.poll(assigned, PATIENT).toBeTruthy()
  const { payload } = await assigned()
  expect(JSON.stringify(payload)).not.toMatch(/Secret|Carla|Tell nobody/)

  const url = `${stage.local.baseUrl}/tickets/${ticket.body.id}`
  // As a push service does: again, until the browser has taken it. Its tag makes it one.
  // It may have slept since: the worker that was woken is asked, and one that does not answer has nothing to show.
  const taken = (message: object) =>
    Promise.race([
      deliver(page, message)
        .then(() => workerOf(page))
        .then(shown),
      sleep(4_000, [] as Shown[]),
    ])
  await expect.poll(() => taken({ ...payload, url }), { ...PATIENT, interval: 1_500 }).toHaveLength(1)
  const worker = await workerOf(page)
  const [notice] = await shown(worker)
  expect(notice?.title).toContain(ticket.body.number)
  expect(notice?.data.path).toBe(`/tickets/${ticket.body.id}`)
  // News of the same ticket takes the place of what was there.
  await expect
    .poll(async () => (await taken({ ...payload, body: 'More', url }))[0]?.body, {
      ...PATIENT,
      interval: 1_500,
    })
    .toContain('More')
  expect(await shown(worker)).toHaveLength(1)

  // The window that is there goes to the ticket by itself: it is not loaded anew.
  await page.evaluate(() => {
    ;(window as { same?: boolean }).same = true
  })
  await press(worker, notice?.tag ?? '')
  await page.waitForURL(`**/tickets/${ticket.body.id}`)
  await page.getByRole('heading', { name: subject }).waitFor()
  expect(await page.evaluate(() => (window as { same?: boolean }).same)).toBe(true)
  expect(await shown(worker)).toEqual([])
})

it('opens nothing but the console, and survives what it cannot read', async () => {
  const { page } = await subscriber()
  await turnOn(page)
  const worker = await workerOf(page)
  await deliver(page, { title: 'Look', body: 'x', tag: 'evil', url: 'https://evil.example/phish' })
  await expect.poll(() => shown(worker), PATIENT).toMatchObject([{ tag: 'evil', data: { path: '/' } }])
  await worker.evaluate(() => {
    const event = new (self as any).PushEvent('push', { data: 'no JSON' })
    ;(self as unknown as EventTarget).dispatchEvent(event)
  })
  await expect.poll(async () => (await shown(worker)).map(({ title }) => title), PATIENT).toContain('Onus')
})

it('registers the address that a browser changes to by itself', async () => {
  const { page } = await subscriber()
  await turnOn(page)
  const { publicKey } = (await person().api.get('/integrations/push')).body.webPush
  const next = await tell('/subscriptions', { applicationServerKey: publicKey })
  const worker = await workerOf(page)
  await worker.evaluate((subscription) => {
    const event = new Event('pushsubscriptionchange') as any
    event.newSubscription = { toJSON: () => subscription }
    event.waitUntil = () => {}
    ;(self as unknown as EventTarget).dispatchEvent(event)
  }, next)
  await expect.poll(async () => (await devices()).length, PATIENT).toBe(2)
})

it('removes a browser that is gone when it is tried, and says so', async () => {
  const { page, endpoint } = await subscriber()
  await turnOn(page)
  await tell('/devices', { token: endpoint, state: 'gone' })
  await card(page)
    .getByRole('button', { name: t('devices.test_named', { name: 'Chrome on Linux' }) })
    .click()
  await page.getByText(t('devices.test_gone')).first().waitFor()
  await card(page).getByText(t('devices.none')).waitFor()
  await card(page).getByText(t('devices.is_off')).waitFor()
  expect(await devices()).toEqual([])
  // What was pressed is not there any more: the focus is at the head of its part, and not lost.
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('devices-title')
})

it('ends with turning it off, and with signing out', async () => {
  const { page } = await subscriber()
  await turnOn(page)
  await card(page)
    .getByRole('button', { name: t('devices.turn_off') })
    .click()
  await card(page).getByText(t('devices.is_off')).waitFor()
  await expect.poll(devices, PATIENT).toEqual([])
  await turnOn(page)
  expect(await devices()).toHaveLength(1)
  // Signing out ends the session that the other tests share; what it asks first is what matters here.
  await page.route('**/auth/logout', (route) => route.fulfill({ status: 204 }))
  await page.getByRole('button', { name: /Sam Sato/ }).click()
  await page.getByRole('menuitem', { name: t('sign_out.action') }).click()
  await expect.poll(devices, PATIENT).toEqual([])
})

it('explains what a browser that was told no can do', async () => {
  const { page } = await subscriber('denied')
  await card(page).getByText(t('devices.denied')).waitFor()
  expect(
    await card(page)
      .getByRole('button', { name: t('devices.turn_on') })
      .count(),
  ).toBe(0)
})
