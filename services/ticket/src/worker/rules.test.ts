import { Problem } from '@onus/kit/problems'
import { expect, it } from 'vitest'
import type { StoredMessage } from '../store/messages.ts'
import { createRules, type RulesApi } from './rules.ts'

const KEY = { accountId: 'acme', ticketId: 't1' }
const QUESTION = { trigger: 'ticket_created', values: { channel: 'email', tags: ['vip'] }, messageId: 'm1' }

type Triggers = Awaited<ReturnType<RulesApi['getTriggers']>>
const triggers = (more: Partial<Triggers> = {}): Triggers => ({
  version: 1,
  notModified: false,
  eventTriggers: ['ticket_created'],
  timeTriggers: [],
  fields: ['subject', 'body'],
  ...more,
})

/** A rules service that a test looks at, and may take away. */
class Service implements RulesApi {
  readonly asked: Parameters<RulesApi['evaluate']>[0][] = []
  readonly known: number[] = []
  down = false
  answer: Triggers = triggers()
  effects: Awaited<ReturnType<RulesApi['evaluate']>> = { effects: [], skipped: [] }

  async getTriggers({ knownVersion }: { knownVersion: number }): Promise<Triggers> {
    if (this.down) throw new Problem('unavailable', 'It is away.')
    this.known.push(knownVersion)
    return knownVersion === this.answer.version ? triggers({ notModified: true }) : this.answer
  }

  async evaluate(request: Parameters<RulesApi['evaluate']>[0]) {
    if (this.down) throw new Problem('unavailable', 'It is away.')
    this.asked.push(request)
    return this.effects
  }
}

const rulesWith = (service: Service, message: Partial<StoredMessage> | undefined = { body: 'Hi' }) => {
  const read: string[][] = []
  const broken: unknown[] = []
  let now = 0
  const rules = createRules({
    api: service,
    messages: {
      findMany: async (_account, _ticket, ids) => {
        read.push(ids)
        return message ? [message as StoredMessage] : []
      },
    },
    tickets: {
      findSeed: async () => ({
        subject: 'Invoice',
        contact: { id: 'c1', email: 'carla@example.org', name: 'Carla' },
        search: '',
      }),
    },
    onBroken: (_key, rule) => broken.push(rule),
    clock: () => now,
  })
  const wait = (ms: number) => {
    now += ms
  }
  return { rules, read, broken, wait }
}

it('what an account’s rules wait for is read anew only when it changed', async () => {
  const service = new Service()
  const { rules } = rulesWith(service)
  const first = await rules.book('acme')
  expect([...first.events]).toEqual(['ticket_created'])
  expect(await rules.book('acme')).toBe(first)
  service.answer = triggers({ version: 2, eventTriggers: ['tags_changed'] })
  expect([...(await rules.book('acme')).events]).toEqual(['tags_changed'])
  expect(service.known).toEqual([0, 1, 1])
})

it('who asks while a question is on its way shares the next one', async () => {
  const service = new Service()
  const { rules } = rulesWith(service)
  await rules.book('acme')
  const asked = [1, 2, 3, 4, 5].map(() => rules.book('acme'))
  service.answer = triggers({ version: 2 })
  const [, ...others] = await Promise.all(asked)
  expect(others.map(({ version }) => version)).toEqual([2, 2, 2, 2])
  expect(service.known).toHaveLength(3)
})

it('while the service is away commands go by what rules waited for last, and wait for nothing', async () => {
  const service = new Service()
  const { rules, wait } = rulesWith(service)
  service.down = true
  await expect(rules.book('acme')).rejects.toMatchObject({ reason: 'unavailable' })
  service.down = false
  const known = await rules.book('acme')
  service.down = true
  expect(await rules.book('acme')).toBe(known)
  service.down = false
  service.answer = triggers({ version: 2 })
  expect(await rules.book('acme')).toBe(known)
  expect(service.known).toEqual([0])
  wait(1_000)
  // Nobody waits for the look whether it is back.
  expect(await rules.book('acme')).toBe(known)
  expect(service.known).toEqual([0, 1])
  expect((await rules.book('acme')).version).toBe(2)
})

it('a fault of the service is not mistaken for its absence', async () => {
  const service = new Service()
  const { rules } = rulesWith(service)
  await rules.book('acme')
  service.getTriggers = async () => {
    throw new Problem('forbidden', 'You may not.')
  }
  await expect(rules.book('acme')).rejects.toMatchObject({ reason: 'forbidden' })
})

it('a question is noted, answered once, and known from then on', async () => {
  const service = new Service()
  const effect = { ruleId: 'r1', version: 1, ruleName: 'r' }
  service.effects = {
    effects: [{ ...effect, actions: [{ type: 'stop' }, 'x', null, {}] }, effect],
    skipped: [],
  }
  const { rules } = rulesWith(service)
  const inquiry = rules.inquiry(KEY, await rules.book('acme'))
  expect(inquiry.facts.evaluate(QUESTION)).toEqual([])
  expect(await inquiry.settle()).toBe(true)
  expect(inquiry.facts.evaluate(QUESTION).map(({ actions }) => actions)).toEqual([[{ type: 'stop' }], []])
  expect(await inquiry.settle()).toBe(false)
  expect(service.asked).toHaveLength(1)
})

it('rules are asked with everything that their conditions may look at', async () => {
  const service = new Service()
  const { rules } = rulesWith(service, {
    body: 'Please help',
    mail: { from: 'carla@example.org', to: ['billing@acme.example'], cc: ['boss@example.org'] },
  })
  const inquiry = rules.inquiry(KEY, await rules.book('acme'))
  inquiry.facts.evaluate({ ...QUESTION, onlyRuleIds: ['r1'] })
  await inquiry.settle()
  expect(service.asked).toEqual([
    {
      ...KEY,
      trigger: 'ticket_created',
      onlyRuleIds: ['r1'],
      values: {
        channel: 'email',
        tags: ['vip'],
        subject: 'Invoice',
        body: 'Please help',
        from: 'carla@example.org',
        to: ['billing@acme.example'],
        cc: ['boss@example.org'],
        'contact.email': 'carla@example.org',
        'contact.name': 'Carla',
      },
    },
  ])
})

it('a ticket that did not come by mail is from its contact', async () => {
  const service = new Service()
  const { rules } = rulesWith(service, {})
  const inquiry = rules.inquiry(KEY, await rules.book('acme'))
  inquiry.facts.evaluate(QUESTION)
  await inquiry.settle()
  expect(service.asked[0]?.values).toMatchObject({ from: 'carla@example.org', to: [], cc: [], body: '' })
})

it('the conversation is read only when a rule looks at it', async () => {
  const service = new Service()
  service.answer = triggers({ fields: ['tags', 'channel'] })
  const { rules, read } = rulesWith(service)
  const inquiry = rules.inquiry(KEY, await rules.book('acme'))
  inquiry.facts.evaluate(QUESTION)
  await inquiry.settle()
  expect(read).toEqual([])
  expect(service.asked[0]?.values).toEqual(QUESTION.values)
})

it('a broken rule is told of', async () => {
  const service = new Service()
  const skipped = { ruleId: 'r1', ruleName: 'r', broken: 'The department is gone.' }
  service.effects = { effects: [], skipped: [skipped] }
  const { rules, broken } = rulesWith(service)
  const inquiry = rules.inquiry(KEY, await rules.book('acme'))
  inquiry.facts.evaluate(QUESTION)
  await inquiry.settle()
  expect(broken).toEqual([skipped])
})
