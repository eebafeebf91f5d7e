import { describe, expect, it } from 'vitest'
import { KeyedQueue } from './keyed-queue.ts'

describe('KeyedQueue', () => {
  it('runs at most so many of one key at once, in order, and the other keys beside them', async () => {
    const queue = new KeyedQueue({ concurrency: 2, maxWaiting: 10 })
    let running = 0
    let most = 0
    const order: number[] = []
    const task = (n: number) => async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
      order.push(n)
    }
    const busy = Promise.all([1, 2, 3, 4, 5].map((n) => queue.run('a', task(n))))
    expect(await queue.run('b', async () => 'other')).toBe('other')
    await busy
    expect(most).toBe(2)
    expect(order).toEqual([1, 2, 3, 4, 5])
  })

  it('refuses who would have to wait too long, and takes them again later', async () => {
    const queue = new KeyedQueue({ concurrency: 1, maxWaiting: 1 })
    const gate = Promise.withResolvers<void>()
    const first = queue.run('a', () => gate.promise)
    const second = queue.run('a', async () => 2)
    await expect(queue.run('a', async () => 3)).rejects.toMatchObject({ reason: 'too-many-requests' })
    gate.resolve()
    await first
    expect(await second).toBe(2)
    expect(await queue.run('a', async () => 4)).toBe(4)
  })

  it('lets the next one in when a task fails', async () => {
    const queue = new KeyedQueue({ concurrency: 1, maxWaiting: 5 })
    const failing = queue.run('a', () => Promise.reject(new Error('no')))
    const next = queue.run('a', async () => 'in')
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('in')
  })
})
