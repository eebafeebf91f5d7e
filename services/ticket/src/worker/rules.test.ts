import { creation } from '@onus/workflows-ticket/testing/story'
import { expect, it } from 'vitest'
import type { StoredMessage } from '../store/messages.ts'
import { createRulesEvaluator, type RulesApi } from './rules.ts'

const command = creation({ tags: ['vip'], fields: { plan: 'gold' }, departmentId: 'billing' })

const evaluatorFor = (message: Partial<StoredMessage> | undefined, answer: unknown = { effects: [] }) => {
  const asked: Parameters<RulesApi['evaluate']>[0][] = []
  const evaluate = createRulesEvaluator(
    {
      evaluate: async (request) => {
        asked.push(request)
        return answer as Awaited<ReturnType<RulesApi['evaluate']>>
      },
    },
    { findMany: async () => (message ? [message as StoredMessage] : []) },
    {
      findSeed: async () => ({
        subject: 'Invoice',
        contact: { id: 'c1', email: 'carla@example.org' },
        search: '',
      }),
    },
  )
  return { asked, evaluate }
}

it('rules are asked with everything that their conditions may look at', async () => {
  const { asked, evaluate } = evaluatorFor({
    body: 'Please help',
    mail: { from: 'carla@example.org', to: ['billing@acme.example'], cc: ['boss@example.org'] },
  })
  expect(await evaluate('acme', 't1', command)).toEqual([])
  expect(asked).toEqual([
    {
      accountId: 'acme',
      trigger: 'ticket_created',
      values: {
        subject: 'Invoice',
        body: 'Please help',
        from: 'carla@example.org',
        to: ['billing@acme.example'],
        cc: ['boss@example.org'],
        'contact.email': 'carla@example.org',
        channel: 'email',
        departmentId: 'billing',
        agentId: null,
        tags: ['vip'],
        priority: 'normal',
        status: 'new',
        'fields.plan': 'gold',
      },
    },
  ])
})

it('a ticket that did not come by mail is from its contact', async () => {
  const { asked, evaluate } = evaluatorFor({ body: 'Hi' })
  await evaluate('acme', 't1', command)
  expect(asked[0]?.values).toMatchObject({ from: 'carla@example.org', to: [], cc: [] })
})

it('what is no action is left out', async () => {
  const effect = { ruleId: 'r1', version: 1, ruleName: 'r', actions: [{ type: 'stop' }, 'x', null, {}] }
  const { evaluate } = evaluatorFor({}, { effects: [effect, { ...effect, actions: undefined }] })
  const effects = await evaluate('acme', 't1', command)
  expect(effects.map(({ actions }) => actions)).toEqual([[{ type: 'stop' }], []])
})
