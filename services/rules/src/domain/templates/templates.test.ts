import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRules, evaluate } from '../evaluate.ts'
import { exampleRules, FACTS, refusal, SAVE } from '../examples.ts'
import { withAnswers } from './answers.ts'
import { htmlOf, render } from './render.ts'
import { createTemplate, type TemplateInput, updateTemplate } from './templates.ts'

const BODY = 'Dear {{contact.name}},\n\nyour ticket {{ ticket.number }} is with {{department.name}}.'
const template = (more: TemplateInput = {}) =>
  createTemplate('hello', { name: 'Hello', body: BODY, ...more }, SAVE)
const VALUES = {
  number: '17',
  subject: 'Pump',
  'contact.name': 'Jane',
  departmentId: 'support',
  agentId: 'anna',
}

describe('a template', () => {
  it('is kept as it was given', () => {
    expect(template({ subject: ' Re: {{ticket.subject}} ' })).toEqual({
      id: 'hello',
      name: 'Hello',
      subject: 'Re: {{ticket.subject}}',
      body: BODY,
      createdAt: SAVE.now,
      updatedAt: SAVE.now,
      updatedBy: SAVE.by,
    })
  })

  it.each<[string, TemplateInput, string]>([
    ['without a name', { name: ' ' }, 'name'],
    ['with a name of two lines', { name: 'a\nb' }, 'name'],
    ['with a long name', { name: 'x'.repeat(201) }, 'name'],
    ['with a subject of two lines', { subject: 'a\r\nBcc: b' }, 'subject'],
    ['without text', { body: '\n' }, 'body'],
    ['with too much text', { body: 'x'.repeat(50_001) }, 'body'],
    ['with an unknown placeholder', { body: 'Dear {{customer}}' }, 'body'],
    ['with an unknown placeholder in its subject', { subject: '{{ticket}}' }, 'subject'],
    ['with an empty placeholder', { body: '{{}}' }, 'body'],
  ])('%s is refused', (_, input, field) => {
    expect(refusal(() => template(input))).toMatchObject({ reason: 'invalid-request', fields: [field] })
  })

  it('says which placeholders there are', () => {
    expect(refusal(() => template({ body: '{{x}} {{x}}' })).messages).toEqual([
      'There is no placeholder {{x}}; use some of {{ticket.number}}, {{ticket.subject}}, {{contact.name}}, {{agent.name}}, {{department.name}}.',
    ])
  })

  it('is changed by what is named', () => {
    const before = template({ subject: 'x' })
    expect(updateTemplate(before, { name: 'Bye', body: '' }, ['name'], { ...SAVE, now: 'later' })).toEqual({
      ...before,
      name: 'Bye',
      updatedAt: 'later',
    })
    expect(updateTemplate(before, {}, ['subject'], SAVE)).not.toHaveProperty('subject')
    expect(updateTemplate(before, { name: 'Hello' }, ['name'], SAVE)).toBe(before)
    expect(refusal(() => updateTemplate(before, {}, ['id'], SAVE)).fields).toEqual(['id'])
    expect(refusal(() => updateTemplate(before, { body: '' }, ['body'], SAVE)).fields).toEqual(['body'])
  })
})

describe('its text for a ticket', () => {
  it('has the placeholders filled in', () => {
    const { body, html, subject } = render(template({ subject: '{{ticket.subject}}' }), VALUES, FACTS)
    expect(body).toBe('Dear Jane,\n\nyour ticket 17 is with support.')
    expect(html).toBe('<p>Dear Jane,</p>\n<p>your ticket 17 is with support.</p>')
    expect(subject).toBe('Pump')
  })

  it('is empty where the ticket has nothing', () => {
    const { body } = render(
      { body: '[{{contact.name}}][{{agent.name}}]' },
      { ...VALUES, 'contact.name': null, agentId: null },
      FACTS,
    )
    expect(body).toBe('[][]')
  })

  it('never reads what a ticket says as a placeholder or as HTML', () => {
    const values = { ...VALUES, 'contact.name': '{{agent.name}}<script>\nx</script>' }
    const { body, html } = render({ body: 'Hi {{contact.name}} & co' }, values, FACTS)
    expect(body).toBe('Hi {{agent.name}}<script> x</script> & co')
    expect(html).toBe('<p>Hi {{agent.name}}&lt;script&gt; x&lt;/script&gt; &amp; co</p>')
  })

  it('has no tag in its HTML but ours, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', '\n', ' ') }), (text) => {
        expect(htmlOf(text).replaceAll(/<\/?p>|<br>/g, '')).not.toMatch(/[<>"']/)
      }),
    )
  })
})

describe('an answer by rule', () => {
  const effectsOf = (...actions: { type: string }[]) =>
    evaluate(compileRules(exampleRules({ actions })), 'ticket_created', VALUES, FACTS).effects
  const one = template({ body: '{{department.name}}/{{agent.name}}' })
  const answers = (...actions: { type: string }[]) =>
    withAnswers(effectsOf(...actions), new Map([['hello', one]]), VALUES, FACTS)[0]?.actions.at(-1)?.body
  const answer = { type: 'answer', template: 'hello' }

  it('carries its text, of whose the ticket is after the rules', () => {
    expect(answers(answer)).toBe('support/anna')
    expect(answers({ type: 'transfer', departmentId: 'billing' } as never, answer)).toBe('billing/')
    expect(answers({ type: 'assign', agentId: 'bob' } as never, answer)).toBe('support/bob')
    expect(answers({ type: 'release' }, answer)).toBe('support/')
  })
})
