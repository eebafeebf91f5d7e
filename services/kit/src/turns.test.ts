import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Turns } from './turns.ts'

describe('turns', () => {
  it('let one task of a key run at a time, in the order in which they came', async () => {
    const turns = new Turns()
    const seen: string[] = []
    const task = (name: string) => async () => {
      seen.push(`${name} begins`)
      await sleep(1)
      seen.push(`${name} ends`)
      return name
    }
    const results = await Promise.all(['a', 'b', 'c'].map((name) => turns.take('key', task(name))))
    expect(results).toEqual(['a', 'b', 'c'])
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends'])
  })

  it('do not make one key wait for another, and go on after a failure', async () => {
    const turns = new Turns()
    const { promise: never } = Promise.withResolvers<void>()
    void turns.take('held', () => never)
    await expect(turns.take('key', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await turns.take('key', async () => 'next')).toBe('next')
  })
})
