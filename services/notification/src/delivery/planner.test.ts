import { directoryView } from '@onus/kit/directory'
import { createLogger } from '@onus/kit/logging'
import type { Agent, Preferences } from '@onus/proto/onus/v1/directory'
import type { NoticeInput } from '@onus/workflows-contract'
import { beforeEach, expect, it } from 'vitest'
import { createMemoryChanges, createMemoryLedger } from '../testing/memory.ts'
import { createPlanner, type PlannerDeps } from './planner.ts'

const NOW = new Date('2026-03-02T10:00:00.000Z')
const input: NoticeInput = {
  accountId: 'acc',
  ticketId: 't1',
  sequence: 1,
  commandType: 'create',
  entries: [
    {
      sequence: 1,
      at: NOW.toISOString(),
      type: 'created',
      actor: { type: 'contact' },
      cause: { type: 'created' },
    },
  ],
  before: null,
  after: { departmentId: 'support', agentId: null },
}

let ledger: ReturnType<typeof createMemoryLedger>
let members: string[]
let preferences: Map<string, Partial<Preferences>>
let slackToken: string | undefined
let devices: Map<string, string[]>

beforeEach(() => {
  ledger = createMemoryLedger()
  members = ['ann', 'bob']
  preferences = new Map()
  slackToken = 'xoxb'
  devices = new Map()
})

const agent = (id: string): Agent => ({
  id,
  name: id,
  email: `${id}@x`,
  role: 'agent',
  locale: 'fr',
  timeZone: 'Europe/Paris',
  skills: [],
  memberships: members.includes(id) ? [{ departmentId: 'support' }] : [],
  status: 'active',
  presence: 'offline',
  createdAt: NOW.toISOString(),
  leave: [],
})
const planner = () =>
  createPlanner({
    world: {
      clock: () => NOW,
      log: createLogger('test', 'silent'),
      directory: {
        snapshot: async () =>
          directoryView({
            accountId: 'acc',
            version: 1,
            settings: {
              defaultDepartmentId: 'support',
              routeAssignedToMe: false,
              reopenWindow: 'P7D',
              locale: 'en',
              timeZone: 'UTC',
              replyToClosed: 'reopen',
              name: 'Acme',
            },
            departments: [
              {
                id: 'support',
                name: 'Support',
                reopenPolicy: 'keep',
                onlyOwnerAnswers: false,
                membersMayTakeOver: false,
                addresses: [],
                createdAt: NOW.toISOString(),
              },
            ],
            agents: ['ann', 'bob', 'cyd'].map(agent),
            offboardings: [],
          }),
      },
      preferences: {
        getPreferences: async ({ agentId = '' }) => ({
          locale: 'en',
          timeZone: 'UTC',
          rules: [],
          ...preferences.get(agentId),
        }),
      },
      tickets: {} as PlannerDeps['world']['tickets'],
      callerFor: () => ({ type: 'system', accountId: 'acc', id: 's', name: 's', scopes: [] }),
    },
    ledger,
    devices: { of: async () => devices },
    integrations: { slackToken: async () => slackToken },
    changes: createMemoryChanges(ledger),
  })

it('writes a line for each person and channel; what is in the feed has arrived', async () => {
  devices.set('ann', ['d1'])
  const { pending, unpublished } = await planner()(input)
  expect(pending.map(({ agentId, channel }) => `${agentId} ${channel}`).sort()).toEqual([
    'ann email',
    'ann push',
    'ann slack',
    'bob email',
    'bob slack',
  ])
  const feed = [...ledger.lines.values()].filter((line) => line.channel === 'in_app')
  expect(feed.map(({ state, sentAt, attempts }) => [state, sentAt, attempts])).toEqual([
    ['sent', NOW.toISOString(), 1],
    ['sent', NOW.toISOString(), 1],
  ])
  expect(unpublished).toEqual([])
})

it('plans no Slack notice for an account without a workspace', async () => {
  slackToken = undefined
  const { pending } = await planner()(input)
  expect(pending.map((line) => line.channel)).toEqual(['email', 'email'])
})

it('keeps the first plan, whatever a second run would choose', async () => {
  const first = await planner()(input)
  preferences.set('ann', { rules: [{ event: 'ticket_new', channel: 'email', when: 'never' }] })
  const ids = ({ pending }: typeof first) => pending.map((line) => line.noticeId).sort()
  expect(ids(await planner()(input, true))).toEqual(ids(first))
  members = ['bob']
  expect(ids(await planner()(input, true))).toEqual(ids(first))
})

it('keeps the recipient’s language, and holds mail back in quiet hours', async () => {
  preferences.set('ann', { locale: 'nl', quietHours: { from: '09:00', to: '11:00' } })
  const { pending } = await planner()(input)
  const email = pending.find((line) => line.agentId === 'ann' && line.channel === 'email')
  expect(email?.notBefore).toBe('2026-03-02T11:00:00.000Z')
  expect(ledger.lines.get(email?.noticeId ?? '')).toMatchObject({ locale: 'nl', state: 'planned' })
})
