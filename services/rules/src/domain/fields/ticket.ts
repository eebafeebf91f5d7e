import { CHANNELS, PRIORITIES, TICKET_STATUSES } from '@onus/workflows-contract'
import { isOpen } from '../hours.ts'
import { actualOf } from '../values.ts'
import { type Field, ORDER, WHOLE } from './field.ts'
import { text } from './text.ts'

const whole = (name: string): Field => ({ ...text(name), operators: WHOLE })

export const channel: Field = { ...whole('channel'), choices: CHANNELS }
export const status: Field = { ...whole('status'), choices: TICKET_STATUSES }
export const priority: Field = {
  ...whole('priority'),
  operators: [...WHOLE, ...ORDER],
  choices: PRIORITIES,
  order: 'choices',
}
export const tags: Field = { ...text('tags'), words: true }
export const departmentId: Field = { ...whole('departmentId'), names: 'department' }
export const agentId: Field = { ...whole('agentId'), names: 'agent' }

/** Presence of the agent who is responsible; a ticket that nobody holds has none. */
export const agentPresence: Field = {
  ...whole('agentPresence'),
  choices: ['online', 'away', 'offline'],
  derivedFrom: ['agentId'],
  read: ({ agentId }, facts) =>
    actualOf(typeof agentId === 'string' && agentId ? facts.agent(agentId)?.presence : null),
}

/** Whether the ticket's department works at this moment. */
export const withinHours: Field = {
  name: 'withinHours',
  operators: ['is', 'is_not'],
  takes: 'boolean',
  derivedFrom: ['departmentId'],
  read: ({ departmentId }, facts) =>
    actualOf(isOpen(facts.department(String(departmentId))?.hours, facts.now)),
}
