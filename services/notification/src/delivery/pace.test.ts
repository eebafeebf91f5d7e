import { describe, expect, it } from 'vitest'
import type { Bucket } from '../domain/pace.ts'
import { createMemoryGuarded, UNLIMITED } from '../testing/memory.ts'
import { createPace, type Place, type Rates } from './pace.ts'

const clock = () => new Date()
const paces = (rates: Partial<Rates>, processes = 1) => {
  const buckets = createMemoryGuarded<Bucket>()
  return Array.from({ length: processes }, () =>
    createPace({ buckets, rates: { ...UNLIMITED, ...rates }, clock }),
  )
}
const conversation = (channel: string): Place => ({ of: 'slack_channel', token: 'xoxb', channel })

describe('a rate', () => {
  it('is kept by several processes together', async () => {
    const processes = paces({ email: { perSecond: 20, burst: 2 } }, 3)
    const sent: number[] = []
    const began = Date.now()
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        for (;;) {
          try {
            await processes[n % 3]!.turn([{ of: 'email' }])
            sent.push(Date.now() - began)
            return
          } catch (error) {
            const { retryAfterMs = 0, waited } = error as { retryAfterMs?: number; waited?: string }
            expect(waited).toBe('turn')
            await new Promise((resolve) => setTimeout(resolve, retryAfterMs))
          }
        }
      }),
    )
    sent.sort((a, b) => a - b)
    expect(sent).toHaveLength(40)
    // Two at once, then one every 50 ms; timers may be a little early.
    for (const [index, at] of sent.entries()) expect(at).toBeGreaterThanOrEqual((index - 1) * 50 - 30)
    expect(sent.at(-1)).toBeLessThan(10_000)
  })

  it('of one conversation holds up no other', async () => {
    const [pace] = paces({ slack_channel: { perSecond: 0.01, burst: 1 } })
    await pace!.turn([conversation('ann')])
    await expect(pace!.turn([conversation('ann')])).rejects.toMatchObject({
      message: 'waits: its turn with this Slack conversation',
      waited: 'turn',
    })
    await pace!.turn([conversation('bob')])
  })

  it('of a workspace counts for all its conversations', async () => {
    const [pace] = paces({ slack_workspace: { perSecond: 0.01, burst: 2 } })
    const workspace: Place = { of: 'slack_workspace', token: 'xoxb' }
    await pace!.turn([conversation('ann'), workspace])
    await pace!.turn([conversation('bob'), workspace])
    await expect(pace!.turn([conversation('cyd'), workspace])).rejects.toMatchObject({ waited: 'turn' })
    await pace!.turn([conversation('cyd'), { of: 'slack_workspace', token: 'another' }])
  })

  it('that is high costs the store little', async () => {
    const buckets = createMemoryGuarded<Bucket>()
    let writes = 0
    const counted = {
      ...buckets,
      write(...all: Parameters<typeof buckets.write>) {
        writes++
        return buckets.write(...all)
      },
    }
    const pace = createPace({ buckets: counted, rates: UNLIMITED, clock })
    for (let n = 0; n < 500; n++) await pace.turn([{ of: 'fcm', project: 'acme' }])
    expect(writes).toBeLessThan(5)
  })
})
