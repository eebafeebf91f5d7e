import { assertCovered } from '@onus/kit/mongo'
import { it } from 'vitest'
import { QUERIES } from './queries.ts'

it('has an index for every query', () => {
  assertCovered(QUERIES)
})
