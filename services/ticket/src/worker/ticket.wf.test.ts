import type { Entry } from '@onus/workflows-contract'
import { CONTACT_AUTHORITY } from '@onus/workflows-ticket/testing/story'
import proto from '@temporalio/proto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LIVES, team } from './testing/lives.ts'
import { World } from './testing/world.ts'

let world: World
beforeAll(async () => {
  world = await World.start()
})
afterAll(async () => {
  await world?.stop()
})

const holders = (entries: Entry[]): string[] =>
  entries.flatMap(({ type, to, cause }) =>
    type === 'responsibility.changed' && typeof to === 'object'
      ? [`${to.departmentId}/${to.agentId ?? '-'} ${cause.type}`]
      : [],
  )
const statuses = (entries: Entry[]): unknown[] =>
  entries.flatMap(({ type, to }) => (type === 'status.changed' ? [to] : []))
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

describe('a ticket’s workflow', () => {
  it('keeps every ticket with the only agent', async () => {
    const ticket = await LIVES.solo(world)
    expect(holders(await ticket.entries())).toEqual([
      'billing/ana solo_account',
      'sales/- transfer',
      'sales/ana solo_account',
      'sales/- release',
      'sales/ana solo_account',
    ])
  })

  it('closes a resolved ticket when its window is over, and ends', async () => {
    const ticket = await LIVES['claim-answer-resolve-close'](world)
    const entries = await ticket.entries()
    expect(statuses(entries)).toEqual(['answered', 'resolved', 'closed'])
    expect(entries.at(-1)).toMatchObject({ cause: { type: 'reopen_window' }, actor: { type: 'system' } })
    expect(entries.at(-1)?.cause).not.toHaveProperty('late')
    expect(await ticket.ended()).toBe('COMPLETED')
    expect(ticket.published()).toEqual(upTo(entries.length))
    const summary = await world.log.summary('acme', ticket.ticketId)
    expect(summary).toMatchObject({ status: 'closed', sequence: entries.length, fields: { plan: 'gold' } })
  })

  it('sends a transferred ticket back', async () => {
    const ticket = await LIVES['transfer-return'](world)
    expect(holders(await ticket.entries()).at(-1)).toBe('billing/ana return')
  })

  it('lets nobody keep a ticket who has left', async () => {
    const ticket = await LIVES['take-over-and-leave'](world)
    expect(holders(await ticket.entries()).slice(-2)).toEqual([
      'billing/bob take_over',
      'billing/- membership_change',
    ])
  })

  it.each([
    ['reopen-keep', 'billing/ana answer'],
    ['reopen-keep-if-available', 'billing/- reopen_policy'],
    ['reopen-department', 'billing/- reopen_policy'],
    ['reopen-redistribute', 'billing/- reopen_policy'],
  ] as const)('%s', async (life, holder) => {
    const ticket = await LIVES[life](world)
    const entries = await ticket.entries()
    expect(entries.filter(({ type }) => type === 'reopened')).toHaveLength(1)
    expect(holders(entries).at(-1)).toBe(holder)
    expect((await ticket.query()).state?.status).toBe('open')
  })

  it('opens a closed ticket again in a new run, from what is stored', async () => {
    const ticket = await LIVES['reopen-after-close'](world)
    const { state } = await ticket.query()
    expect(state).toMatchObject({ status: 'open', responsibility: { agentId: 'ana', revision: 2 } })
    expect(ticket.published()).toEqual(upTo(state?.sequence ?? 0))
  })

  it('warns, then says that nobody has claimed the ticket', async () => {
    const ticket = await LIVES['claim-timeout-notify'](world)
    const overdue = (await ticket.entries()).filter(({ type }) => type === 'claim.overdue')
    expect(overdue.map(({ details }) => details?.then)).toEqual(['warn', 'notify'])
    const [warned, due] = overdue.map(({ at }) => Date.parse(at))
    expect(((due ?? 0) - (warned ?? 0)) / 60_000).toBeCloseTo(20, 1)
    expect((await ticket.query()).deadlines).toEqual({})
  })

  it('escalates a ticket that nobody has claimed', async () => {
    const ticket = await LIVES['claim-timeout-escalate'](world)
    expect(holders(await ticket.entries()).at(-1)).toBe('sales/- claim_timeout')
  })

  it('moves a running timer with the setting', async () => {
    const ticket = await LIVES['claim-timeout-moved'](world)
    expect((await ticket.entries()).filter(({ type }) => type === 'claim.overdue')).toHaveLength(1)
  })

  it('brings a postponed ticket back as what it was', async () => {
    const ticket = await LIVES.postpone(world)
    const entries = await ticket.entries()
    expect(statuses(entries)).toEqual(['postponed', 'postponed', 'new'])
    expect(entries.at(-1)?.cause).toEqual({ type: 'postpone_end' })
  })

  it('goes on without the broker, and publishes everything once it is back', async () => {
    const ticket = await LIVES['broker-down'](world)
    const entries = await ticket.entries()
    expect(statuses(entries)).toEqual(['answered', 'resolved'])
    expect(ticket.published()).toEqual(upTo(entries.length))
  })

  it('takes over what a dead worker wrote, and tells its repeat the first answer', async () => {
    const ticket = await LIVES['adopted-command'](world)
    const entries = await ticket.entries()
    expect(holders(entries)).toEqual(['billing/- default_department', 'billing/ana claim'])
    expect(ticket.published()).toEqual(upTo(entries.length))
  })

  it('continues as new and loses nothing', async () => {
    const ticket = await LIVES['continue-as-new'](world)
    const entries = await ticket.entries()
    expect(holders(entries)).toEqual([
      'billing/- default_department',
      'billing/ana assign',
      'billing/bob assign',
    ])
    expect(ticket.published()).toEqual(upTo(entries.length))
    const again = await ticket.do({ type: 'assign', agentId: 'ana' }, 'boss', 'give-ana')
    expect(again.responsibility).toMatchObject({ agentId: 'ana', revision: 2 })
  })
})

describe('a run that has nothing to live for', () => {
  it('ends when its first command is refused', async () => {
    const ticket = await world.ticket(team())
    const refused = await world.unborn({ departmentId: 'gone' })
    expect(await refused.ended()).toBe('COMPLETED')
    expect((await ticket.query()).state?.status).toBe('new')
  })

  it.each(['close', 'spam', 'delete'] as const)('ends after %s', async (type) => {
    const ticket = await world.ticket(team())
    await ticket.do({ type }, 'boss')
    expect(await ticket.ended()).toBe('COMPLETED')
  })

  it('lives on with a closed ticket whose events have not left', async () => {
    const ticket = await world.ticket(team())
    world.broker.down = true
    await ticket.do({ type: 'close' }, 'boss')
    expect((await ticket.handle.describe()).status.name).toBe('RUNNING')
    world.broker.down = false
    await ticket.wait('1 minute')
    expect(await ticket.ended()).toBe('COMPLETED')
  })
})

describe('rules', () => {
  const applied = (entries: Entry[]) =>
    entries.flatMap(({ type, details }) => (type === 'rule.applied' ? [details?.ruleId] : []))

  it('act on events within the command, and answer by mail', async () => {
    const ticket = await LIVES['rules-on-events'](world)
    const entries = await ticket.entries()
    expect(applied(entries)).toEqual(['welcome', 'note', 'note', 'to-sales', 'note'])
    expect(holders(entries)).toEqual(['billing/- default_department', 'billing/ana answer', 'sales/- rule'])
    expect(ticket.published()).toEqual(upTo(entries.length))
    const answer = entries.find(({ details }) => details?.authorType === 'system')
    expect(world.messages.kept.get(String(answer?.details?.messageId))).toMatchObject({
      ticketId: ticket.ticketId,
      author: { type: 'system' },
      kind: 'public',
      body: 'We have it.',
      createdAt: answer?.at,
    })
    await ticket.until(async () =>
      (await ticket.children()).includes(`reply:acme:${ticket.ticketId}:${answer?.sequence}`),
    )
  })

  it('that set each other off are stopped', async () => {
    const ticket = await LIVES['rules-in-a-loop'](world)
    const entries = await ticket.entries()
    expect(applied(entries)).toHaveLength(9)
    expect(entries.at(-1)).toMatchObject({ type: 'rule.loop_stopped', details: { depth: 10 } })
    // The next command is decided as ever.
    expect((await ticket.do({ type: 'note', messageId: 'n' }, 'boss')).sequence).toBe(entries.length + 1)
  })

  it('by time act when their time has come, on durable timers', async () => {
    const ticket = await LIVES['rule-by-time'](world)
    const entries = await ticket.entries()
    expect(applied(entries)).toEqual(['urgent', 'resolve'])
    expect(statuses(entries)).toEqual(['answered', 'resolved'])
    const [urgent] = entries.filter(({ type }) => type === 'rule.applied')
    const timer = urgent?.details?.timer as { dueAt: string; late?: true }
    expect(timer.late).toBeUndefined()
    expect(Date.parse(urgent?.at ?? '') - Date.parse(timer.dueAt)).toBeLessThan(60_000)
    expect(Date.parse(timer.dueAt) - Date.parse(entries[0]?.at ?? '')).toBe(2 * 3_600_000)
  })

  it('by time move their timers when they are changed', async () => {
    const ticket = await LIVES['rule-by-time-moved'](world)
    const entries = await ticket.entries()
    expect(entries.find(({ type }) => type === 'rule.applied')?.details).toMatchObject({ version: 2 })
  })

  it('hold up only what they wait for while their service is away, and are late for nothing else', async () => {
    const ticket = await LIVES['rules-away'](world)
    const entries = await ticket.entries()
    expect(entries.map(({ type, cause }) => `${type} ${cause.type}`).slice(3)).toEqual([
      'responsibility.changed claim',
      'message.added reply',
      'rule.applied rule',
      'tags.changed rule',
      'message.added note',
      'rule.applied rule',
      'tags.changed rule',
    ])
    expect(applied(entries)).toEqual(['reply', 'old'])
  })

  it('that stay away for long refuse the command, and take it when it comes again', async () => {
    world.rules = [{ id: 'reply', on: 'customer_replied', do: [{ type: 'add_tags', tags: ['replied'] }] }]
    try {
      const ticket = await world.ticket(team())
      const first = (await ticket.handle.describe()).runId
      world.rulesDown = true
      let answer: unknown
      const refused = ticket
        .send({ type: 'contact_reply', messageId: 'r' }, CONTACT_AUTHORITY, 'again')
        .then((given) => {
          answer = given
        })
      for (let minute = 0; minute < 10 && answer === undefined; minute += 1) await ticket.wait('1 minute')
      await refused
      expect(answer).toMatchObject({ ok: false, refusal: { reason: 'unavailable' } })
      world.rulesDown = false
      await ticket.until(async () => (await ticket.handle.describe()).runId !== first)
      const view = await ticket.do({ type: 'contact_reply', messageId: 'r' }, CONTACT_AUTHORITY, 'again')
      expect(view.tags).toEqual(['replied'])
    } finally {
      world.rules = []
      world.rulesDown = false
    }
  })

  it('leave a hundred changes readable, and the history far from its limits', async () => {
    world.rules = [
      {
        id: 'turn',
        on: 'tags_changed',
        when: ({ priority }) => priority !== 'high',
        do: [
          { type: 'set_priority', priority: 'high' },
          { type: 'add_note', body: 'Now high.' },
        ],
      },
      {
        id: 'return',
        on: 'tags_changed',
        when: ({ priority }) => priority === 'high',
        do: [
          { type: 'set_priority', priority: 'low' },
          { type: 'add_note', body: 'Now low.' },
        ],
      },
    ]
    try {
      const ticket = await world.ticket(team())
      for (let n = 1; n <= 100; n += 1) await ticket.do({ type: 'update', tags: [`t${n}`] }, 'ana')
      const entries = await ticket.entries()
      expect(applied(entries)).toHaveLength(100)
      expect(entries).toHaveLength(3 + 100 * 4)
      const [history] = await ticket.histories()
      const bytes = proto.temporal.api.history.v1.History.encode(history ?? {}).finish().length
      console.info(`100 rule-driven changes: ${history?.events?.length} events, ${bytes} bytes`)
      // The server warns at 10,240 events and 10 MiB.
      expect(history?.events?.length).toBeLessThan(10_240 / 2)
      expect(bytes).toBeLessThan((10 * 1024 * 1024) / 2)
    } finally {
      world.rules = []
    }
  })
})

describe('a command that cannot be decided', () => {
  it('fails by itself; the next one is done', async () => {
    const ticket = await world.ticket(team())
    const { directory } = world
    world.directory = async () => {
      throw new TypeError('a fault')
    }
    await expect(ticket.do({ type: 'claim' }, 'ana')).rejects.toThrow()
    world.directory = directory
    expect((await ticket.do({ type: 'claim' }, 'bob')).responsibility.agentId).toBe('bob')
  })

  it('is tried again later when it is the clock’s', async () => {
    const ticket = await world.ticket(team({ claimTimeout: { then: 'notify', after: 'PT30M' } }))
    const { directory } = world
    world.directory = async () => {
      throw new TypeError('a fault')
    }
    await ticket.wait('31 minutes')
    world.directory = directory
    await ticket.wait('2 minutes')
    expect((await ticket.entries()).map(({ type }) => type)).toContain('claim.overdue')
  })
})

describe('what a ticket starts', () => {
  it('is one notice for a command that has anyone to tell, and one reply for an answer by mail', async () => {
    const ticket = await world.ticket(team())
    await ticket.do({ type: 'claim' }, 'ana')
    await ticket.do({ type: 'answer', messageId: 'a' }, 'ana')
    await ticket.reply()
    await ticket.reply(true)
    await ticket.until(async () => (await ticket.children()).length >= 3)
    // Created: the department; the own claim and answer: nobody; the contact's reply: its holder.
    expect((await ticket.children()).sort()).toEqual([
      `notice:acme:${ticket.ticketId}:1`,
      `notice:acme:${ticket.ticketId}:7`,
      `reply:acme:${ticket.ticketId}:5`,
    ])
  })

  it('is no reply on a channel that is no mail', async () => {
    const ticket = await world.ticket(team(), { channel: 'api' })
    await ticket.do({ type: 'answer', messageId: 'a' }, 'ana')
    expect((await ticket.children()).filter((id) => id.startsWith('reply:'))).toEqual([])
  })
})
