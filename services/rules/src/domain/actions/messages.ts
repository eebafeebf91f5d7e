import type { Action, Reference } from '../model.ts'
import type { RuleErrors } from '../problems.ts'
import { type ActionKind, ALWAYS, NO_REFERENCES, ofSubject, take } from './action.ts'
import { checkId, has } from './responsibility.ts'

const MAX_NOTE = 20_000
const MAX_NOTICE = 3000

function checkBody(action: Action, name: string, max: number, path: string, errors: RuleErrors): void {
  const text = action[name]
  const length = typeof text === 'string' && text.trim() ? [...text].length : 0
  if (length < 1 || length > max) errors.add(`${path}.${name}`, `Give a text of 1 to ${max} characters.`)
}

/** A note that only agents see. */
export const addNote: ActionKind = {
  type: 'add_note',
  parameters: ['body'],
  ...ALWAYS,
  ...NO_REFERENCES,
  check: (action, path, errors) => checkBody(action, 'body', MAX_NOTE, path, errors),
}

/** A public answer by a template. A contact gets one for an event, by the first rule that has one. */
export const answer: ActionKind = {
  type: 'answer',
  parameters: ['template'],
  ...ofSubject('answer'),
  check: (action, path, errors) => checkId(action, 'template', path, errors),
  references: (action, path) => [{ kind: 'template', id: String(action.template), path: `${path}.template` }],
  reads: ['number', 'subject', 'contact.name', 'departmentId', 'agentId'],
}

const TARGETS = ['agentId', 'departmentId', 'slackChannel', 'email'] as const

/** The name of a channel, or the id by which Slack knows it. */
const SLACK_CHANNEL = /^(#?[\p{Ll}\p{Lo}\p{N}][\p{Ll}\p{Lo}\p{N}_-]{0,79}|[CGD][A-Z0-9]{8,20})$/u
const EMAIL =
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/
const MAX_EMAIL = 254

const isEmail = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= MAX_EMAIL && EMAIL.test(value) && !/^\.|\.\.|\.@/.test(value)

/** A text to an agent, the agents of a department, a Slack channel or an e-mail address. */
export const notify: ActionKind = {
  type: 'notify',
  parameters: [...TARGETS, 'text'],
  ...ALWAYS,
  check(action, path, errors) {
    checkBody(action, 'text', MAX_NOTICE, path, errors)
    const given = TARGETS.filter((target) => has(action, target))
    const [target] = given
    if (given.length !== 1 || !target) {
      errors.add(path, `Give exactly one of ${TARGETS.join(', ')}.`)
    } else if (target === 'slackChannel') {
      if (typeof action.slackChannel === 'string' && SLACK_CHANNEL.test(action.slackChannel)) return
      errors.add(
        `${path}.slackChannel`,
        'Give the name of a channel in lower case, for example "#billing", or its id, for example "C0123456789".',
      )
    } else if (target === 'email') {
      if (!isEmail(action.email)) {
        errors.add(`${path}.email`, 'Give one e-mail address, for example "lead@example.com".')
      }
    } else checkId(action, target, path, errors)
  },
  references(action, path): Reference[] {
    if (has(action, 'agentId'))
      return [{ kind: 'agent', id: String(action.agentId), path: `${path}.agentId` }]
    if (!has(action, 'departmentId')) return []
    return [{ kind: 'department', id: String(action.departmentId), path: `${path}.departmentId` }]
  },
}

const webhookField = (action: Action): string => `webhook:${action.webhookId}`

/** Sends the event to a webhook, also one that did not subscribe to it; once, however many rules say so. */
export const webhook: ActionKind = {
  type: 'webhook',
  parameters: ['webhookId'],
  check: (action, path, errors) => checkId(action, 'webhookId', path, errors),
  references: (action, path) => [
    { kind: 'webhook', id: String(action.webhookId), path: `${path}.webhookId` },
  ],
  take: (action, decided) => (take(decided, webhookField(action)) ? action : null),
  decides: (action) => [webhookField(action)],
}
