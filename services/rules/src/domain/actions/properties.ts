import { PRIORITIES } from '@onus/workflows-contract'
import type { Action } from '../model.ts'
import type { RuleErrors } from '../problems.ts'
import { fold } from '../values.ts'
import type { ActionKind, Decided } from './action.ts'

export const setPriority: ActionKind = {
  type: 'set_priority',
  parameters: ['priority'],
  subject: 'priority',
  check(action, path, errors) {
    if ((PRIORITIES as readonly unknown[]).includes(action.priority)) return
    errors.addUnknown(`${path}.priority`, 'priority', action.priority, PRIORITIES)
  },
  references: () => [],
  take(action, decided) {
    if (decided.priority) return null
    decided.priority = true
    return action
  },
}

const MAX_TAGS = 50
const MAX_TAG = 100

function checkTags(action: Action, path: string, errors: RuleErrors): void {
  const { tags } = action
  if (!Array.isArray(tags) || tags.length < 1 || tags.length > MAX_TAGS) {
    errors.add(`${path}.tags`, `Give a list of 1 to ${MAX_TAGS} tags.`)
    return
  }
  tags.forEach((tag, at) => {
    const fits = typeof tag === 'string' && tag.trim() === tag && tag.length >= 1 && tag.length <= MAX_TAG
    if (!fits || /\p{Cc}/u.test(tag)) {
      errors.add(`${path}.tags[${at}]`, `Give a text of 1 to ${MAX_TAG} characters without blanks around it.`)
    }
  })
}

/** Each tag is a field of its own: the first rule that adds or removes it decides about it. */
function takeTags(action: Action, decided: Decided): Action | null {
  const tags = [...new Set(action.tags as string[])].filter((tag) => !decided.tags.has(fold(tag)))
  for (const tag of tags) decided.tags.add(fold(tag))
  return tags.length ? { ...action, tags } : null
}

const tagAction = (type: string): ActionKind => ({
  type,
  parameters: ['tags'],
  check: checkTags,
  references: () => [],
  take: takeTags,
})

export const addTags = tagAction('add_tags')
export const removeTags = tagAction('remove_tags')

/** Ends the evaluation: no later rule is asked. */
export const stop: ActionKind = {
  type: 'stop',
  parameters: [],
  check: () => {},
  references: () => [],
  take: (action) => action,
}
