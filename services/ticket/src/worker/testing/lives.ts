import type { DirectoryPlan } from '@onus/workflows-ticket/testing/directory'
import type { RulePlan } from '@onus/workflows-ticket/testing/rules'
import { CONTACT_AUTHORITY } from '@onus/workflows-ticket/testing/story'
import type { TestTicket, World } from './world.ts'

type Department = DirectoryPlan['departments'][string]

/** Two departments and who works in them; `boss` is the admin. */
export const team = (billing: Department = {}): DirectoryPlan => ({
  departments: { billing, sales: {} },
  agents: {
    ana: { in: ['billing'] },
    bob: { in: ['billing'] },
    cem: { in: ['sales'] },
    boss: { role: 'admin' },
  },
})

const awayAna = (plan: DirectoryPlan): DirectoryPlan => ({
  ...plan,
  agents: { ...plan.agents, ana: { in: ['billing'], presence: 'away' } },
})

async function reopened(world: World, reopenPolicy: string, change = (plan: DirectoryPlan) => plan) {
  const ticket = await world.ticket(team({ reopenPolicy }))
  await ticket.do({ type: 'answer', messageId: 'a' }, 'ana')
  await ticket.do({ type: 'resolve' }, 'ana')
  world.plan = change(world.plan)
  await ticket.reply()
  return ticket
}

/** Lives in an account with these rules; others have none. */
async function withRules(
  world: World,
  rules: RulePlan[],
  live: () => Promise<TestTicket>,
): Promise<TestTicket> {
  world.rules = rules
  try {
    return await live()
  } finally {
    world.rules = []
  }
}

const system = { actor: { type: 'system' } } as const

/**
 * One life for each path that a ticket can take. The workflow tests look at what became of them, and their
 * recorded histories are what every later version must be able to replay.
 */
export const LIVES = {
  solo: async (world) => {
    const ticket = await world.ticket({ departments: { billing: {}, sales: {} }, agents: { ana: {} } })
    await ticket.do({ type: 'transfer', departmentId: 'sales' }, 'ana')
    await ticket.do({ type: 'release' }, 'ana')
    await ticket.do({ type: 'answer', messageId: 'a' }, 'ana')
    return ticket
  },

  'claim-answer-resolve-close': async (world) => {
    const ticket = await world.ticket(team())
    await ticket.do({ type: 'claim' }, 'ana')
    await ticket.refused({ type: 'claim' }, 'bob')
    await ticket.do({ type: 'note', messageId: 'n' }, 'bob')
    await ticket.do({ type: 'answer', messageId: 'a' }, 'ana')
    await ticket.do({ type: 'update', tags: ['paid'], priority: 'low', fields: { plan: 'gold' } }, 'ana')
    await ticket.do({ type: 'resolve' }, 'ana')
    await ticket.wait('7 days')
    await ticket.ended()
    return ticket
  },

  'transfer-return': async (world) => {
    const ticket = await world.ticket(team())
    await ticket.do({ type: 'claim' }, 'ana')
    await ticket.do({ type: 'transfer', departmentId: 'sales', noteMessageId: 'n' }, 'ana')
    await ticket.do({ type: 'claim' }, 'cem')
    await ticket.do({ type: 'return' }, 'cem')
    return ticket
  },

  'take-over-and-leave': async (world) => {
    const ticket = await world.ticket(team({ membersMayTakeOver: true }))
    await ticket.do({ type: 'assign', agentId: 'ana' }, 'bob')
    await ticket.do({ type: 'take_over', reason: 'Ana is ill' }, 'bob')
    world.plan = {
      ...world.plan,
      agents: { ...world.plan.agents, bob: { in: ['billing'], status: 'suspended' } },
    }
    await ticket.do({ type: 'recheck', because: 'membership_change' }, { actor: { type: 'system' } })
    return ticket
  },

  'reopen-keep': (world) => reopened(world, 'keep', awayAna),
  'reopen-keep-if-available': (world) => reopened(world, 'keep_if_available', awayAna),
  'reopen-department': (world) => reopened(world, 'department'),
  'reopen-redistribute': (world) => reopened(world, 'redistribute'),

  'reopen-after-close': async (world) => {
    const ticket = await world.ticket(team({ reopenPolicy: 'keep' }))
    await ticket.do({ type: 'answer', messageId: 'a' }, 'ana')
    await ticket.do({ type: 'close' }, 'boss')
    await ticket.ended()
    await world.startWorkflow(ticket.ticketId, false)
    await ticket.reply()
    return ticket
  },

  'claim-timeout-notify': async (world) => {
    const ticket = await world.ticket(
      team({ claimTimeout: { warnAfter: 'PT10M', then: 'notify', after: 'PT30M' } }),
    )
    await ticket.wait('45 minutes')
    return ticket
  },

  'claim-timeout-escalate': async (world) => {
    const ticket = await world.ticket(
      team({ claimTimeout: { then: 'escalate', after: 'PT30M', toDepartmentId: 'sales' } }),
    )
    await ticket.wait('31 minutes')
    return ticket
  },

  'claim-timeout-moved': async (world) => {
    const ticket = await world.ticket(team({ claimTimeout: { then: 'notify', after: 'PT30M' } }))
    world.plan = team({ claimTimeout: { then: 'notify', after: 'PT2H' } })
    await ticket.do({ type: 'recheck', because: 'settings' }, { actor: { type: 'system' } })
    await ticket.wait('1 hour')
    const early = await ticket.entries()
    if (early.some(({ type }) => type === 'claim.overdue')) throw new Error('the timer did not move')
    await ticket.wait('61 minutes')
    return ticket
  },

  postpone: async (world) => {
    const ticket = await world.ticket(team())
    const now = await world.env.currentTimeMs()
    await ticket.do({ type: 'postpone', until: new Date(now + 86_400_000).toISOString() }, 'ana')
    await ticket.do({ type: 'postpone', until: new Date(now + 2 * 86_400_000).toISOString() }, 'ana')
    await ticket.wait('49 hours')
    return ticket
  },

  'rules-on-events': (world) =>
    withRules(
      world,
      [
        {
          id: 'welcome',
          on: 'ticket_created',
          do: [
            { type: 'add_tags', tags: ['seen'] },
            { type: 'answer', template: 't1', body: 'We have it.' },
          ],
        },
        {
          id: 'to-sales',
          on: 'customer_replied',
          do: [
            { type: 'transfer', departmentId: 'sales' },
            { type: 'notify', departmentId: 'sales', text: 'Look' },
          ],
        },
        { id: 'note', on: 'responsibility_changed', do: [{ type: 'add_note', body: 'It moved.' }] },
      ],
      async () => {
        const ticket = await world.ticket(team())
        await ticket.do({ type: 'answer', messageId: 'a' }, 'ana')
        await ticket.reply()
        return ticket
      },
    ),

  'rules-in-a-loop': (world) =>
    withRules(
      world,
      ['billing', 'sales'].map((from, index, all) => ({
        id: `from-${from}`,
        on: 'responsibility_changed',
        when: ({ departmentId }) => departmentId === from,
        do: [{ type: 'transfer', departmentId: all[1 - index] }],
      })),
      () => world.ticket(team()),
    ),

  'rule-by-time': (world) =>
    withRules(
      world,
      [
        {
          id: 'urgent',
          on: 'unclaimed_for',
          after: 'PT2H',
          do: [{ type: 'set_priority', priority: 'urgent' }],
        },
        {
          id: 'resolve',
          on: 'status_older_than',
          after: 'P2D',
          do: [{ type: 'set_status', status: 'resolved' }],
        },
      ],
      async () => {
        const ticket = await world.ticket(team())
        await ticket.wait('3 hours')
        await ticket.do({ type: 'answer', messageId: 'a' }, 'ana')
        await ticket.wait('49 hours')
        return ticket
      },
    ),

  'rule-by-time-moved': (world) =>
    withRules(
      world,
      [{ id: 'old', on: 'older_than', after: 'P10D', do: [{ type: 'add_tags', tags: ['old'] }] }],
      async () => {
        const ticket = await world.ticket(team())
        await ticket.do({ type: 'claim' }, 'ana')
        world.rules = [
          {
            id: 'old',
            version: 2,
            on: 'older_than',
            after: 'PT2H',
            do: [{ type: 'add_tags', tags: ['old'] }],
          },
        ]
        await ticket.do({ type: 'recheck', because: 'settings' }, system)
        await ticket.wait('3 hours')
        return ticket
      },
    ),

  'rules-away': (world) =>
    withRules(
      world,
      [
        { id: 'reply', on: 'customer_replied', do: [{ type: 'add_tags', tags: ['replied'] }] },
        { id: 'old', on: 'older_than', after: 'PT20M', do: [{ type: 'add_tags', tags: ['old'] }] },
      ],
      async () => {
        const ticket = await world.ticket(team())
        world.rulesDown = true
        try {
          const replied = ticket.reply()
          // What no rule waits for does not wait behind it.
          await ticket.do({ type: 'claim' }, 'ana')
          world.rulesDown = false
          await ticket.wait('2 minutes')
          await replied
          world.rulesDown = true
          await ticket.wait('30 minutes')
          await ticket.do({ type: 'note', messageId: 'n' }, 'ana')
        } finally {
          world.rulesDown = false
        }
        await ticket.wait('2 minutes')
        await ticket.until(async () => (await ticket.query()).state?.tags.includes('old') === true)
        return ticket
      },
    ),

  'broker-down': async (world) => {
    const ticket = await world.ticket(team())
    world.broker.down = true
    await ticket.do({ type: 'claim' }, 'ana')
    await ticket.do({ type: 'answer', messageId: 'a' }, 'ana')
    await ticket.wait('1 hour')
    world.broker.down = false
    await ticket.wait('1 minute')
    await ticket.until(async () => (await ticket.query()).unpublished === 0)
    await ticket.do({ type: 'resolve' }, 'ana')
    return ticket
  },

  'adopted-command': async (world) => {
    const ticket = await world.ticket(team())
    // A worker did this and died before its workflow task was recorded: only the log knows.
    const { state, deadlines } = await ticket.query()
    await world.activities.commit({
      accountId: 'acme',
      ticketId: ticket.ticketId,
      state,
      deadlines,
      envelope: {
        commandId: 'lost',
        command: { type: 'claim' },
        authority: { actor: { type: 'agent', id: 'ana' } },
      },
      notBefore: new Date().toISOString(),
      publish: false,
    })
    await ticket.refused({ type: 'claim' }, 'bob')
    await ticket.do({ type: 'claim' }, 'ana', 'lost')
    return ticket
  },

  'continue-as-new': async (world) => {
    const ticket = await world.ticket(team(), {}, { commandsPerRun: 3 })
    const first = (await ticket.handle.describe()).runId
    await ticket.do({ type: 'assign', agentId: 'ana' }, 'boss', 'give-ana')
    await ticket.do({ type: 'assign', agentId: 'bob' }, 'boss', 'give-bob')
    await ticket.until(async () => (await ticket.handle.describe()).runId !== first)
    await ticket.do({ type: 'contact_reply', messageId: 'r' }, CONTACT_AUTHORITY)
    // A repeat of a command that an earlier run has done.
    await ticket.do({ type: 'assign', agentId: 'ana' }, 'boss', 'give-ana')
    return ticket
  },
} satisfies Record<string, (world: World) => Promise<TestTicket>>
