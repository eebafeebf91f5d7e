import { expect, it } from 'vitest'
import { createBodyBudget } from './budget.ts'

it('bounds what is held at once, and lets one alone pass', () => {
  const budget = createBodyBudget(10)
  const giveBack = budget.take(50)
  expect(() => budget.take(1)).toThrow('Too many large uploads')
  giveBack()
  giveBack()
  const first = budget.take(6)
  expect(() => budget.take(5)).toThrow()
  budget.take(4)
  first()
  budget.take(6)
})
