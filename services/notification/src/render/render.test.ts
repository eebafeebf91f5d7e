import { readdirSync, readFileSync } from 'node:fs'
import { catalogProblems } from '@onus/kit/i18n'
import { LEDGER_EVENTS } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import { CATALOGS, textsFor } from './catalog.ts'
import { contentOf, type NoticeSubject } from './content.ts'
import { digestMail, digestPushMessage, digestSlackMessage } from './digest.ts'
import { escapeHtml } from './escape.ts'
import { noticeMail } from './mail.ts'
import { replyMail, replySubject } from './reply.ts'
import { noticeSlackMessage } from './slack.ts'

const where = { publicUrl: 'https://help.example', mailDomain: 'onus.example' }
const about = (over: Partial<NoticeSubject> = {}): NoticeSubject => ({
  noticeId: 'f3b0c44298fc1c149afbf4c8996fb924',
  accountId: 'acc',
  event: 'ticket_assigned',
  departmentId: 'd1',
  because: 'mine',
  ticket: {
    id: 't1',
    number: '42',
    subject: 'Printer <b>burns</b>',
    status: 'open',
    priority: 'urgent',
    departmentName: 'Support',
    agentName: 'Ann',
    contactName: 'Joe & Co',
  },
  actorName: 'Bob',
  message: 'It is <script>alert(1)</script>\nhot',
  ...over,
})

describe('catalogs', () => {
  it('are whole, in every language', () => {
    expect(catalogProblems(CATALOGS)).toEqual([])
    expect(Object.keys(CATALOGS).sort()).toEqual(['ar', 'en', 'fr', 'nl', 'pt', 'ru'])
  })

  it('hold nothing that nobody says', () => {
    const root = new URL('..', import.meta.url)
    const source = readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => readFileSync(new URL(file, root), 'utf8'))
      .join('\n')
    const said = (id: string) =>
      source.includes(`'${id}'`) || source.includes(`\`${id.replace(/\..*/, '')}.\${`)
    expect(Object.keys(CATALOGS.en).filter((id) => !said(id))).toEqual([])
  })

  it('serve a region by its language, and everything else in English', () => {
    expect(textsFor('fr-CA').locale).toBe('fr')
    expect(textsFor('xx').locale).toBe('en')
    expect(textsFor(undefined).locale).toBe('en')
  })

  it.each(Object.keys(CATALOGS))('have every headline with and without a name (%s)', (locale) => {
    for (const event of LEDGER_EVENTS)
      for (const name of ['Bob', null]) {
        const values = { number: '42', department: 'Support', actor: name, contact: name }
        const text = textsFor(locale).text(`headline.${event}`, values)
        expect(text).not.toMatch(/_none|[{}]|headline/)
        expect(text.length).toBeGreaterThan(5)
      }
  })
})

describe('a notice mail', () => {
  const mail = noticeMail(about(), textsFor('en'), where)

  it('has one identity, and a thread for its ticket', () => {
    expect(mail.messageId).toBe('<f3b0c44298fc1c149afbf4c8996fb924@onus.example>')
    expect(mail.references).toEqual(['<ticket.t1@onus.example>'])
    expect(mail).toEqual(noticeMail(about(), textsFor('en'), where))
  })

  it('says by which machine it was written, of what, about which ticket', () => {
    expect(mail.subject).toBe('[#42] Printer <b>burns</b>')
    expect(mail.headers).toMatchObject({
      'X-Onus-Event': 'ticket_assigned',
      'X-Onus-Ticket': 't1',
      'Auto-Submitted': 'auto-generated',
    })
  })

  it('lets nothing of a stranger into its HTML', () => {
    expect(mail.html).not.toMatch(/<script|<b>burns/)
    expect(mail.html).toContain('&lt;script&gt;')
    expect(mail.html).toContain('Joe &amp; Co')
  })

  it('says why, and where to change it', () => {
    for (const part of [mail.text, mail.html]) {
      expect(part).toContain('You get this because you are responsible for this ticket.')
      expect(part).toMatch(
        /https:\/\/help\.example\/profile\/notifications\?event=ticket_assigned&(amp;)?channel=email&(amp;)?department=d1/,
      )
    }
  })

  it('is in the recipient’s language', () => {
    const french = noticeMail(about(), textsFor('fr'), where)
    expect(french.text).toContain('Bob vous a attribué le ticket nº 42')
    expect(french.html).toContain('<html lang="fr" dir="ltr"')
  })

  it('is written from right to left in Arabic, and what people wrote in its own direction', () => {
    const arabic = noticeMail(about(), textsFor('ar'), where)
    expect(arabic.html).toContain('<html lang="ar" dir="rtl"')
    expect(arabic.html).toMatch(/<p [^>]*dir="auto"[^>]*><bdi>Printer/)
    expect(arabic.html).toMatch(/<div [^>]*dir="auto"[^>]*>It is/)
    expect(arabic.html).toContain('border-right: 3px')
    expect(arabic.text).toContain('\u2068Bob\u2069')
    const english = noticeMail(about({ actorName: 'أمل' }), textsFor('en'), where)
    expect(english.text).toContain('\u2068أمل\u2069 assigned')
  })

  it('looks right where style sheets are removed, and in the dark', () => {
    const styles = mail.html.match(/<style[^>]*>/g)
    expect(styles).toHaveLength(1)
    expect(mail.html).toContain('prefers-color-scheme:dark')
    expect(mail.html).toContain('<meta name="color-scheme" content="light dark">')
    const bare = mail.html.replace(/<style.*?<\/style>/s, '')
    for (const [tag] of bare.matchAll(/<(?:h1|p|a|td)\b[^>]*class="[^"]+"[^>]*>/g))
      expect(tag).toMatch(/style="/)
    expect(bare).toMatch(/<a [^>]*style="[^"]*background|bgcolor="#1a56db"/)
    expect(mail.html).toMatch(/<!--\[if mso\]><table[^>]*width="560"/)
    expect(mail.html).not.toMatch(/%[A-Z]+%|<!--\/?(item|fact|quote|parts)/)
    expect(mail.html.length).toBeLessThan(20_000)
  })

  it('shows lists of mails what it is about', () => {
    expect(mail.html).toMatch(/display: none[^>]*>It is &lt;script&gt;alert\(1\)&lt;\/script&gt; hot&#847;/)
  })

  it('can be turned off with one click', () => {
    const unsubscribeUrl = 'https://help.example/api/v1/unsubscribe?token=x.y'
    expect(noticeMail(about(), textsFor('en'), { ...where, unsubscribeUrl }).headers).toMatchObject({
      'List-Unsubscribe': `<${unsubscribeUrl}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    })
    expect(mail.headers).not.toHaveProperty('List-Unsubscribe')
  })

  it('tells of many tickets at once', () => {
    const many = (locale: string, actorName?: string) =>
      noticeMail(about({ tickets: 12, actorName }), textsFor(locale), where).text
    expect(many('en', 'Ana')).toContain('gave you 12 tickets, among them #')
    expect(many('en')).toContain('12 tickets are yours now')
    for (const locale of ['fr', 'pt', 'nl', 'ru', 'ar'])
      for (const actor of [undefined, 'Ana']) expect(many(locale, actor)).toMatch(/12|١٢/)
  })

  it('says what a rule wants to be said', () => {
    const told = noticeMail(
      about({ event: 'rule', because: 'rule', ruleText: 'A <VIP>\nwrites' }),
      textsFor('en'),
      where,
    )
    expect(told.text).toContain('The rule says:\n> A <VIP>\n> writes')
    expect(told.html).toContain('A &lt;VIP&gt;\nwrites')
    expect(told.text).toContain('a rule of your account wants you to know')
  })

  it('quotes the message, and not for ever', () => {
    expect(mail.text).toContain('> It is <script>alert(1)</script>\n> hot')
    const long = noticeMail(about({ message: 'ab😀'.repeat(3000) }), textsFor('en'), where)
    expect(long.text.length).toBeLessThan(3500)
    expect(long.text).toContain('The message goes on in Onus.')
  })

  it('has a subject on one line', () => {
    const { ticket } = about()
    const mean = noticeMail(about({ ticket: { ...ticket, subject: 'a\r\nBcc: x@y' } }), textsFor('en'), where)
    expect(mean.subject).toBe('[#42] a Bcc: x@y')
  })
})

describe('a digest', () => {
  const items = Array.from({ length: 60 }, (_, at) =>
    about({ noticeId: `n${at}`, ticket: { ...about().ticket, id: `t${at}`, number: `${at}` } }),
  )
  const digest = { id: 'd3b0c44298fc1c149afbf4c8996fb924', accountId: 'acc', items }

  it.each(Object.keys(CATALOGS))('is one mail in %s', (locale) => {
    const texts = textsFor(locale)
    const mail = digestMail(digest, texts, where)
    expect(mail.messageId).toBe('<d3b0c44298fc1c149afbf4c8996fb924@onus.example>')
    expect(mail.subject).toMatch(/60|٦٠/)
    expect(mail.headers).toMatchObject({ 'X-Onus-Event': 'digest', 'Auto-Submitted': 'auto-generated' })
    expect(mail.html.match(/https:\/\/help\.example\/tickets\//g)).toHaveLength(50)
    expect(mail.text).toContain(texts.text('digest.more', { count: 10 }))
    expect(mail.text).toContain(texts.text('why.digest'))
    expect(mail.html).toContain(`dir="${texts.direction}"`)
  })

  it('says of each notice why it came, and leads to the preference that caused it', () => {
    const texts = textsFor('en')
    const mine = about({ noticeId: 'a', because: 'mine', event: 'contact_replied' })
    const others = about({ noticeId: 'b', because: 'department', event: 'ticket_new' })
    const both = { ...digest, items: [mine, others] }
    const mail = digestMail(both, texts, where)
    const slack = JSON.stringify(digestSlackMessage(both, texts, where.publicUrl).blocks)
    for (const each of [mine, others]) {
      const { why, change } = contentOf(each, texts, where.publicUrl, 'email', 100)
      expect(mail.text).toContain(`${why}\n${change.label}: ${change.url}`)
      expect(mail.html).toContain(`href="${escapeHtml(change.url)}"`)
      expect(slack).toContain(`|${why}>`)
    }
  })

  it('is one Slack message within its limits, and one push message without anybody’s words', () => {
    const slack = digestSlackMessage(digest, textsFor('en'), where.publicUrl)
    expect(slack.text).toBe('60 notices for you')
    for (const block of slack.blocks as { text?: { text: string } }[])
      expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3000)
    const push = digestPushMessage(digest, textsFor('en'), where.publicUrl)
    expect(push).toMatchObject({ noticeId: digest.id, title: '60 notices for you' })
    expect(JSON.stringify(push)).not.toMatch(/Printer|Joe/)
  })
})

describe('a Slack message', () => {
  const message = noticeSlackMessage(about(), textsFor('en'), where.publicUrl)

  it('has one identity and a text for who sees no blocks', () => {
    expect(message.client_msg_id).toBe('f3b0c442-98fc-1c14-9afb-f4c8996fb924')
    expect(message.metadata.event_payload.notice_id).toBe('f3b0c44298fc1c149afbf4c8996fb924')
    expect(message.text).toContain('Bob assigned ticket #42 to you')
  })

  it('mentions nobody and links nowhere that a stranger wants', () => {
    const mean = noticeSlackMessage(
      about({ message: '<!channel> <https://evil|click>' }),
      textsFor('en'),
      'https://x',
    )
    expect(JSON.stringify(mean)).not.toMatch(/<!channel>|<https:\/\/evil/)
  })

  it('stays within Slack’s limits', () => {
    const { ticket } = about()
    const big = { ...ticket, subject: '<'.repeat(998), contactName: 'n'.repeat(3000) }
    const long = noticeSlackMessage(
      about({ ticket: big, message: '&'.repeat(5000) }),
      textsFor('en'),
      'https://x',
    )
    for (const block of long.blocks as { text?: { text: string }; fields?: { text: string }[] }[]) {
      expect(block.text?.text.length ?? 0).toBeLessThanOrEqual(3000)
      for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(2000)
    }
  })
})

describe('an answer', () => {
  const answer = {
    ticket: { id: 't1', number: '42', subject: 'Printer burns' },
    message: { id: 'm9', body: 'Put <it> out' },
    thread: ['<a@x>', '<b@y>'],
  }

  it('threads after the latest mail', () => {
    expect(replyMail(answer, 'onus.example')).toMatchObject({
      subject: 'Re: Printer burns [#42]',
      messageId: '<m9.t1@onus.example>',
      inReplyTo: '<b@y>',
      references: ['<a@x>', '<b@y>'],
      headers: { 'X-Onus-Ticket': 't1' },
    })
    expect(replyMail(answer, 'onus.example').headers).not.toHaveProperty('Auto-Submitted')
  })

  it('does not answer itself or what came later, however often it is tried', () => {
    const later = { ...answer, thread: ['<a@x>', '<m9.t1@onus.example>', '<c@z>'] }
    expect(replyMail(later, 'onus.example')).toMatchObject({ inReplyTo: '<a@x>', references: ['<a@x>'] })
  })

  it('begins a thread where there is none', () => {
    const first = replyMail({ ...answer, thread: [] }, 'onus.example')
    expect(first.references).toEqual([])
    expect(first).not.toHaveProperty('inReplyTo')
  })

  it('keeps the first and the latest of a long thread', () => {
    const thread = Array.from({ length: 100 }, (_, at) => `<${at}@x>`)
    const { references } = replyMail({ ...answer, thread }, 'onus.example')
    expect(references).toHaveLength(30)
    expect(references[0]).toBe('<0@x>')
    expect(references.at(-1)).toBe('<99@x>')
  })

  it.each([
    ['Printer', 'Re: Printer [#42]'],
    ['Re: RE: AW: Printer [#42]', 'Re: Printer [#42]'],
    ['Printer [#41]', 'Re: Printer [#41] [#42]'],
    ['Re[2]: Printer', 'Re: Printer [#42]'],
    ['Reply needed', 'Re: Reply needed [#42]'],
    ['', 'Re: [#42]'],
  ])('to %j is called %j', (subject, expected) => {
    expect(replySubject(subject, '42')).toBe(expected)
  })

  it('has text and safe HTML', () => {
    const mail = replyMail(answer, 'onus.example')
    expect(mail.text).toBe('Put <it> out')
    expect(mail.html).toContain('Put &lt;it&gt; out')
    const html =
      '<p onclick="x()">Hi <a href="javascript:x()">a</a><img src="http://t/p.gif"></p><script>x</script>'
    const rich = replyMail({ ...answer, message: { ...answer.message, html } }, 'onus.example')
    expect(rich.html).not.toMatch(/onclick|javascript:|<script|<img/)
  })
})
