import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { type DefaultTreeAdapterTypes, parseFragment } from 'parse5'
import { describe, expect, it } from 'vitest'
import { safeHtml, textOfHtml } from './html.ts'
import { MailIdentity, mailIdentity } from './identity.ts'
import { MAX_TEXT_CHARS, parseMail, UnreadableMail } from './parse.ts'

const FOLDER = new URL('../../../../../test/fixtures/mails/', import.meta.url)
const corpus = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.eml') && !name.includes('bomb'))
  .map((name) => readFileSync(new URL(name, FOLDER)))

/** Reads, or says that it cannot; anything else is a crash. */
async function survives(raw: Buffer): Promise<void> {
  try {
    const mail = await parseMail(raw, '')
    expect(mail.subject.length).toBeGreaterThan(0)
    expect(mail.subject.length).toBeLessThanOrEqual(998)
    expect(mail.text).toBe(mail.text.toWellFormed())
    expect(mail.text).not.toContain('\u0000')
    if (mail.html !== null) expect(dangers(safeHtml(mail.html, () => 'id'))).toEqual([])
    for (const { name } of mail.files) {
      expect(name).not.toBe('')
      expect(name).not.toMatch(/[\\/]/)
    }
  } catch (error) {
    if (!(error instanceof UnreadableMail)) throw error
  }
}

/** What a browser could be made to do by the HTML: as a browser's parser reads it, not as a pattern does. */
function dangers(html: string): string[] {
  const found: string[] = []
  const visit = (node: DefaultTreeAdapterTypes.Node): void => {
    if ('tagName' in node) {
      if (/^(?:script|style|iframe|object|embed|base|meta|link|svg|math|form)$/.test(node.tagName))
        found.push(node.tagName)
      for (const { name, value } of node.attrs) {
        if (/^on/.test(name) || name === 'srcset' || name === 'srcdoc') found.push(name)
        // Browsers drop tabs and line ends inside a scheme.
        if (
          /^(?:href|src|background)$/.test(name) &&
          /^(?:javascript|vbscript|data):/i.test(value.replaceAll(/[\s\p{Cc}]/gu, ''))
        )
          found.push(value)
      }
    }
    if ('childNodes' in node) node.childNodes.forEach(visit)
  }
  visit(parseFragment(html))
  return found
}

/** A mail with bytes cut out, doubled, or turned into others. */
const damaged = fc
  .tuple(
    fc.constantFrom(...corpus),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom('cut', 'double', 'junk'), fc.uint8Array({ maxLength: 40 })), {
      minLength: 1,
      maxLength: 8,
    }),
  )
  .map(([mail, damages]) =>
    damages.reduce((bytes, [where, kind, junk]) => {
      const at = bytes.length === 0 ? 0 : where % bytes.length
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
      if (kind === 'cut') return Buffer.concat([before, after.subarray(junk.length)])
      if (kind === 'double') return Buffer.concat([before, after.subarray(0, 60), after])
      return Buffer.concat([before, junk, after.subarray(junk.length)])
    }, mail),
  )

const line = fc.oneof(
  fc.constantFrom(
    ...[
      'From: a@b.example',
      'Subject: =?utf-8?B?',
      'Content-Type: multipart/mixed; boundary="x"',
      '--x',
      '--x--',
      '',
    ],
    ...[
      'Content-Type: text/html; charset=',
      'Content-Transfer-Encoding: base64',
      'Content-Type: message/rfc822',
    ],
    ...[
      "Content-Disposition: attachment; filename*0*=utf-8''%",
      'Content-Type: multipart/alternative; boundary=x',
    ],
    ...[
      'To: a:b:c;,<<>>"(((',
      'Date: Thu, 99 Nov',
      'Message-ID: <',
      'References: <a> <b',
      '\t folded',
      'aGVsbG8=',
    ],
  ),
  fc.string({ maxLength: 80 }),
)

describe('any input', () => {
  it('of random bytes is a mail or unreadable', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), (bytes) => survives(Buffer.from(bytes))),
      { numRuns: 300 },
    )
  })

  it('of random bytes behind a header is read', async () => {
    const header = Buffer.from(
      'From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n',
    )
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), (bytes) =>
        survives(Buffer.concat([header, bytes])),
      ),
      { numRuns: 300 },
    )
  })

  it('of lines as mails have them, in any order, is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 40 }), (lines) =>
        survives(Buffer.from(lines.join('\r\n'))),
      ),
      { numRuns: 500 },
    )
  })

  it('of damaged mails is read', async () => {
    await fc.assert(fc.asyncProperty(damaged, survives), { numRuns: 400 })
  }, 60_000)

  it('that is built to take long does not', async () => {
    const began = process.cpuUsage()
    const header = (field: string) => Buffer.from(`From: a@b.example\r\n${field}\r\n\r\nx`)
    await survives(header(`To: ${'a:('.repeat(100_000)}`))
    await survives(header(`Subject: ${'\r\n a'.repeat(50_000)}`))
    await survives(header(`Subject: ${'=?utf-8?q?'.repeat(20_000)}`))
    await survives(header(`Content-Type: text/plain;${' a*0="b";'.repeat(20_000)}`))
    await survives(
      Buffer.from(`From: a@b.example\r\nContent-Type: text/html\r\n\r\n${'<div>'.repeat(50_000)}`),
    )
    await survives(Buffer.from(`From: a@b.example\r\n\r\n${'\n'.repeat(2_100_000)}`))
    // Not the clock: the machine may be busy with something else.
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(8)
  }, 60_000)
})

describe('large mails', () => {
  it('show the beginning and keep the whole text as a file', async () => {
    const text = 'All work and no play.\n'.repeat(60_000)
    const mail = await parseMail(Buffer.from(`From: a@b.example\r\n\r\n${text}`), '')
    expect(mail.text.length).toBe(MAX_TEXT_CHARS + 1)
    expect(mail.files.map(({ name }) => name)).toEqual(['message.txt'])
    expect(mail.files[0]?.content.length).toBe(text.trim().length)
  })

  it('keep huge HTML as a file', async () => {
    const html = `<p>Hello</p>${'<div>row</div>'.repeat(60_000)}`
    const mail = await parseMail(
      Buffer.from(`From: a@b.example\r\nContent-Type: text/html\r\n\r\n${html}`),
      '',
    )
    expect(mail.html).toBeNull()
    expect(mail.text).toMatch(/^Hello/)
    expect(mail.files.map(({ name }) => name)).toEqual(['message.html'])
  })
})

describe('HTML', () => {
  it('is safe whatever it is', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.constantFrom(
              '<script>',
              '<img src="',
              '" onerror=',
              'javascript:',
              '<a href=',
              '<style>',
              '<!--',
              ']]>',
              'cid:',
              '&lt;script&gt;',
            ),
          ),
          { maxLength: 30 },
        ),
        (parts) => {
          expect(dangers(safeHtml(parts.join(''), () => undefined))).toEqual([])
          textOfHtml(parts.join(''))
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('the identity of a mail', () => {
  const mail = (
    changes: Record<string, string> = {},
    body = 'Hello\r\n\r\nWorld\r\n',
    before = '',
  ): Buffer => {
    const fields = {
      From: 'Lena <lena@gmail.example>',
      To: 'support@acme.example',
      Subject: 'Hi',
      Date: 'Mon, 2 Nov 2026 10:12:31 +0100',
      'Message-ID': '<1@gmail.example>',
      ...changes,
    }
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`)
    return Buffer.from(`${before}${lines.join('')}\r\n${body}`)
  }
  const same = (a: Buffer, b: Buffer) => expect(mailIdentity(a) === mailIdentity(b))

  it('ignores what relays add and change on the way', () => {
    same(mail(), mail({}, undefined, 'Received: from a by b;\r\n\tMon\r\nDKIM-Signature: v=1\r\n')).toBe(true)
    same(mail(), mail({ To: 'Support <support@acme.example>', 'X-Spam-Score': '3' })).toBe(true)
    same(mail(), Buffer.from(mail().toString().replaceAll('\r\n', '\n'))).toBe(true)
    same(mail(), mail({}, 'Hello\r\n\r\nWorld\r\n\r\n\r\n')).toBe(true)
    same(mail({ Subject: 'A long subject' }), mail({ Subject: 'A long\r\n subject' })).toBe(true)
  })

  it('tells mails apart by content and by Message-ID', () => {
    for (const other of [
      mail({ 'Message-ID': '<2@gmail.example>' }),
      mail({ Subject: 'Hi!' }),
      mail({ From: 'Eva <eva@klein.example>' }),
      mail({ Date: 'Mon, 2 Nov 2026 10:12:32 +0100' }),
      mail({ 'In-Reply-To': '<0@gmail.example>' }),
      mail({}, 'Hello\r\nWorld\r\n'),
      mail({}, 'Hello\r\n\r\nWorld!\r\n'),
    ])
      same(mail(), other).toBe(false)
  })

  it('does not depend on how the mail was cut into pieces', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...corpus),
        fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1 }),
        (raw, sizes) => {
          const identity = new MailIdentity()
          for (let at = 0, n = 0; at < raw.length; n++) {
            const size = sizes[n % sizes.length] ?? 1
            identity.update(raw.subarray(at, at + size))
            at += size
          }
          expect(identity.digest()).toBe(mailIdentity(raw))
        },
      ),
      { numRuns: 200 },
    )
  })
})
