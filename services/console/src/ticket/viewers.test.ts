import { expect, it } from 'vitest'
import type { Viewer } from '../api/types.ts'
import { othersOf, STILL_WRITING_MS, stateOf } from './viewers.ts'

it('looks while the window is seen, writes for a while after the last key, and is gone when hidden', () => {
  const at = (visible: boolean, typedAt: number | null, now = 100_000) => stateOf({ visible, typedAt, now })
  expect(at(true, null)).toBe('viewing')
  expect(at(true, 99_000)).toBe('writing')
  expect(at(true, 100_000 - STILL_WRITING_MS)).toBe('viewing')
  expect(at(false, 99_000)).toBeNull()
})

it('names the others, those who write first', () => {
  const viewer = (agentId: string, state: Viewer['state']): Viewer => ({ agentId, name: agentId, state })
  const all = [viewer('ana', 'viewing'), viewer('me', 'writing'), viewer('zoe', 'writing')]
  expect(othersOf(all, 'me').map(({ agentId }) => agentId)).toEqual(['zoe', 'ana'])
})
