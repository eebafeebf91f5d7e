import { expect, it } from 'vitest'
import { filled, inserted } from './templates.ts'

it('fills what is known and leaves the rest to be seen', () => {
  const values = { 'contact.name': 'Carla', 'ticket.number': '7', 'agent.name': undefined }
  expect(filled('Dear {{contact.name}}, {{ ticket.number }} {{agent.name}} {{other}}', values)).toBe(
    'Dear Carla, 7 {{agent.name}} {{other}}',
  )
})

it('puts a text in where the cursor is', () => {
  expect(inserted('', 0, 'x')).toEqual({ text: 'x', cursor: 1 })
  expect(inserted('Hello', 5, 'x')).toEqual({ text: 'Hello\nx', cursor: 7 })
  expect(inserted('a\nb', 2, 'x')).toEqual({ text: 'a\nxb', cursor: 3 })
})
