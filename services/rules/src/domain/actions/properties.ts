import { PRIORITIES } from '@onus/workflows-contract'
import { DURATION_REMEDY, isDuration } from '../duration.ts'
import type { Action } from '../model.ts'
import { clip, isObject, type RuleErrors, refuseOthers } from '../problems.ts'
import { fold } from '../values.ts'
import { type ActionKind, ALWAYS, NO_REFERENCES, ofSubject, take } from './action.ts'

/** Statuses that a rule may set. `new` is only where a ticket begins, and `postponed` needs its end. */
const STATUSES = ['open', 'answered', 'resolved', 'closed', 'spam', 'deleted'] as const

export const setStatus: ActionKind = {
  type: 'set_status',
  parameters: ['status'],
  ...ofSubject('status'),
  ...NO_REFERENCES,
  check(action, path, errors) {
    const { status } = action
    if ((STATUSES as readonly unknown[]).includes(status)) return
    const remedy = status === 'postponed' ? ' To postpone, use the action postpone {for}.' : ''
    const given = typeof status === 'string' ? `"${clip(status)}"` : 'This'
    errors.add(
      `${path}.status`,
      `${given} is no status that a rule can set; use one of ${STATUSES.join(', ')}.${remedy}`,
    )
  },
}

/** For a while; the ticket comes back by itself. */
export const postpone: ActionKind = {
  type: 'postpone',
  parameters: ['for'],
  ...ofSubject('status'),
  ...NO_REFERENCES,
  check(action, path, errors) {
    if (!isDuration(action.for)) errors.add(`${path}.for`, DURATION_REMEDY)
  },
}

export const setPriority: ActionKind = {
  type: 'set_priority',
  parameters: ['priority'],
  ...ofSubject('priority'),
  ...NO_REFERENCES,
  check(action, path, errors) {
    if ((PRIORITIES as readonly unknown[]).includes(action.priority)) return
    errors.addUnknown(`${path}.priority`, 'priority', action.priority, PRIORITIES)
  },
}

const MAX_TAGS = 50
const MAX_TAG = 100

/** Text of one line, without blanks around it. */
const isWord = (value: unknown, max: number): value is string =>
  typeof value === 'string' &&
  value.trim() === value &&
  value.length >= 1 &&
  value.length <= max &&
  !/\p{Cc}/u.test(value)

function checkTags(action: Action, path: string, errors: RuleErrors): void {
  const { tags } = action
  if (!Array.isArray(tags) || tags.length < 1 || tags.length > MAX_TAGS) {
    errors.add(`${path}.tags`, `Give a list of 1 to ${MAX_TAGS} tags.`)
    return
  }
  tags.forEach((tag, at) => {
    if (isWord(tag, MAX_TAG)) return
    errors.add(`${path}.tags[${at}]`, `Give a text of 1 to ${MAX_TAG} characters without blanks around it.`)
  })
}

const tagField = (tag: string): string => `tag:${fold(tag)}`

/** Each tag is a field of its own: the first rule that adds or removes it decides about it. */
const tagAction = (type: string): ActionKind => ({
  type,
  parameters: ['tags'],
  ...NO_REFERENCES,
  check: checkTags,
  take(action, decided) {
    const tags = (action.tags as string[]).filter((tag) => take(decided, tagField(tag)))
    return tags.length ? { ...action, tags } : null
  },
  decides: (action) => (action.tags as string[]).map(tagField),
})

export const addTags = tagAction('add_tags')
export const removeTags = tagAction('remove_tags')

const MAX_SKILLS = 50
const MAX_SKILL = 64
const LEVELS = { min: 1, max: 5 }

interface Skill {
  name: string
  level?: number
}

function checkSkill(skill: unknown, path: string, errors: RuleErrors): void {
  if (!isObject(skill)) {
    errors.add(path, 'Give a skill {name, level}.')
    return
  }
  refuseOthers(skill, ['name', 'level'], path, errors)
  if (!isWord(skill.name, MAX_SKILL)) {
    errors.add(`${path}.name`, `Give a text of 1 to ${MAX_SKILL} characters without blanks around it.`)
  }
  const { level } = skill
  if (level === undefined || level === null) return
  const { min, max } = LEVELS
  if (typeof level === 'number' && Number.isInteger(level) && level >= min && level <= max) return
  errors.add(`${path}.level`, `Give a whole number from ${min} to ${max}, or leave it out for ${min}.`)
}

/** What an agent has to know to get the ticket by distribution. All of it together is one field. */
export const requireSkills: ActionKind = {
  type: 'require_skills',
  parameters: ['skills'],
  ...NO_REFERENCES,
  ...ofSubject('skills'),
  check(action, path, errors) {
    const { skills } = action
    if (!Array.isArray(skills) || skills.length < 1 || skills.length > MAX_SKILLS) {
      errors.add(`${path}.skills`, `Give a list of 1 to ${MAX_SKILLS} skills {name, level}.`)
      return
    }
    const names = new Set<string>()
    skills.forEach((skill, at) => {
      checkSkill(skill, `${path}.skills[${at}]`, errors)
      const name = isObject(skill) && typeof skill.name === 'string' ? fold(skill.name) : null
      if (name === null) return
      if (names.has(name)) errors.add(`${path}.skills[${at}].name`, 'This skill is named twice.')
      names.add(name)
    })
  },
  take(action, decided) {
    if (!take(decided, 'skills')) return null
    const skills = (action.skills as Skill[]).map(({ name, level }) => ({ name, level: level ?? LEVELS.min }))
    return { ...action, skills }
  },
}

/** Ends the evaluation: no later rule is asked. */
export const stop: ActionKind = {
  type: 'stop',
  parameters: [],
  ...ALWAYS,
  ...NO_REFERENCES,
  check: () => {},
}
