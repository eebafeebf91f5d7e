import { expect, it } from 'vitest'
import { createSecretBox } from './secrets.ts'

const box = createSecretBox('k'.repeat(32))

it('opens what it sealed, for its owner only', () => {
  const sealed = box.seal('xoxb-secret', 'acc')
  expect(JSON.stringify(sealed)).not.toContain('secret')
  expect(box.open(sealed, 'acc')).toBe('xoxb-secret')
  expect(() => box.open(sealed, 'other')).toThrow()
  expect(() => createSecretBox('j'.repeat(32)).open(sealed, 'acc')).toThrow()
  expect(() => box.open({ ...sealed, data: sealed.iv }, 'acc')).toThrow()
})

it('opens what any of its keys sealed, and seals by the first one', () => {
  const [old, fresh] = ['k'.repeat(32), 'n'.repeat(32)]
  const sealed = box.seal('xoxb-secret', 'acc')
  const changing = createSecretBox(`${fresh},${old}`)
  expect(changing.open(sealed, 'acc')).toBe('xoxb-secret')
  const renewed = changing.renew(sealed, 'acc')
  expect(renewed && createSecretBox(fresh).open(renewed, 'acc')).toBe('xoxb-secret')
  expect(renewed && changing.renew(renewed, 'acc')).toBeNull()
})

it('never seals twice alike', () => {
  expect(box.seal('a', 'acc')).not.toEqual(box.seal('a', 'acc'))
})
