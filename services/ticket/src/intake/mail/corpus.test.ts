import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { safeHtml } from './html.ts'
import { type ParsedMail, parseMail, UnreadableMail } from './parse.ts'

const FOLDER = new URL('../../../../../test/fixtures/mails/', import.meta.url)
const raw = (name: string): Buffer => readFileSync(new URL(`${name}.eml`, FOLDER))

/** What a reader must see in each mail. Text is compared whole when it is a string, else by pattern. */
interface Expected {
  from: string
  name?: string
  subject: string
  text: string | RegExp
  /** Of the HTML, once it is safe; absent: there is none. */
  html?: RegExp
  files?: [name: string, contentType: string][]
  automatic?: ParsedMail['automatic']
  messageId?: string | null
  date?: string | null
  also?: Partial<ParsedMail>
}

const EXPECTED: Record<string, Expected> = {
  'gmail-plain': {
    from: 'lena.hofer@gmail.example',
    name: 'Lena Hofer',
    subject: 'Printer offline since this morning',
    text: 'Hello,\n\nour printer on the second floor has been offline since 8:40.\nCould somebody have a look?\n\nLena',
    messageId: '<CAGq7Zt1x0nL3yR5mWc=4k2Q@mail.gmail.example>',
    date: '2026-11-02T09:12:31.000Z',
  },
  'gmail-alternative': {
    from: 'greg.dupont@gmail.example',
    name: 'Grégory Dupont',
    subject: 'Facture n° 2026-118 : erreur de TVA',
    text: /^Bonjour,\n\nla TVA .* 5,5 %\.\n\nMerci d’avance,\nGrégory$/,
    html: /<b>n° 2026-118<\/b>/,
    also: { cc: [{ email: 'comptabilite@dupont.example' }] },
  },
  'gmail-reply-quoted': {
    from: 'lena.hofer@gmail.example',
    subject: 'Re: Printer offline since this morning',
    text: /^It works again, thank you!\n\nOn Mon, .* wrote:\n\n> Hello Lena,\n>\n> please switch it off and on again\.\n>$/,
    html: /<blockquote[^>]*>Hello Lena/,
    also: {
      inReplyTo: ['<reply.1@mail.acme.example>'],
      references: ['<CAGq7Zt1x0nL3yR5mWc=4k2Q@mail.gmail.example>', '<reply.1@mail.acme.example>'],
    },
  },
  'gmail-attachment-inline-image': {
    from: 'ana.sousa@gmail.example',
    subject: 'Screenshot of the error',
    text: 'See the picture.\n[image: error.png]',
    html: /<img alt="error\.png"[^>]* data-attachment-id="file:ii_m2x9k1" \/>/,
    files: [
      ['error.png', 'image/png'],
      ['order.pdf', 'application/pdf'],
    ],
  },
  'outlook-html-1252': {
    from: 'juergen.mueller@mueller-bau.example',
    name: 'Jürgen Müller',
    subject: 'Angebot € 4.500 – Rückfrage',
    text: /der Preis von 4\.500 € enthält “Montage” – richtig\?/,
    html: /<p>der Preis von 4\.500 € enthält “Montage” – richtig\?<\/p>/,
  },
  'outlook-winmail': {
    from: 'tom.baker@contoso.example',
    subject: 'Contract draft',
    text: 'Please find the draft attached.\n\nTom',
    files: [['winmail.dat', 'application/ms-tnef']],
  },
  'outlook-html-only': {
    from: 'mary.major@outlook.example',
    subject: 'Password reset does not arrive',
    text: 'Hi,\n\nthe reset mail never arrives – I checked the portal [https://portal.acme.example/reset].\n\n * Spam folder: empty\n * Address: correct',
    html: /<a href="https:\/\/portal\.acme\.example\/reset" rel="noopener noreferrer nofollow" target="_blank">/,
  },
  'apple-mail-rich': {
    from: 'chiara@rossi.example',
    subject: 'Re: Città e spedizione 📦',
    text: 'Il pacco è arrivato a Forlì, non a Città di Castello 📦.',
    html: /data-attachment-id="file:FOTO-1"/,
    files: [['IMG 0042.png', 'image/png']],
  },
  'apple-mail-text-between-files': {
    from: 'chiara@rossi.example',
    subject: 'Two receipts',
    text: 'First receipt:\n\nSecond receipt:\n\nSent from my iPhone',
    files: [
      ['IMG_1.jpeg', 'image/jpeg'],
      ['IMG_2.jpeg', 'image/jpeg'],
    ],
  },
  'thunderbird-flowed': {
    from: 'juan@sanchez.example',
    name: 'Juan Sánchez',
    subject: 'Instalación en Ubuntu: ¿qué versión?',
    text: /^Hola, he intentado instalar .* el paquete que ofrece la página .*\n\n> ¿Qué versión tiene\?\n\nLa 26\.04\.\n\n-- \nJuan$/,
  },
  'thunderbird-forward-rfc822': {
    from: 'juan@sanchez.example',
    subject: 'Fwd: Delivery note',
    text: 'See the mail of your carrier below.',
    files: [['Delivery note.eml', 'message/rfc822']],
  },
  'forward-inline': {
    from: 'eva@klein.example',
    subject: 'Fwd: Rechnung',
    text: /^Bitte prüfen\.\n\n-------- Weitergeleitete Nachricht --------[\s\S]*über 120 €\.$/,
  },
  'forward-unnamed-rfc822': {
    from: 'eva@klein.example',
    subject: 'Fw: again',
    text: 'again',
    files: [['Mahnung 2 2026.eml', 'message/rfc822']],
  },
  'mobile-samsung': {
    from: 'sam.lee@phone.example',
    subject: 'app crash',
    text: 'App crashes when I tap “Pay”.\n\n\nSent from my Galaxy',
    html: /Sent from my Galaxy/,
    files: [['Screen_Recording.mp4', 'video/mp4']],
  },
  'yahoo-html-nbsp': {
    from: 'priya.n@yahoo.example',
    subject: 'Refund',
    text: /^Hi team,\s+when will I get my refund of £12\?$/,
    html: /refund of £12/,
  },
  'iso-2022-jp': {
    from: 'yamada@nihon.example',
    name: '山田太郎',
    subject: '商品が届きません',
    text: 'お世話になっております。\n注文番号 4711 の商品がまだ届いていません。\nご確認をお願いいたします。\n\n山田太郎',
  },
  'koi8-r': {
    from: 'irina@pochta.example',
    name: 'Ирина',
    subject: 'Не могу войти',
    text: 'Здравствуйте!\n\nНе могу войти в личный кабинет, пароль не подходит.\n\nС уважением,\nИрина',
  },
  gb18030: {
    from: 'wang@qq.example',
    name: '王小明',
    subject: '订单没有发货',
    text: /我的订单还没有发货/,
  },
  'windows-1256-arabic': {
    from: 'layla@barid.example',
    name: 'ليلى',
    subject: 'الفاتورة',
    text: /^مرحبا،\n\nلم أستلم الفاتورة حتى الآن\./,
  },
  'utf-16': { from: 'wide@chars.example', subject: 'UTF-16', text: 'Breite Zeichen: ü€' },
  'utf8-unencoded-headers': {
    from: 'lukasz@poczta.example',
    name: 'Łukasz Żółć',
    subject: 'Pytanie o gwarancję – część druga',
    text: 'Czy gwarancja obejmuje baterię?',
  },
  'latin1-unencoded-headers': {
    from: 'rene@courriel.example',
    name: 'René François',
    subject: 'Délai dépassé',
    text: 'Le délai est dépassé depuis lundi.',
  },
  'charset-missing-1252': {
    from: 'old@terminal.example',
    subject: 'Price',
    text: 'It costs 5 € – not 6 €.',
  },
  'charset-unknown': { from: 'odd@charset.example', subject: 'Odd charset', text: 'Grüße vom Mars' },
  'rfc2231-names': {
    from: 'kenji@nihon.example',
    subject: 'Files with long names',
    text: 'Three files.',
    files: [
      ['請求書 2026.pdf', 'application/pdf'],
      ['données.csv', 'text/csv'],
      ['passwd', 'application/octet-stream'],
    ],
  },
  'split-multibyte-subject': {
    from: 'split@bytes.example',
    name: 'マイト',
    subject: '商品が届きません 😀',
    text: 'Split in the middle of a character.',
  },
  'no-message-id': {
    from: 'scanner@office.example',
    subject: 'Scan from device 12',
    text: 'Page 1 of 1.',
    messageId: null,
  },
  'no-date-bad-date': {
    from: 'clock@broken.example',
    subject: 'Broken clock',
    text: 'My clock is broken.',
    date: null,
  },
  'no-subject': { from: 'terse@short.example', subject: '(no subject)', text: 'Call me back please.' },
  'empty-body': { from: 'quick@short.example', subject: 'Please cancel my subscription', text: '' },
  'header-only-no-blank-line': {
    from: 'cut@line.example',
    subject: 'Connection cut after the header',
    text: '',
    date: null,
  },
  'mbox-from-line': {
    from: 'exported@mbox.example',
    subject: 'Exported',
    text: 'Exported from a mailbox file.',
  },
  'uuencode-inline': {
    from: 'ancient@unix.example',
    subject: 'uuencoded',
    text: /^Here it is:\n\nbegin 644 hello\.txt\n/,
  },
  'many-recipients-group': {
    from: 'group@many.example',
    subject: 'Groups',
    text: 'To a group.',
    also: {
      to: [
        { email: 'alice@many.example' },
        { email: 'bob@many.example', name: 'Bob, Jr.' },
        { email: 'support@acme.example' },
      ],
      cc: [],
      replyTo: [{ email: 'helpdesk@many.example', name: 'Helpdesk, Inc.' }],
    },
  },
  'bounce-dsn-postfix': {
    from: 'mailer-daemon@mx.klein.example',
    subject: 'Undelivered Mail Returned to Sender',
    text: /^This is the mail system[\s\S]*mailbox full$/,
    files: [
      ['attachment-1.txt', 'message/delivery-status'],
      ['Re Rechnung.eml', 'message/rfc822'],
    ],
    automatic: 'bounce',
    also: { reportedIds: ['<answer-42@mail.acme.example>'], onus: {} },
  },
  'bounce-exchange-headers-only': {
    from: 'postmaster@contoso.example',
    subject: 'Undeliverable: Re: Contract draft',
    text: "Your message to tom.baker@contoso.example couldn't be delivered.",
    html: /couldn't be delivered/,
    files: [
      ['attachment-1.txt', 'message/delivery-status'],
      ['attachment-2.txt', 'text/rfc822-headers'],
    ],
    automatic: 'bounce',
    also: { reportedIds: ['<answer-43@mail.acme.example>'] },
  },
  'bounce-qmail-plain': {
    from: 'mailer-daemon@old.example',
    subject: 'failure notice',
    text: /^Hi\. This is the qmail-send program/,
    automatic: 'bounce',
  },
  'out-of-office-exchange': {
    from: 'tom.baker@contoso.example',
    subject: 'Automatic reply: Contract draft',
    text: 'I am out of the office until Monday.',
    automatic: 'auto_reply',
  },
  'out-of-office-gmail-vacation': {
    from: 'lena.hofer@gmail.example',
    subject: 'On holiday Re: Printer offline since this morning',
    text: /^I am on holiday/,
    automatic: 'auto_reply',
  },
  'human-subject-out-of-office': {
    from: 'mona@people.example',
    subject: 'Out of office messages are not sent',
    text: 'Since the update nobody gets my automatic replies.',
  },
  'newsletter-bulk': {
    from: 'news@shop.example',
    subject: 'Our November offers',
    text: 'Offers\n\nEverything must go.',
    html: /^<img width="1" height="1" data-src="https:\/\/track\.shop\.example\/open\.gif\?u=1" \/>/,
    automatic: 'bulk',
  },
  'read-receipt-mdn': {
    from: 'mary.major@outlook.example',
    subject: 'Read: Re: Password reset does not arrive',
    text: 'Your message was read on Friday.',
    files: [['attachment-1.bin', 'message/disposition-notification']],
    automatic: 'auto_reply',
    also: { reportedIds: ['<answer-44@mail.acme.example>'] },
  },
  'calendar-invite': {
    from: 'olga@meet.example',
    subject: 'Invitation: Review @ Mon Nov 16',
    text: 'You have been invited to a review on Monday at 10:00.',
    html: /a <b>review<\/b> on Monday/,
    files: [
      ['attachment-1.ics', 'text/calendar'],
      ['invite.ics', 'application/ics'],
    ],
  },
  'smime-signed': {
    from: 'karl@secure.example',
    subject: 'Signed order',
    text: 'I hereby order 3 licences – signed.',
    files: [['smime.p7s', 'application/pkcs7-signature']],
  },
  'pgp-mime-encrypted': {
    from: 'karl@secure.example',
    subject: '...',
    text: '',
    files: [
      ['attachment-1.bin', 'application/pgp-encrypted'],
      ['encrypted.asc', 'application/octet-stream'],
    ],
  },
  'huge-header': { from: 'loud@loop.example', subject: 'Went around a lot', text: 'Still here.' },
  'broken-boundaries': {
    from: 'broken@mime.example',
    subject: 'Never closed',
    text: 'The first part.',
    files: [['cut.txt', 'text/plain']],
  },
  'multipart-without-boundary': {
    from: 'broken@mime.example',
    subject: 'Which boundary?',
    text: 'Just text after all.',
  },
  'bare-lf': {
    from: 'unix@lf.example',
    subject: 'Bare line feeds',
    text: 'Line one\nLine two',
    files: [['a.txt', 'text/plain']],
  },
  'nul-bytes': { from: 'nul@zero.example', subject: 'Zero bytes', text: 'beforeafter bell' },
  '8bit-junk-body': {
    from: 'junk@bytes.example',
    subject: 'Junk',
    text: /^readable start\n[\s\S]*\nreadable end$/,
  },
  'deep-nesting': { from: 'nest@deep.example', subject: 'Deep nesting', text: 'At the bottom.' },
  'xss-html': {
    from: 'xss@evil.example',
    subject: '<img src=x onerror=alert(1)>',
    text: /^Hello/,
    html: /<p style="color:red">Hello<\/p>/,
  },
}

/** Mails that cannot be read, and what the admins are told. */
const UNREADABLE: Record<string, RegExp> = {
  'not-a-mail': /no mail header/,
  'nesting-bomb': /Max allowed child nodes exceeded/,
}

describe('the corpus', () => {
  it('is expected as a whole', () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith('.eml'))
    const names = files.map((name) => name.replace(/\.eml$/, '')).sort()
    expect(names).toEqual([...Object.keys(EXPECTED), ...Object.keys(UNREADABLE)].sort())
    expect(names.length).toBeGreaterThanOrEqual(50)
  })

  it.each(Object.entries(EXPECTED))('%s', async (name, expected) => {
    const mail = await parseMail(raw(name), name.startsWith('bounce') ? '' : 'envelope@sender.example')
    expect(mail.from?.email).toBe(expected.from)
    if (expected.name !== undefined) expect(mail.from?.name).toBe(expected.name)
    expect(mail.subject).toBe(expected.subject)
    if (typeof expected.text === 'string') expect(mail.text).toBe(expected.text)
    else expect(mail.text).toMatch(expected.text)
    const html = mail.html === null ? null : safeHtml(mail.html, (cid) => `file:${cid}`)
    if (expected.html === undefined) expect(html).toBeNull()
    else expect(html).toMatch(expected.html)
    expect(mail.files.map((file) => [file.name, file.contentType])).toEqual(expected.files ?? [])
    expect(mail.automatic).toBe(expected.automatic ?? null)
    if (expected.messageId === undefined) expect(mail.messageId).toMatch(/^<.+>$/)
    else expect(mail.messageId).toBe(expected.messageId)
    if (expected.date !== undefined) expect(mail.date?.toISOString() ?? null).toBe(expected.date)
    expect(mail).toMatchObject(expected.also ?? {})
  })

  it.each(Object.entries(UNREADABLE))('%s cannot be read, and says why', async (name, error) => {
    const parsing = parseMail(raw(name), 'envelope@sender.example')
    await expect(parsing).rejects.toBeInstanceOf(UnreadableMail)
    await expect(parsing).rejects.toThrow(error)
  })

  it('gives the bytes of files as they were', async () => {
    const { files } = await parseMail(raw('gmail-attachment-inline-image'), '')
    expect(files[0]?.content.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a')
    expect(files[1]?.content.toString('latin1')).toMatch(/^%PDF-1\.4[\s\S]*%%EOF\n$/)
    const { files: forwarded } = await parseMail(raw('thunderbird-forward-rfc822'), '')
    expect(forwarded[0]?.content.toString()).toContain('Your parcel will come on Monday.')
  })

  it('leaves nothing in HTML that runs, loads or covers', async () => {
    const { html } = await parseMail(raw('xss-html'), '')
    const safe = safeHtml(html ?? '', () => undefined)
    expect(safe).not.toMatch(
      /script|onload|onerror|onclick|javascript:|expression|position|url\(|<form|<input|<iframe/i,
    )
    expect(safe).not.toMatch(/<(?:style|base|meta|link|svg|math|object|embed|video|audio|body)/i)
    expect(safe).not.toMatch(/\ssrc(?:set)?=/)
    expect(safe).toContain('data-src="https://evil.example/track.gif"')
    expect(safe).toContain('<a href="https://good.example/x"')
  })
})
