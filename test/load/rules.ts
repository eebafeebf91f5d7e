/**
 * What 1,000 rules of 5 conditions cost on one ticket, beside `json-rules-engine` with the same rules on the
 * same ticket in the same process. By itself: `node test/load/rules.ts`; also a part of `npm run bench`.
 */
import { compileRules, evaluate } from '@onus/rules/domain/evaluate'
import type { Facts } from '@onus/rules/domain/facts'
import type { Condition, Rule } from '@onus/rules/domain/model'
import { Engine } from 'json-rules-engine'

const RULES = 1000
const ROUNDS = 40
/** One rule of so many fits the ticket. */
const FITTING = 100

const TICKET = {
  channel: 'email',
  subject: 'Broken pump, order 4711',
  body: `Dear all, ${'the pump that came on Monday does not start. '.repeat(20)}Jane`,
  priority: 'high',
  tags: ['vip', 'pump'],
  departmentId: 'support',
  agentId: null,
  status: 'new',
  'fields.amount': 250,
}

/** Five conditions, of which the first four hold: every rule is asked to its end. */
const conditionsOf = (at: number): Condition[] => [
  { field: 'channel', op: 'is', value: 'email' },
  { field: 'priority', op: 'gt', value: 'normal' },
  { field: 'body', op: 'not_contains', value: `refund ${at}` },
  { field: 'fields.amount', op: 'lt', value: 1000 + at },
  at % FITTING === 0
    ? { field: 'subject', op: 'contains', value: 'pump' }
    : { field: 'subject', op: 'contains', value: `invoice ${at}` },
]

const facts: Facts = {
  now: new Date('2026-03-02T10:00:00.000Z'),
  defaultDepartmentId: 'support',
  department: (id) => ({ name: id }),
  agent: (id) => ({ name: id, status: 'active' }),
  isMember: () => true,
  hasTemplate: () => true,
  hasWebhook: () => true,
}

const rules = Array.from(
  { length: RULES },
  (_, at): Rule => ({
    id: `r${at}`,
    active: true,
    name: `Rule ${at}`,
    notes: '',
    trigger: { type: 'ticket_created' },
    conditions: [conditionsOf(at)],
    actions: [{ type: 'add_tags', tags: [`tag ${at}`] }],
    version: 1,
    updatedAt: '',
    updatedBy: { type: 'system' },
  }),
)

const OPERATORS: Record<string, string> = {
  is: 'equal',
  gt: 'morePressing',
  not_contains: 'lacksText',
  contains: 'hasText',
  lt: 'lessThan',
}

/** The same rules in the words of the other; its facts are in lower case already, which ours has to make. */
function otherEngine(): { engine: Engine; values: Record<string, unknown> } {
  const order = ['low', 'normal', 'high', 'urgent']
  const engine = new Engine()
  engine.addOperator('hasText', (text: string, part: string) => text.includes(part))
  engine.addOperator('lacksText', (text: string, part: string) => !text.includes(part))
  engine.addOperator(
    'morePressing',
    (one: string, other: string) => order.indexOf(one) > order.indexOf(other),
  )
  rules.forEach(({ conditions: [group = []] }, at) => {
    const all = group.map(({ field, op, value }) => ({ fact: field, operator: OPERATORS[op] ?? op, value }))
    engine.addRule({ conditions: { all }, event: { type: `tag ${at}` }, priority: RULES - at })
  })
  const values = Object.fromEntries(
    Object.entries(TICKET).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.toLowerCase() : value,
    ]),
  )
  return { engine, values }
}

async function median(work: () => Promise<number> | number): Promise<{ ms: number; fitting: number }> {
  const times: number[] = []
  let fitting = 0
  for (let round = -5; round < ROUNDS; round++) {
    const began = performance.now()
    fitting = await work()
    if (round >= 0) times.push(performance.now() - began)
  }
  times.sort((a, b) => a - b)
  return { ms: times[Math.floor(times.length / 2)] ?? 0, fitting }
}

export interface RulesMeasured {
  rules: number
  onusMs: number
  otherMs: number
  ratio: number
}

/** Medians of one evaluation of all rules. */
export async function measureRules(): Promise<RulesMeasured> {
  const compiled = compileRules({ schema: 1, accountId: '', version: 1, rules, deleted: {} })
  const ours = await median(() => evaluate(compiled, 'ticket_created', TICKET, facts).effects.length)
  const { engine, values } = otherEngine()
  const theirs = await median(async () => (await engine.run(values)).events.length)
  if (ours.fitting !== theirs.fitting)
    throw new Error(`${ours.fitting} rules fit, and ${theirs.fitting} there`)
  return { rules: RULES, onusMs: ours.ms, otherMs: theirs.ms, ratio: theirs.ms / ours.ms }
}

export const describeRules = ({ rules, onusMs, otherMs, ratio }: RulesMeasured): string =>
  `${rules} rules of 5 conditions on one ticket: ${onusMs.toFixed(2)} ms (json-rules-engine: ${otherMs.toFixed(1)} ms, ${ratio.toFixed(0)} times as long)\n`

if (import.meta.main) process.stdout.write(describeRules(await measureRules()))
