import { directoryView } from '@onus/kit/directory'
import { createLogger } from '@onus/kit/logging'
import type { Agent, Preferences } from '@onus/proto/onus/v1/directory'
import type { NoticeInput } from '@onus/workflows-contract'
import { beforeEach, expect, it } from 'vitest'
import type { Device } from '../domain/device.ts'
import { viewOf } from '../domain/notice.ts'
import { createMemoryChanges, createMemoryLedger } from '../testing/memory.ts'
import { createPlanner, type HeldNotices, type PlannerDeps } from './planner.ts'

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
let held: HeldNotices[]
/** How often preferences were asked for. */
let asked: number
let devices: Map<string, Device[]>

beforeEach(() => {
  ledger = createMemoryLedger()
  members = ['ann', 'bob']
  preferences = new Map()
  slackToken = 'xoxb'
  held = []
  asked = 0
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
        getPreferencesOf: async ({ agentIds = [] }) => {
          asked += 1
          const own = (id: string) => ({ locale: 'en', timeZone: 'UTC', rules: [], ...preferences.get(id) })
          return { preferences: Object.fromEntries(agentIds.map((id) => [id, own(id)])) }
        },
      },
      tickets: {} as PlannerDeps['world']['tickets'],
      callerFor: () => ({ type: 'system', accountId: 'acc', id: 's', name: 's', scopes: [] }),
    },
    ledger,
    devices: { of: async () => devices },
    integrations: { slackSecrets: async () => ({ botToken: slackToken }) },
    changes: createMemoryChanges(ledger),
    holdForDigest: async (waiting) => {
      held.push(...waiting)
    },
  })

it('writes a line for each person and channel; what is in the feed has arrived', async () => {
  const at = NOW.toISOString()
  devices.set('ann', [{ id: 'd1', agentId: 'ann', kind: 'fcm', token: 'x', createdAt: at, renewedAt: at }])
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

const lineOf = (agentId: string, channel: string) =>
  [...ledger.lines.values()].find((line) => line.recipient.agentId === agentId && line.channel === channel)

it('keeps the recipient’s language, and tells nobody in quiet hours', async () => {
  preferences.set('ann', { locale: 'nl', quietHours: { from: '09:00', to: '11:00' } })
  const { pending } = await planner()(input)
  expect(pending.map(({ agentId }) => agentId)).not.toContain('ann')
  expect(lineOf('ann', 'email')).toMatchObject({
    locale: 'nl',
    state: 'suppressed',
    reason: 'quiet_hours',
    because: 'department',
  })
})

it('gives to the digest what is for it, each time it is planned', async () => {
  preferences.set('ann', { digest: { every: 'PT1H' } })
  const { pending } = await planner()(input)
  await planner()(input, true)
  expect(pending.map(({ agentId }) => agentId)).not.toContain('ann')
  const line = lineOf('ann', 'email')
  expect(line).toMatchObject({ state: 'planned', inDigest: true, nextAttemptAt: '2026-03-02T11:00:00.000Z' })
  const mails = held.filter(({ channel }) => channel === 'email')
  expect(mails).toEqual([mails[0], mails[0]])
  expect(mails[0]).toMatchObject({ agentId: 'ann', noticeIds: [line?.id], since: NOW.toISOString() })
})

it('asks for the preferences of all at once', async () => {
  await planner()(input)
  expect(asked).toBe(1)
})

it('writes to whom a rule names, in words that name no address', async () => {
  const notify = [{ email: 'boss@elsewhere.example', text: 'Look' }]
  const applied = { ...input.entries[0]!, type: 'rule.applied' as const, details: { notify } }
  const held = { departmentId: 'support', agentId: null }
  const { pending } = await planner()({ ...input, entries: [applied], before: held, after: held })
  expect(pending).toEqual([{ noticeId: expect.any(String), channel: 'email', agentId: '' }])
  const line = ledger.lines.get(pending[0]!.noticeId)!
  expect(line).toMatchObject({ event: 'rule', because: 'rule', text: 'Look', listed: false })
  expect(viewOf(line).recipient).toEqual({ agentId: '', emailDomain: 'elsewhere.example' })
})
