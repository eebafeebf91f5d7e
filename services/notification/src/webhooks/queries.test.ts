import { assertCovered } from '@onus/kit/mongo'
import { it } from 'vitest'
import { WEBHOOK_QUERIES } from './queries.ts'

it('has an index for every query', () => {
  assertCovered(WEBHOOK_QUERIES)
})
