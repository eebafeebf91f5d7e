import { CHANNELS, PRIORITIES, TICKET_STATUSES } from '@onus/workflows-contract'
import type { Field } from './field.ts'
import { text } from './text.ts'

export const channel: Field = { ...text('channel'), choices: CHANNELS }
export const status: Field = { ...text('status'), choices: TICKET_STATUSES }
export const priority: Field = { ...text('priority'), choices: PRIORITIES, order: 'choices' }
export const tags: Field = { ...text('tags'), words: true }
export const departmentId: Field = { ...text('departmentId'), names: 'department' }
export const agentId: Field = { ...text('agentId'), names: 'agent' }
