import { assertCovered } from '@onus/kit/mongo'
import { it } from 'vitest'
import { QUERIES } from './queries.ts'

it('every query is covered by its index', () => {
  assertCovered(QUERIES)
})
