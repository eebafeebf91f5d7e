import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Caller } from '@onus/kit/caller'
import { systemCaller } from '@onus/kit/caller'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { idOf, type MailStack, mail, startMailStack } from './mail-stack.ts'

const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../fixtures/mails/${name}.eml`, import.meta.url))

let stack: MailStack
beforeAll(async () => {
  stack = await startMailStack({ maxMailBytes: 2_000_000 })
}, 120_000)
afterAll(() => stack?.close(), 60_000)

const command = (() => {
  let n = 0
  return () => `command-${process.pid}-${++n}`
})()

async function answer(caller: Caller, ticketId: string, body = 'Switch it off and on.'): Promise<string> {
  const { message } = await stack.client.addMessage(
    { ticketId, commandId: command(), author: 'agent', kind: 'public', body, attachmentIds: [] },
    { caller },
  )
  return message?.id ?? ''
}

/** What the notification service does when an answer goes out. */
async function wentOut(
  accountId: string,
  ticketId: string,
  messageId: string,
  mailMessageId: string,
): Promise<void> {
  await stack.client.setMessageDelivery(
    { ticketId, messageId, delivery: { state: 'sent', attempts: 1 }, mailMessageId },
    { caller: systemCaller(accountId, 'notification') },
  )
}

describe('a new mail', () => {
  it('becomes a ticket of the department of its address, with text, safe HTML, files and the contact', async () => {
    const account = stack.account('support', 'billing')
    const result = await stack.intake(
      account,
      fixture('gmail-attachment-inline-image'),
      `billing@${account.id}.example`,
    )
    expect(result).toMatchObject({ outcome: 'created' })
    const ticketId = 'ticketId' in result ? result.ticketId : ''
    const ticket = await stack.ticket(account, ticketId)
    expect(ticket).toMatchObject({
      subject: 'Screenshot of the error',
      channel: 'email',
      status: 'new',
      departmentId: `billing-${account.id}`,
      contact: { email: 'ana.sousa@gmail.example', name: 'Ana Sousa' },
    })
    expect(ticket.agentId).toBeUndefined()
    expect(ticket.responsibility?.cause).toMatchObject({ type: 'inbound_address' })
    const [message] = await stack.messages(account, ticketId)
    expect(message).toMatchObject({ kind: 'public', body: 'See the picture.\n[image: error.png]' })
    expect(message?.attachments.map(({ name }) => name)).toEqual(['error.png', 'order.pdf'])
    expect(message?.html).toContain(`data-attachment-id="${message?.attachments[0]?.id}"`)
    const parts = stack.client.downloadAttachment(
      { attachmentId: message?.attachments[1]?.id ?? '' },
      { caller: stack.agent(account) },
    )
    const chunks: Uint8Array[] = []
    for await (const { part } of parts) if (part?.$case === 'chunk') chunks.push(part.value)
    expect(Buffer.concat(chunks).toString('latin1')).toMatch(/^%PDF/)
  })

  it('takes a plus address, and is one ticket for two addresses of one department', async () => {
    const account = stack.account('support')
    const raw = mail({})
    const other = stack.alias(account, 'support', 'help')
    const first = await stack.send(raw, [`support+vip@${account.id}.example`, other])
    expect(first).toHaveLength(1)
    await stack.outcome(account, first[0] ?? '')
    expect(await stack.send(raw, other)).toEqual(first)
    expect(await stack.tickets(account)).toHaveLength(1)
  })

  it('to two departments, or two accounts, is a ticket in each', async () => {
    const account = stack.account('support', 'billing')
    const stranger = stack.account('sales')
    const to = [
      `support@${account.id}.example`,
      `billing@${account.id}.example`,
      `sales@${stranger.id}.example`,
    ]
    const [a = '', b = '', c = ''] = await stack.send(mail({}), to)
    await Promise.all([stack.outcome(account, a), stack.outcome(account, b), stack.outcome(stranger, c)])
    const departments = (await stack.tickets(account)).map((ticket) => ticket.departmentId).sort()
    expect(departments).toEqual([`billing-${account.id}`, `support-${account.id}`])
    expect(await stack.tickets(stranger)).toHaveLength(1)
  })

  it('needs neither Message-ID, subject nor sender', async () => {
    const account = stack.account('support')
    const raw = mail({ 'Message-ID': undefined, Subject: undefined, From: undefined, To: 'x@y.example' })
    const result = await stack.intake(account, raw, `support@${account.id}.example`, '')
    const [ticket] = await stack.tickets(account)
    expect(result.outcome).toBe('created')
    expect(ticket).toMatchObject({ subject: '(no subject)', contact: { name: 'Unknown sender' } })
  })
})

describe('the same mail', () => {
  it('is one message, however often, however concurrently and by whatever way it comes', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const raw = mail({})
    const relayed = (n: number) =>
      `Received: from relay${n} by mx;\n\tMon, 2 Nov 2026 10:13:0${n} +0100\n${raw}`
    const ids = await Promise.all(Array.from({ length: 10 }, (_, n) => stack.send(relayed(n), to)))
    expect(new Set(ids.flat()).size).toBe(1)
    await stack.outcome(account, ids[0]?.[0] ?? '')
    expect(await stack.send(raw, to)).toEqual(ids[0])
    const tickets = await stack.tickets(account)
    expect(tickets).toHaveLength(1)
    expect(await stack.messages(account, tickets[0]?.id ?? '')).toHaveLength(1)
    const raws = await stack.db.collection('mails').find({ accountId: account.id }).toArray()
    const chunks = await stack.db
      .collection<{ _id: string }>('mail_chunks')
      .find({ _id: { $regex: `^${account.id}:` } })
      .toArray()
    expect(raws).toHaveLength(1)
    expect(chunks.map(({ _id }) => _id)).toEqual([`${raws[0]?.raw}:0`])
  })

  it('is another one with another content, whatever its Message-ID', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const first = mail({}, 'One.\n')
    await stack.intake(account, first, to)
    await stack.intake(account, mail({ 'Message-ID': idOf(first) }, 'Two.\n'), to)
    expect(await stack.tickets(account)).toHaveLength(2)
  })
})

describe('a reply', () => {
  it('joins its ticket by In-Reply-To, References or the number in the subject', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const first = mail({ Cc: 'Eva Klein <eva@klein.example>' })
    const begun = await stack.intake(account, first, to)
    if (begun.outcome !== 'created') throw new Error(begun.outcome)
    const { ticketId } = begun
    const sent = await answer(stack.agent(account), ticketId)
    await wentOut(account.id, ticketId, sent, `<answer.${ticketId}@onus.example>`)
    const { number } = await stack.ticket(account, ticketId)

    const replies = [
      mail({ Subject: 'Re: Printer', 'In-Reply-To': `<answer.${ticketId}@onus.example>` }, 'By answer.\n'),
      mail({ Subject: 'Re: Printer', References: `<unknown@x.example> ${idOf(first)}` }, 'By references.\n'),
      mail({ Subject: `Re: Printer [#${number}]` }, 'By number.\n'),
      mail({ From: 'EVA@klein.example', 'In-Reply-To': idOf(first) }, 'Who was in Cc.\n'),
    ]
    for (const raw of replies)
      expect(await stack.intake(account, raw, to)).toEqual({ outcome: 'added', ticketId })
    const messages = await stack.messages(account, ticketId)
    expect(messages.map(({ body }) => body)).toEqual([
      'Hello.',
      'Switch it off and on.',
      'By answer.',
      'By references.',
      'By number.',
      'Who was in Cc.',
    ])
    expect(messages.at(-1)?.author?.name).toBe('EVA@klein.example'.toLowerCase())
    expect((await stack.ticket(account, ticketId)).status).toBe('open')
  })

  it('waits for the mail that it answers', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const first = mail({})
    await stack.stopWorker()
    const [firstId = ''] = await stack.send(first, to)
    const [secondId = ''] = await stack.send(mail({ 'In-Reply-To': idOf(first) }, 'Forgot something.\n'), to)
    await stack.startWorker()
    const [begun, added] = await Promise.all([
      stack.outcome(account, firstId),
      stack.outcome(account, secondId),
    ])
    expect(added).toEqual({ outcome: 'added', ticketId: 'ticketId' in begun ? begun.ticketId : '' })
  })

  it('of somebody who takes no part is a new ticket that names the other', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const first = mail({})
    const begun = await stack.intake(account, first, to)
    const other = 'ticketId' in begun ? begun.ticketId : ''
    const { number } = await stack.ticket(account, other)
    for (const fields of [{ 'In-Reply-To': idOf(first) }, { Subject: `Re: [#${number}]` }]) {
      const result = await stack.intake(account, mail({ From: 'mallory@evil.example', ...fields }), to)
      expect(result).toMatchObject({ outcome: 'created', followUpOf: other })
    }
    expect(await stack.messages(account, other)).toHaveLength(1)
  })

  it('with a number or a Message-ID of another account is a new ticket', async () => {
    const account = stack.account('support')
    const stranger = stack.account('support')
    const first = mail({})
    await stack.intake(account, first, `support@${account.id}.example`)
    const result = await stack.intake(
      stranger,
      mail({ 'In-Reply-To': idOf(first) }),
      `support@${stranger.id}.example`,
    )
    expect(result).toEqual({ outcome: 'created', ticketId: expect.any(String) })
  })

  it('sent to two departments is one message', async () => {
    const account = stack.account('support', 'billing')
    const first = mail({})
    const begun = await stack.intake(account, first, `support@${account.id}.example`)
    const ticketId = 'ticketId' in begun ? begun.ticketId : ''
    const to = [`support@${account.id}.example`, `billing@${account.id}.example`]
    const ids = await stack.send(mail({ 'In-Reply-To': idOf(first) }), to)
    expect(ids).toHaveLength(2)
    for (const id of ids) expect(await stack.outcome(account, id)).toEqual({ outcome: 'added', ticketId })
    expect(await stack.messages(account, ticketId)).toHaveLength(2)
  })

  it('to a deleted ticket is a new one', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const first = mail({})
    const begun = await stack.intake(account, first, to)
    const ticketId = 'ticketId' in begun ? begun.ticketId : ''
    await stack.client.execute(
      { ticketId, commandId: command(), command: { $case: 'delete', value: {} } },
      { caller: stack.owner(account) },
    )
    const result = await stack.intake(account, mail({ 'In-Reply-To': idOf(first) }), to)
    expect(result).toMatchObject({ outcome: 'created' })
    expect(result).not.toMatchObject({ ticketId })
  })

  it('to a closed ticket reopens it, or is a follow-up where the account wants that', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const first = mail({})
    const begun = await stack.intake(account, first, to)
    const ticketId = 'ticketId' in begun ? begun.ticketId : ''
    const close = () =>
      stack.client.execute(
        { ticketId, commandId: command(), command: { $case: 'close', value: {} } },
        { caller: stack.owner(account) },
      )
    await close()
    expect(await stack.intake(account, mail({ 'In-Reply-To': idOf(first) }), to)).toEqual({
      outcome: 'added',
      ticketId,
    })
    expect((await stack.ticket(account, ticketId)).status).toBe('open')
    await close()
    account.settings({ replyToClosed: 'follow_up' })
    const followUp = await stack.intake(account, mail({ 'In-Reply-To': idOf(first) }, 'Again.\n'), to)
    expect(followUp).toMatchObject({ outcome: 'created', followUpOf: ticketId })
    expect((await stack.ticket(account, ticketId)).status).toBe('closed')
  })
})

describe('a machine', () => {
  it('that replies changes nothing but the conversation', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const begun = await stack.intake(account, mail({ From: 'tom.baker@contoso.example' }), to)
    const ticketId = 'ticketId' in begun ? begun.ticketId : ''
    const sent = await answer(stack.agent(account), ticketId)
    await wentOut(account.id, ticketId, sent, '<answer-43@mail.acme.example>')
    const before = await stack.ticket(account, ticketId)
    expect(before.status).toBe('answered')

    const outOfOffice = await stack.intake(account, fixture('out-of-office-exchange'), to)
    expect(outOfOffice).toEqual({ outcome: 'added', ticketId, automatic: true })
    const bounce = await stack.intake(account, fixture('bounce-exchange-headers-only'), to, '')
    expect(bounce).toEqual({ outcome: 'added', ticketId, automatic: true })
    const after = await stack.ticket(account, ticketId)
    expect(after).toMatchObject({ status: 'answered', agentId: before.agentId })
    expect(after.responsibility?.revision).toBe(before.responsibility?.revision)
    expect((await stack.messages(account, ticketId)).map(({ author }) => author?.name)).toEqual([
      'tom.baker@contoso.example',
      'Agent',
      'Tom Baker',
      'postmaster@contoso.example',
    ])
  })

  it('that reports a bounce is brought to the ticket of the answer inside', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const begun = await stack.intake(account, mail({ From: 'eva@klein.example' }), to)
    const ticketId = 'ticketId' in begun ? begun.ticketId : ''
    const sent = await answer(stack.agent(account), ticketId)
    await wentOut(account.id, ticketId, sent, '<answer-42@mail.acme.example>')
    const result = await stack.intake(account, fixture('bounce-dsn-postfix'), to, '')
    expect(result).toEqual({ outcome: 'added', ticketId, automatic: true })
  })

  it('that answers nothing of ours makes a ticket that is marked', async () => {
    const account = stack.account('support')
    const result = await stack.intake(
      account,
      fixture('bounce-qmail-plain'),
      `support@${account.id}.example`,
      '',
    )
    expect(result).toMatchObject({ outcome: 'created', automatic: true })
    const ticketId = 'ticketId' in result ? result.ticketId : ''
    const { items } = await stack.client.getTimeline(
      { ticketId, page: { limit: 50, cursor: '' } },
      { caller: stack.owner(account) },
    )
    expect(items.find(({ type }) => type === 'created')?.details).toMatchObject({ automatic: true })
  })

  it('that sends our own mail back to us makes no ticket', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const begun = await stack.intake(account, mail({}), to)
    const ticketId = 'ticketId' in begun ? begun.ticketId : ''
    const sent = await answer(stack.agent(account), ticketId)
    await wentOut(account.id, ticketId, sent, '<our-answer@onus.example>')
    const back = [
      mail({ From: to, 'X-Onus-Ticket': ticketId }),
      mail({ From: to, 'Message-ID': '<our-answer@onus.example>' }),
      mail({
        From: 'no-reply@onus.example',
        'X-Onus-Event': 'ticket_new',
        'Auto-Submitted': 'auto-generated',
      }),
    ]
    for (const raw of back) expect(await stack.intake(account, raw, to)).toEqual({ outcome: 'own' })
    expect(await stack.tickets(account)).toHaveLength(1)
    // A customer who writes our mark into their mail is still a customer.
    expect(await stack.intake(account, mail({ 'X-Onus-Ticket': ticketId }), to)).toMatchObject({
      outcome: 'created',
    })
  })
})

describe('a mail that cannot be read', () => {
  it('is kept whole and listed for the admins of its account only', async () => {
    const account = stack.account('support')
    const stranger = stack.account('support')
    const to = `support@${account.id}.example`
    const [notAMail = ''] = await stack.hand(fixture('not-a-mail'), to)
    expect(await stack.outcome(account, notAMail)).toEqual({ outcome: 'unreadable' })
    expect(await stack.intake(account, fixture('nesting-bomb'), to)).toEqual({ outcome: 'unreadable' })
    const list = (caller: Caller, limit = 50, cursor = '') =>
      stack.mailClient.listUnreadableMails({ page: { limit, cursor } }, { caller })
    const { items } = await list(stack.owner(account))
    expect(items.map(({ error }) => error)).toEqual([
      'Max allowed child nodes exceeded.',
      'There is no mail header.',
    ])
    expect(items[1]).toMatchObject({
      from: 'envelope@sender.example',
      to: [to],
      departmentId: `support-${account.id}`,
    })
    const first = await list(stack.owner(account), 1)
    expect(first.items).toHaveLength(1)
    const second = await list(stack.owner(account), 1, first.nextCursor)
    expect([...first.items, ...second.items]).toEqual(items)
    expect(second.nextCursor).toBeUndefined()

    const id = items[1]?.id ?? ''
    const download = async (caller: Caller) => {
      const chunks: Uint8Array[] = []
      for await (const { part } of stack.mailClient.getUnreadableMail({ id }, { caller }))
        if (part?.$case === 'chunk') chunks.push(part.value)
      return Buffer.concat(chunks)
    }
    const sent = fixture('not-a-mail')
    const kept = await download(stack.owner(account))
    expect(kept.toString('latin1')).toBe(sent.toString('latin1'))
    const retry = (caller: Caller) => stack.mailClient.retryUnreadableMail({ id }, { caller })
    await expect(retry(stack.agent(account))).rejects.toMatchObject({ reason: 'forbidden' })
    await expect(retry(stack.owner(stranger))).rejects.toMatchObject({ reason: 'not-found' })
    // It is read anew, and is as unreadable as it was.
    expect(await retry(stack.owner(account))).toEqual({ intakeId: id })
    expect(await stack.outcome(account, id)).toEqual({ outcome: 'unreadable' })
    expect((await list(stack.owner(account))).items).toEqual(items)
    await expect(list(stack.agent(account))).rejects.toMatchObject({ reason: 'forbidden' })
    await expect(download(stack.agent(account))).rejects.toMatchObject({ reason: 'forbidden' })
    await expect(download(stack.owner(stranger))).rejects.toMatchObject({ reason: 'not-found' })
    expect((await list(stack.owner(stranger))).items).toEqual([])
  })
})

describe('the door', () => {
  it('refuses what is too large, and keeps nothing of it', async () => {
    const account = stack.account('support')
    const raw = mail({}, `${'x'.repeat(70)}\n`.repeat(30_000))
    await expect(stack.send(raw, `support@${account.id}.example`)).rejects.toMatchObject({
      responseCode: 552,
      response: expect.stringMatching(/^552 5\.3\.4/),
    })
    expect(await stack.db.collection('mails').countDocuments({ accountId: account.id })).toBe(0)
  })

  it('refuses unknown addresses, and says 451 while the directory is away', async () => {
    const account = stack.account('support')
    await expect(stack.send(mail({}), `nobody@${account.id}.example`)).rejects.toMatchObject({
      responseCode: 550,
    })
    stack.setDirectoryUp(false)
    try {
      const sending = stack.send(mail({}), `support@${account.id}.example`)
      await expect(sending).rejects.toMatchObject({ responseCode: 451 })
    } finally {
      stack.setDirectoryUp(true)
    }
  })

  it('keeps nothing of a mail whose sender hangs up in the middle', async () => {
    const account = stack.account('support')
    const socket = connect(stack.smtpPort, '127.0.0.1')
    const lines = ['EHLO x', 'MAIL FROM:<a@b.example>', `RCPT TO:<support@${account.id}.example>`, 'DATA']
    let sent = 0
    await new Promise<void>((resolve) => {
      socket.on('data', (data) => {
        const last = String(data).trim().split('\r\n').at(-1) ?? ''
        if (last.startsWith('354')) resolve()
        else if (/^\d{3} /.test(last)) socket.write(`${lines[sent++]}\r\n`)
      })
    })
    socket.write(`From: a@b.example\r\nSubject: half\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(15_000)}`)
    await sleep(300)
    socket.destroy()
    await sleep(1500)
    expect(await stack.db.collection('mails').countDocuments({ accountId: account.id })).toBe(0)
    const chunks = await stack.db
      .collection<{ _id: string }>('mail_chunks')
      .find({ _id: { $regex: `^${account.id}:` } })
      .toArray()
    expect(chunks).toEqual([])
  })

  it('keeps nothing of a mail whose gateway dies in the middle', async () => {
    const account = stack.account('support')
    const to = `support@${account.id}.example`
    const parts = [
      { part: { $case: 'envelope' as const, value: { from: '', to: [to] } } },
      { part: { $case: 'chunk' as const, value: Buffer.from(mail({})) } },
    ]
    await expect(stack.mailClient.acceptMail(parts)).rejects.toMatchObject({ reason: 'unavailable' })
    const lying = [...parts, { part: { $case: 'size' as const, value: 5 } }]
    await expect(stack.mailClient.acceptMail(lying)).rejects.toMatchObject({ reason: 'invalid-request' })
    expect(await stack.db.collection('mails').countDocuments({ accountId: account.id })).toBe(0)
  })

  it('lets a caller of an account hand mail in to that account only', async () => {
    const account = stack.account('support')
    const stranger = stack.account('support')
    const hand = (caller: Caller, to: string) => stack.hand(Buffer.from(mail({})), to, caller)
    const own = `support@${account.id}.example`
    expect(await hand(stack.owner(account), own)).toHaveLength(1)
    await expect(hand(stack.owner(account), `support@${stranger.id}.example`)).rejects.toMatchObject({
      reason: 'not-found',
    })
    await expect(hand(stack.agent(account), own)).rejects.toMatchObject({ reason: 'forbidden' })
    const key: Caller = {
      type: 'api_client',
      accountId: account.id,
      id: 'k',
      name: 'Key',
      scopes: ['contact:write'],
    }
    expect(await hand(key, own)).toHaveLength(1)
  })

  it('says 451 when the ticket service is down', async () => {
    const account = stack.account('support')
    await stack.stopGrpc()
    await expect(stack.send(mail({}), `support@${account.id}.example`)).rejects.toMatchObject({
      responseCode: 451,
      response: expect.stringMatching(/^451 4\.3\.0/),
    })
  })
})
