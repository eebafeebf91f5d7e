import { NOTICE_CHANNELS, NOTICE_EVENTS } from '@onus/workflows-contract'
import { clip, duration, FieldErrors, isTime, locale, oneOf, timeZone } from './fields.ts'
import type { Agent, DirectoryState } from './model.ts'

/** Which notices an agent wants. */
export interface Preferences {
  locale: string
  timeZone: string
  quietHours?: { from: string; to: string }
  digest?: { every: string }
  rules: PreferenceRule[]
}

export interface PreferenceRule {
  event: string
  channel: string
  departmentId?: string
  when: string
}

export const WHEN = ['always', 'not_online', 'never'] as const

/** The table of the product's contract: these also go by e-mail and Slack; push and in-app are always on. */
const EVERYWHERE: ReadonlySet<string> = new Set([
  'ticket_assigned',
  'contact_replied',
  'ticket_new',
  'claim_overdue',
])
const ALWAYS_ON: ReadonlySet<string> = new Set(['push', 'in_app'])

/** What an agent gets who never chose. An overdue claim is told like a new ticket: on every channel. */
export const DEFAULT_RULES: readonly PreferenceRule[] = NOTICE_EVENTS.flatMap((event) =>
  NOTICE_CHANNELS.map((channel) => ({
    event,
    channel,
    when: EVERYWHERE.has(event) || ALWAYS_ON.has(channel) ? 'always' : 'never',
  })),
)

/** What is kept of preferences; language and zone are the agent's own. */
export type StoredPreferences = Omit<Preferences, 'locale' | 'timeZone'>

/** A choice for a department that has gone is left out, so that what is read can be given back. */
export function preferencesOf(
  state: DirectoryState,
  agent: Agent,
  stored: StoredPreferences | null,
): Preferences {
  const known = new Set(state.departments.map((one) => one.id))
  const rules = (stored?.rules ?? DEFAULT_RULES).filter(
    ({ departmentId }) => departmentId === undefined || known.has(departmentId),
  )
  return {
    locale: agent.locale,
    timeZone: agent.timeZone,
    ...(stored?.quietHours && { quietHours: stored.quietHours }),
    ...(stored?.digest && { digest: stored.digest }),
    rules,
  }
}

const MAX_RULES = 2000

/** Checks what an agent chose; what was read before can be given back as it was. */
export function checkPreferences(
  state: DirectoryState,
  agent: Agent,
  input: Partial<Preferences>,
): { locale: string; timeZone: string; stored: StoredPreferences } {
  const errors = new FieldErrors()
  const rules = input.rules ?? []
  if (rules.length > MAX_RULES) errors.add('rules', `Give at most ${MAX_RULES} rules.`)
  const { quietHours, digest } = input
  if (
    quietHours &&
    !(isTime(quietHours.from) && isTime(quietHours.to) && quietHours.from !== quietHours.to)
  ) {
    errors.add('quietHours', 'Give two different local times HH:MM as from and to.')
  }
  const checked = {
    locale: locale(input.locale || agent.locale, 'locale', errors),
    timeZone: timeZone(input.timeZone || agent.timeZone, 'timeZone', errors),
    stored: {
      ...(quietHours && { quietHours: { from: quietHours.from, to: quietHours.to } }),
      ...(digest && { digest: { every: duration(digest.every, 'digest.every', errors) } }),
      rules: checkRules(state, rules, errors),
    },
  }
  errors.throwIfAny()
  return checked
}

function checkRules(state: DirectoryState, rules: PreferenceRule[], errors: FieldErrors): PreferenceRule[] {
  const seen = new Set<string>()
  return rules.map((rule, at) => {
    const path = `rules[${at}]`
    const departmentId = rule.departmentId || undefined
    if (departmentId && !state.departments.some((one) => one.id === departmentId)) {
      errors.addUnknown(`${path}.departmentId`, `There is no department "${clip(departmentId)}".`)
    }
    const key = JSON.stringify([rule.event, rule.channel, departmentId])
    if (seen.has(key)) errors.add(path, 'Another rule says when for the same event, channel and department.')
    seen.add(key)
    return {
      event: oneOf(rule.event, NOTICE_EVENTS, `${path}.event`, errors),
      channel: oneOf(rule.channel, NOTICE_CHANNELS, `${path}.channel`, errors),
      ...(departmentId && { departmentId }),
      when: oneOf(rule.when, WHEN, `${path}.when`, errors),
    }
  })
}
