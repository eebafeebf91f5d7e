import type { Condition, Rule, RuleAction } from '../api/types.ts'
import { isolated } from '../i18n/isolated.ts'
import type { MessageId } from '../i18n/locales.ts'
import { minutesOf } from './forms.ts'
import { ENUMS, isTimed, targetOf } from './rule-model.ts'

/** A rule as people read it, line by line; two versions are compared by these lines. */

export interface RuleLine {
  part: 'head' | 'trigger' | 'conditions' | 'actions'
  text: string
}

/** What the words of a rule are taken from. */
export interface RuleWords {
  t: (id: MessageId, values?: Record<string, string | number>) => string
  word: (list: string, value: string) => string
  listed: (things: readonly string[]) => string
  department: (id: string) => string
  agent: (id: string) => string
}

/** Actions also name what is loaded for whole rules alone. */
export interface ActionWords extends RuleWords {
  template: (id: string) => string
  webhook: (id: string) => string
}

/** What makes a rule what it is: all but its place and its own history. */
export type RuleBody = Pick<Rule, 'active' | 'name' | 'notes' | 'trigger' | 'conditions' | 'actions'>

export function ruleLines(rule: RuleBody, words: ActionWords): RuleLine[] {
  const { t, word } = words
  const head = (text: string): RuleLine => ({ part: 'head', text })
  const { trigger, conditions, actions } = rule
  const minutes = isTimed(trigger.type) ? (minutesOf(trigger.after) ?? trigger.after) : undefined
  const after = minutes === undefined ? '' : ` · ${t('rule.after')}: ${minutes}`
  return [
    head(`${t('field.name')}: ${isolated(rule.name)}`),
    head(t(rule.active ? 'rule.active' : 'rule.inactive')),
    ...(rule.notes ? [head(`${t('rule.notes')}: ${isolated(rule.notes)}`)] : []),
    { part: 'trigger', text: word('trigger', trigger.type) + after },
    ...(conditions.length === 0 ? [{ part: 'conditions' as const, text: t('rule.always') }] : []),
    ...conditions.flatMap((group, at): RuleLine[] => [
      {
        part: 'conditions',
        text: t(at === 0 ? 'rule.group' : 'rule.or_group', { number: at + 1 }),
      },
      ...group.map((one): RuleLine => ({ part: 'conditions', text: conditionText(one, words) })),
    ]),
    ...actions.map((action): RuleLine => ({ part: 'actions', text: actionText(action, words) })),
  ]
}

export const fieldText = (field: string, { word }: Pick<RuleWords, 'word'>): string =>
  field.startsWith('fields.')
    ? isolated(field.slice('fields.'.length))
    : word('rule_field', field.replaceAll('.', '_'))

export function conditionText({ field, op, value }: Condition, words: RuleWords): string {
  return [fieldText(field, words), words.word('op', op), valueText(field, value, words)]
    .filter(Boolean)
    .join(' ')
}

/** A value as people know it: names for ids, words for the API's own. */
export function valueText(field: string, value: unknown, words: RuleWords): string {
  if (Array.isArray(value)) return words.listed(value.map((each) => valueText(field, each, words)))
  if (value === undefined || value === null || value === '') return words.t('state.none')
  if (typeof value === 'boolean') return words.t(value ? 'rule.yes' : 'rule.no')
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  if (field === 'departmentId') return isolated(words.department(text))
  if (field === 'agentId') return isolated(words.agent(text))
  const known = ENUMS[field]
  return known ? words.word(known.list, text) : isolated(text)
}

export function actionText(action: RuleAction, words: ActionWords): string {
  const said = actionValues(action, words).filter(Boolean).join(' · ')
  const name = words.word('action_type', action.type)
  return said ? `${name}: ${said}` : name
}

function actionValues(action: RuleAction, words: ActionWords): string[] {
  const { t, word, listed, department, agent, template, webhook } = words
  const text = (name: string) => (action[name] ? isolated(String(action[name])) : '')
  const agentName = action.agentId ? isolated(agent(String(action.agentId))) : ''
  switch (action.type) {
    case 'transfer':
      return [isolated(department(String(action.departmentId))), agentName || t('name.nobody')]
    case 'assign':
      return [agentName]
    case 'set_status':
      return [word('status', String(action.status))]
    case 'set_priority':
      return [word('priority', String(action.priority))]
    case 'postpone':
      return [`${t('rule.for_minutes')}: ${minutesOf(String(action.for)) ?? String(action.for)}`]
    case 'add_tags':
    case 'remove_tags':
      return [valueText('tags', action.tags, words)]
    case 'require_skills': {
      const skills = Array.isArray(action.skills) ? (action.skills as { name: string; level?: number }[]) : []
      return [listed(skills.map(({ name, level }) => isolated(level ? `${name} ${level}` : name)))]
    }
    case 'add_note':
      return [text('body')]
    case 'answer':
      return [action.template ? isolated(template(String(action.template))) : '']
    case 'webhook':
      return [action.webhookId ? isolated(webhook(String(action.webhookId))) : '']
    case 'notify': {
      const target = targetOf(action)
      const whom =
        target === 'departmentId'
          ? isolated(department(String(action.departmentId)))
          : target === 'agentId'
            ? agentName
            : text(target)
      return [word('notify_target', target), whom, text('text')]
    }
    default:
      return []
  }
}

export interface DiffLine extends RuleLine {
  change: 'kept' | 'added' | 'removed'
}

/** What has to be taken out of `before` and put in to make `after`, by their longest common part. */
export function diffLines(before: RuleLine[], after: RuleLine[]): DiffLine[] {
  const same = (a: RuleLine | undefined, b: RuleLine | undefined) =>
    a?.part === b?.part && a?.text === b?.text
  // length[i][j]: of the longest common part of before from i on and after from j on.
  const length = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0))
  const at = (i: number, j: number) => length[i]?.[j] ?? 0
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      (length[i] as number[])[j] = same(before[i], after[j])
        ? at(i + 1, j + 1) + 1
        : Math.max(at(i + 1, j), at(i, j + 1))
  const lines: DiffLine[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [left, right] = [before[i], after[j]]
    if (left && right && same(left, right)) {
      lines.push({ ...left, change: 'kept' })
      i++
      j++
    } else if (left && (!right || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ ...left, change: 'removed' })
      i++
    } else if (right) {
      lines.push({ ...right, change: 'added' })
      j++
    }
  }
  return lines
}

/** That of a rule or of one of its versions. */
export const restorable = ({ active, name, notes, trigger, conditions, actions }: RuleBody): RuleBody => ({
  active,
  name,
  notes,
  trigger,
  conditions,
  actions,
})
