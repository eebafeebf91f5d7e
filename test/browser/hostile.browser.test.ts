import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { BrowserContext, Frame, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { sendRaw } from '../support/mail.ts'
import { openStage, type Stage } from './support/browser.ts'

/**
 * Mails that want to run, load, cover, lead away or ask for a password, by SMTP as they would come and opened as an
 * agent opens them; and requests that other sites would make in the agent's name.
 */

const FOLDER = join(import.meta.dirname, '../fixtures/xss')
const CORPUS = globSync('*.html', { cwd: FOLDER })
  .sort()
  .map((file) => ({ name: basename(file, '.html'), html: readFileSync(join(FOLDER, file), 'utf8') }))

let stage: Stage
beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage.close())

/** What must stay empty while a window is looked at. */
interface Watched {
  ran: string[]
  left: string[]
  asked: string[]
  refused: string[]
}

async function watch(page: Page): Promise<Watched> {
  const watched: Watched = { ran: [], left: [], asked: [], refused: [] }
  const { origin } = new URL(stage.local.baseUrl)
  await page.exposeFunction('canary', (name: string) => watched.ran.push(name))
  page.on('dialog', (dialog) => {
    watched.ran.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => watched.ran.push(`error: ${error.message}`))
  page.on('popup', (popup) => watched.left.push(popup.url()))
  page.on('framenavigated', (frame) => {
    const url = frame.url()
    if (!url.startsWith(origin) && url !== 'about:blank' && url !== 'about:srcdoc') watched.left.push(url)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !/^(?:data|blob|about):/.test(url)) watched.asked.push(url)
  })
  page.on('console', (message) => {
    if (/Content Security Policy|TrustedHTML|TrustedScript|sandboxed/i.test(message.text()))
      watched.refused.push(message.text())
  })
  return watched
}

const PATIENT = { timeout: 30_000, interval: 200 }
const nothing: Watched = { ran: [], left: [], asked: [], refused: [] }

interface Mail {
  subject: string
  name?: string
  from?: string
  headers?: string
  type?: string
  body: string
  inReplyTo?: string
}

/** Hands a mail in by SMTP, and answers its Message-ID. */
async function handIn(mail: Mail & { from: string }): Promise<string> {
  const departments = await stage.people.olivia!.api.get('/departments?limit=200')
  const to = departments.body.items.find((each: any) => each.name === 'Support').addresses[0]
  const messageId = `<${crypto.randomUUID()}@customer.example>`
  const head = [
    `From: ${mail.name ?? 'Mallory'} <${mail.from}>`,
    `To: ${to}`,
    `Subject: ${mail.subject}`,
    `Message-ID: ${messageId}`,
    ...(mail.inReplyTo ? [`In-Reply-To: ${mail.inReplyTo}`, `References: ${mail.inReplyTo}`] : []),
    ...(mail.headers ? [mail.headers] : []),
    'MIME-Version: 1.0',
    `Content-Type: ${mail.type ?? 'text/html; charset=utf-8'}`,
  ]
  await sendRaw(stage.local.inboundSmtp, { from: mail.from, to }, `${head.join('\n')}\n\n${mail.body}\n`)
  return messageId
}

/** A mail that begins a ticket. */
async function sendMail(mail: Mail): Promise<{ id: string; subject: string; messageId: string }> {
  const from = mail.from ?? `mallory-${crypto.randomUUID()}@customer.example`
  const messageId = await handIn({ ...mail, from })
  const ticket = await eventually(`the ticket of ${from}`, async () => {
    const found = await stage.people.olivia!.api.get(`/tickets?q=${encodeURIComponent(from)}`)
    return found.body.items?.[0]
  })
  return { ...ticket, messageId }
}

/** What no message may hold, however it got there. */
const FORBIDDEN = [
  'script, style, link, meta, base, iframe, frame, object, embed, applet, portal, svg, math, template',
  'form, input, button, select, textarea, video, audio, source, [style*="url"], [style*="position"]',
  '[href^="javascript:" i], [href^="data:" i], [href^="vbscript:" i], [href^="file:" i], [background], [srcset]',
].join(', ')

describe('mails', () => {
  let page: Page
  let watched: Watched
  beforeAll(async () => {
    const from = `mallory-${Date.now()}@customer.example`
    const [opening, ...answers] = CORPUS.map(({ name, html }) => ({
      subject: 'Hostile',
      from,
      body: html.replace('first', `first-${name}`),
    }))
    const { id, messageId } = await sendMail(opening as Mail)
    // One conversation, so that one page shows all of them.
    for (const answer of answers) await handIn({ ...answer, inReplyTo: messageId })
    await eventually('all mails', async () => {
      const { items } = (await stage.people.olivia!.api.get(`/tickets/${id}/messages?limit=200`)).body
      return items.length === CORPUS.length || undefined
    })
    page = await stage.window('sam')
    watched = await watch(page)
    await page.goto(`${stage.local.baseUrl}/tickets/${id}`)
    await page
      .locator('.mail-body iframe')
      .nth(CORPUS.length - 1)
      .waitFor({ timeout: 60_000 })
  })
  afterAll(() => page?.context().close())

  /** Mails that come at once may be taken in in any order. */
  async function frameOf(name: string): Promise<Frame> {
    for (const frame of page.frames())
      if (await frame.getByText(`first-${name}`, { exact: true }).count()) return frame
    throw new Error(`no mail shows first-${name}`)
  }

  it.each(CORPUS)('of the kind “$name” lose what acts, and can be read', async ({ name }) => {
    const body = await frameOf(name)
    await body.getByText('last', { exact: true }).waitFor()
    expect(await body.locator(FORBIDDEN).count()).toBe(0)
    const odd = await body
      .locator('*')
      .evaluateAll((all) =>
        all.flatMap((element) => [
          ...element.getAttributeNames().filter((attribute) => attribute.startsWith('on')),
          ...(element.ownerDocument.defaultView?.getComputedStyle(element).position === 'fixed'
            ? ['fixed']
            : []),
        ]),
      )
    expect(odd).toEqual([])
  })

  it('have run, asked for, left and broken nothing', async () => {
    expect(watched).toEqual(nothing)
    // The page is still a page: what lies in a mail cannot stop the agent.
    await page.getByLabel('Your reply', { exact: true }).fill('Thank you.')
  })

  it('load pictures when they are asked for, and nothing else then', async () => {
    const buttons = page.getByRole('button', { name: 'Show images' })
    for (let left = await buttons.count(); left > 0; left--) await buttons.first().click()
    await expect.poll(() => watched.asked.length, PATIENT).toBeGreaterThan(0)
    expect(watched.asked.filter((url) => !/^https:.*\?img$/.test(url))).toEqual([])
    expect({ ...watched, asked: [] }).toEqual(nothing)
  })
})

describe('a mail', () => {
  it('cannot forge what stands around it: subject, names and files are text, each in its own direction', async () => {
    const evil = `<img src=x onerror=canary('subject')> \u202Egpj.exe`
    const encoded = (text: string) => `=?utf-8?B?${Buffer.from(text).toString('base64')}?=`
    const boundary = 'b1'
    const file = `Content-Type: text/html; name="${encoded('<b>\u202Egpj.html')}"\nContent-Disposition: attachment; filename="${encoded('<svg onload=canary(1)>\u202Egpj.html')}"\n\n<script>canary('file')</script>`
    const ticket = await sendMail({
      subject: encoded(`${evil}\r\nBcc: victim@customer.example`),
      name: encoded(`<script>canary('name')</script> \u202Eecila`),
      headers: `X-Onus-Ticket: 1\nReply-To: ${encoded('<b onclick=canary(2)>')} <mallory@customer.example>`,
      type: `multipart/mixed; boundary=${boundary}`,
      body: `--${boundary}\nContent-Type: text/plain; charset=utf-8\n\n<script>canary('plain')</script> first\n--${boundary}\n${file}\n--${boundary}--`,
    })
    expect(ticket.subject).not.toMatch(/[\r\n]/)
    const page = await stage.window('sam')
    const watched = await watch(page)
    await page.goto(`${stage.local.baseUrl}/lists/unassigned`)
    await page.locator(`[data-ticket="${ticket.id}"]`).waitFor()
    await page.goto(`${stage.local.baseUrl}/tickets/${ticket.id}`)
    const message = page.getByRole('article').first()
    await message.getByText("<script>canary('plain')</script> first").waitFor()
    expect(await page.locator('main script, main svg[onload], main img[onerror]').count()).toBe(0)
    // A name that turns the direction of the text turns its own and nothing beside it.
    const isolated = await page.getByRole('heading', { level: 1 }).evaluate((heading) => {
      const { unicodeBidi } = getComputedStyle(heading)
      const inner = heading.querySelector('bdi, [dir="auto"]')
      return inner !== null || heading.getAttribute('dir') === 'auto' || /isolate|plaintext/.test(unicodeBidi)
    })
    expect(isolated).toBe(true)
    const link = message.getByRole('link', { name: /html/ })
    if (await link.count()) {
      const href = await link.first().getAttribute('href')
      const answer = await page.request.get(new URL(href ?? '', stage.local.baseUrl).href)
      expect(answer.headers()['content-security-policy']).toContain('sandbox')
      expect(answer.headers()['content-disposition']).toMatch(/^attachment/)
      expect(answer.headers()['x-content-type-options']).toBe('nosniff')
    }
    expect(watched).toEqual(nothing)
  })
})

describe('the pages', () => {
  it('run under a strict policy, and make no markup of text', async () => {
    const page = await stage.window('sam')
    const answer = await page.goto(`${stage.local.baseUrl}/lists/all`)
    const policy = answer?.headers()['content-security-policy'] ?? ''
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("require-trusted-types-for 'script'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|\*/)
    const done = await page.evaluate(async () => {
      // Later, and not within the call: what the browser's tools run themselves may do anything.
      await new Promise((resolve) => setTimeout(resolve))
      const tried: string[] = []
      const attempt = (name: string, work: () => unknown) => {
        try {
          work()
          tried.push(name)
        } catch {
          // As it should be.
        }
      }
      attempt('innerHTML', () => {
        document.createElement('div').innerHTML = '<b>x</b>'
      })
      attempt('eval', () => Reflect.get(window, 'eval')('1'))
      attempt('script', () => {
        document.createElement('script').src = 'https://evil.example/x.js'
      })
      attempt('policy', () => (window as any).trustedTypes.createPolicy('other', {}))
      return tried
    })
    expect(done).toEqual([])
    const violated = await page.evaluate(
      () =>
        new Promise((resolve) => {
          document.addEventListener('securitypolicyviolation', (event) => resolve(event.violatedDirective), {
            once: true,
          })
          const sheet = document.createElement('link')
          sheet.rel = 'stylesheet'
          sheet.href = 'https://evil.example/x.css'
          document.head.append(sheet)
        }),
    )
    expect(violated).toMatch(/^style-src/)
  })

  it('keep the session where no script and no other site can use it', async () => {
    const page = await stage.window('sam')
    const [cookie] = (await page.context().cookies()).filter(({ name }) => name.includes('onus_session'))
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' })
    expect(await page.evaluate(() => document.cookie)).toBe('')
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))
    expect(kept).not.toContain(cookie?.value)
  })

  it('take no change that another site sends in the agent’s name', async () => {
    const page = await stage.window('sam')
    const { local, people, departments } = stage
    const made = await people.olivia!.api.post('/tickets', {
      subject: 'Not yours to claim',
      body: 'x',
      channel: 'web_form',
      contact: { name: 'Carla', email: 'carla@customer.example' },
      departmentId: departments.Support,
    })
    const target = `${local.baseUrl}/api/v1/tickets/${made.body.id}/claim`
    // Another site altogether, and another port of this host, which browsers count as the same site.
    for (const site of ['http://evil.example', 'http://127.0.0.1:9']) {
      const foreign = await foreignPage(page.context(), site)
      await foreign.evaluate(
        (url) =>
          fetch(url, { method: 'POST', credentials: 'include', mode: 'no-cors', body: '{}' }).catch(() => {}),
        target,
      )
      const answered = foreign.waitForResponse(target, { timeout: 5_000 }).catch(() => null)
      await foreign.evaluate((url) => {
        const form = document.createElement('form')
        form.method = 'post'
        form.action = url
        document.body.append(form)
        form.submit()
      }, target)
      const status = (await answered)?.status() ?? 0
      expect([0, 401, 403, 415]).toContain(status)
      await foreign.close()
    }
    expect((await people.olivia!.api.get(`/tickets/${made.body.id}`)).body.agentId).toBeNull()
    // The same request of our own page is taken.
    await page.goto(`${local.baseUrl}/lists/all`)
    const own = await page.evaluate(
      async (url) =>
        (
          await fetch(url, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
            body: '{}',
          })
        ).status,
      target,
    )
    expect(own).toBe(200)
  })

  it('are in no other site’s frame', async () => {
    const page = await stage.window('sam')
    const foreign = await foreignPage(page.context(), 'http://evil.example')
    const framed = await foreign.evaluate(async (url) => {
      const frame = document.createElement('iframe')
      frame.src = url
      document.body.append(frame)
      await new Promise((resolve) => frame.addEventListener('load', resolve))
      return frame.contentDocument === null
    }, stage.local.consoleUrl)
    expect(framed).toBe(true)
    const inner = foreign.frames().find((frame) => frame !== foreign.mainFrame())
    expect(inner?.url()).toMatch(/^chrome-error:/)
  })
})

/** A page that somebody else serves, in the same browser with the same cookies. */
async function foreignPage(context: BrowserContext, site: string): Promise<Page> {
  const page = await context.newPage()
  await page.route(`${site}/**`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Prizes</title><body>' }),
  )
  await page.goto(`${site}/`)
  return page
}
