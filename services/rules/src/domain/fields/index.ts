import { cc, contactEmail, from, to } from './addresses.ts'
import { body, language, subject } from './conversation.ts'
import { customField } from './custom.ts'
import type { Field } from './field.ts'
import {
  agentId,
  agentPresence,
  channel,
  departmentId,
  priority,
  status,
  tags,
  withinHours,
} from './ticket.ts'

export type { Field } from './field.ts'

const FIELDS = new Map<string, Field>(
  [
    channel,
    subject,
    body,
    from,
    to,
    cc,
    tags,
    priority,
    status,
    language,
    departmentId,
    agentId,
    agentPresence,
    contactEmail,
    withinHours,
  ].map((field) => [field.name, field]),
)

/** What conditions can ask for. */
export const FIELD_NAMES = [...FIELDS.keys(), 'fields.<name>']

export const findField = (name: string): Field | null => FIELDS.get(name) ?? customField(name)
