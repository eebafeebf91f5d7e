import { describe, expect, it } from 'vitest'
import { bounceAddress, noticeOfBounceAddress, readBounce } from './bounce.ts'

const ID = 'f3b0c44298fc1c149afbf4c8996fb924'

it('knows its own return addresses and no others', () => {
  expect(noticeOfBounceAddress(bounceAddress(ID, 'onus.example'), 'onus.example')).toBe(ID)
  expect(noticeOfBounceAddress(`BOUNCE+${ID.toUpperCase()}@Onus.Example`, 'onus.example')).toBe(ID)
  for (const other of [
    `bounce+${ID}@other.example`,
    `bounce+x${ID}@onus.example`,
    'bounce@onus.example',
    '',
    '@',
  ])
    expect(noticeOfBounceAddress(other, 'onus.example')).toBeNull()
})

const report = (
  status: string,
  type = 'message/delivery-status',
  encoding = '',
) => `From: MAILER-DAEMON@mx.acme.example
To: bounce+${ID}@onus.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="4C2/1.mx"

This is a MIME-encapsulated message.

--4C2/1.mx
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

I'm sorry to have to inform you that your message could not be delivered.

--4C2/1.mx
Content-Description: Delivery report
Content-Type: ${type}${encoding}

${status}
--4C2/1.mx
Content-Type: text/rfc822-headers

Subject: [#42] Printer burns
`

const POSTFIX = report(`Reporting-MTA: dns; mx.acme.example
X-Postfix-Queue-ID: 4C2
Arrival-Date: Mon,  2 Mar 2026 10:00:00 +0000 (UTC)

Final-Recipient: rfc822; ann@acme.example
Original-Recipient: rfc822;ann@acme.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mail.acme.example
Diagnostic-Code: smtp; 550 5.1.1 <ann@acme.example>: Recipient address
    rejected: User unknown in virtual mailbox table
`)
const POSTFIX_LATE = report(`Reporting-MTA: dns; mx.acme.example

Final-Recipient: rfc822; ann@acme.example
Action: failed
Status: 4.4.1
Diagnostic-Code: X-Postfix; connect to mail.acme.example[192.0.2.1]:25:
    Connection timed out
`)
const POSTFIX_DELAYED = report(`Reporting-MTA: dns; mx.acme.example

Final-Recipient: rfc822; ann@acme.example
Action: delayed
Status: 4.4.1
Will-Retry-Until: Sat,  7 Mar 2026 10:00:00 +0000 (UTC)
`)
const EXCHANGE = report(`Reporting-MTA: dns;AM0PR01MB1234.eurprd01.prod.exchangelabs.com
Received-From-MTA: dns;mx.onus.example
Arrival-Date: Mon, 2 Mar 2026 10:00:00 +0000

Final-Recipient: rfc822;ann@acme.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
`)
const GMAIL = report(`Reporting-MTA: dns; googlemail.com
Received-From-MTA: dns; notices@onus.example
Arrival-Date: Mon, 02 Mar 2026 02:00:00 -0800 (PST)
X-Original-Message-ID: <${ID}@onus.example>

Final-Recipient: rfc822; ann@acme.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
 550-5.1.1 double-checking the recipient's email address for typos.
Last-Attempt-Date: Mon, 02 Mar 2026 02:00:01 -0800 (PST)
`)
const FULL = report(`Reporting-MTA: dns; mx.acme.example

Final-Recipient: rfc822; ann@acme.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Mailbox full / Over quota
`)
const SPAM = report(`Reporting-MTA: dns; mx.acme.example

Final-Recipient: rfc822; ann@acme.example
Action: failed
Status: 5.7.1
Diagnostic-Code: smtp; 550 5.7.1 Message rejected as spam by content filter
`)
const SENDMAIL = report(`Reporting-MTA: dns; mail.acme.example
Received-From-MTA: DNS; mx.onus.example
Arrival-Date: Mon, 2 Mar 2026 10:00:00 GMT

Final-Recipient: RFC822; ann@acme.example
Action: failed
Status: 5.1.1
Diagnostic-Code: SMTP; 550 5.1.1 <ann@acme.example>... User unknown
`)
const RELAYED = report(`Reporting-MTA: dns; mx.acme.example

Final-Recipient: rfc822; ann@acme.example
Action: relayed
Status: 2.1.9
`)
const UTF8 = report(
  Buffer.from(
    'Reporting-MTA: dns; mx\n\nFinal-Recipient: utf-8; änn@acme.example\nAction: failed\nStatus: 5.1.1\n',
  ).toString('base64'),
  'message/global-delivery-status',
  '\nContent-Transfer-Encoding: base64',
)
const QMAIL = `From: MAILER-DAEMON@acme.example
To: bounce+${ID}@onus.example
Subject: failure notice

Hi. This is the qmail-send program at acme.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@acme.example>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.
`
const EXIM = `From: Mail Delivery System <Mailer-Daemon@acme.example>
X-Failed-Recipients: ann@acme.example
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@acme.example
    host mail.acme.example [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<ann@acme.example>:
    550 5.1.1 Unknown user
`
const EXIM_WARNING = `From: Mail Delivery System <Mailer-Daemon@acme.example>
X-Failed-Recipients: ann@acme.example
Subject: Warning: message 1x delayed 24 hours

This message was created automatically by mail delivery software.
No action is required on your part. Delivery attempts will continue.
`
const HOLIDAY = `From: Ann <ann@acme.example>
Subject: Automatic reply: [#42] Printer burns
Auto-Submitted: auto-replied

I am away; in urgent cases write to bob. 550 miles from here.
`

describe('what came back', () => {
  it.each([
    ['Postfix: no such user', POSTFIX, 'hard', /^550 5\.1\.1 .*User unknown in virtual mailbox table$/],
    ['Postfix: nobody answered for days', POSTFIX_LATE, 'soft', /4\.4\.1 .*Connection timed out/],
    ['Exchange: no such recipient', EXCHANGE, 'hard', /RecipientNotFound/],
    ['Gmail: no such account', GMAIL, 'hard', /does not exist/],
    ['a full mailbox', FULL, 'soft', /Mailbox full/],
    ['taken for spam', SPAM, 'soft', /spam/],
    ['Sendmail: no such user', SENDMAIL, 'hard', /User unknown/],
    ['an internationalized report in base64', UTF8, 'hard', /5\.1\.1/],
    ['qmail, in prose', QMAIL, 'hard', /no mailbox here/],
    ['Exim, in prose', EXIM, 'hard', /550 5\.1\.1 Unknown user/],
  ] as const)('%s', (_name, mail, kind, error) => {
    for (const text of [mail, mail.replaceAll('\n', '\r\n')])
      expect(readBounce(text)).toEqual({ kind, error: expect.stringMatching(error) })
  })

  it.each([
    ['Postfix: still trying', POSTFIX_DELAYED, 'delayed'],
    ['Exim: still trying', EXIM_WARNING, 'delayed'],
    ['a report of success', RELAYED, 'none'],
    ['an answer of a machine', HOLIDAY, 'none'],
    ['nothing', '', 'none'],
    ['rubbish', `Content-Type: multipart/report\n\n${'\0\n-'.repeat(9000)}`, 'none'],
  ] as const)('%s: is no failure', (_name, mail, kind) => {
    expect(readBounce(mail)).toEqual({ kind })
  })

  it('is read in no time, whatever somebody sends there', () => {
    const began = performance.now()
    const mail = `From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n${'a'.repeat(250_000)}\n`
    expect(readBounce(mail)).toMatchObject({ kind: 'soft' })
    expect(performance.now() - began).toBeLessThan(1000)
  })
})
