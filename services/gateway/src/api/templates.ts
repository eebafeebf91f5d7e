import { z } from '@hono/zod-openapi'
import { actor, line, page, text, timestamp } from './common.ts'
import { examples } from './examples.ts'

const PLACEHOLDERS =
  'With placeholders: `{{ticket.number}}`, `{{ticket.subject}}`, `{{contact.name}}`, `{{agent.name}}`, `{{department.name}}`.'

const body = text(1, 50_000).openapi({ description: `Plain text. ${PLACEHOLDERS}` })

export const newTemplate = z
  .strictObject({ name: line(1, 200), subject: line(1, 998).optional(), body })
  .openapi('NewTemplate', {
    example: { name: 'We are on it', body: 'Dear {{contact.name}},\n\nwe are looking at {{ticket.number}}.' },
  })

export const templateChange = z
  .strictObject({
    name: line(1, 200).optional(),
    subject: line(1, 998).nullable().optional().openapi({ description: 'null removes it.' }),
    body: body.optional(),
  })
  .openapi('TemplateChange', { example: { name: 'We are looking' } })

export const template = z
  .object({
    id: z.string(),
    name: z.string(),
    subject: z.string().optional(),
    body: z.string(),
    createdAt: timestamp,
    updatedAt: timestamp,
    updatedBy: actor.optional(),
  })
  .openapi('Template', {
    example: {
      id: '019312d0c5a27cc1b1d2a0e4b8b7a018',
      name: 'We are on it',
      body: 'Dear {{contact.name}},\n\nwe are looking at {{ticket.number}}.',
      createdAt: examples.rule.updatedAt,
      updatedAt: examples.rule.updatedAt,
      updatedBy: examples.rule.updatedBy,
    } as never,
  })
export const templatePage = page('TemplatePage', template)
