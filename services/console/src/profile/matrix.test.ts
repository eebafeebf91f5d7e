import { expect, it } from 'vitest'
import { matrixOf, rulesOf } from './matrix.ts'

it('shows the department’s own word before the general one, and that before the default', () => {
  const rules = [
    { event: 'ticket_new' as const, channel: 'email' as const, when: 'never' as const },
    {
      event: 'ticket_new' as const,
      channel: 'email' as const,
      departmentId: 'd',
      when: 'not_online' as const,
    },
  ]
  expect(matrixOf(rules, null)('ticket_new', 'email')).toEqual({ when: 'never', inherited: false })
  expect(matrixOf(rules, 'd')('ticket_new', 'email')).toEqual({ when: 'not_online', inherited: false })
  expect(matrixOf(rules, 'e')('ticket_new', 'email')).toEqual({ when: 'never', inherited: true })
  expect(matrixOf(rules, null)('ticket_new', 'push')).toEqual({ when: 'always', inherited: true })
  expect(matrixOf(rules, null)('chat_missed', 'slack')).toEqual({ when: 'never', inherited: true })
})

it('keeps only rules that say something of their own', () => {
  const cell = { event: 'ticket_new' as const, channel: 'email' as const }
  const off = rulesOf([], { ...cell, when: 'never' })
  expect(off).toEqual([{ ...cell, when: 'never' }])
  expect(rulesOf(off, { ...cell, when: 'always' })).toEqual([])
  expect(rulesOf(off, { ...cell, departmentId: 'd', when: 'never' })).toEqual(off)
  expect(rulesOf(off, { ...cell, departmentId: 'd', when: 'always' })).toHaveLength(2)
})
