import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { IntakeWorld, PATHS } from './testing/paths.ts'

let world: IntakeWorld
beforeAll(async () => {
  world = await IntakeWorld.start()
}, 60_000)
afterAll(() => world?.stop())

describe('the intake of a mail', () => {
  it.each(Object.entries(PATHS))('ends with what became of it: %s', async (_name, tries) => {
    const handle = await world.begin(tries)
    expect(await handle.result()).toEqual(tries.at(-1))
  })

  it('outlasts an outage of hours, trying at least every 30 seconds', async () => {
    const tries = 4 * 120 + 7
    const handle = await world.begin([...Array(tries).fill('outage'), { outcome: 'created', ticketId: 't1' }])
    const began = await world.env.currentTimeMs()
    expect(await handle.result()).toEqual({ outcome: 'created', ticketId: 't1' })
    const hours = ((await world.env.currentTimeMs()) - began) / 3_600_000
    expect(hours).toBeGreaterThan(3.9)
    expect(hours).toBeLessThan(4.1)
  }, 120_000)

  it('shows no address in the Temporal UI', async () => {
    const handle = await world.begin([{ outcome: 'added', ticketId: 't1' }])
    await handle.result()
    const { events } = await handle.fetchHistory()
    const shown = (events ?? []).map((event) => JSON.stringify(event.userMetadata ?? {}))
    for (const one of shown) expect(Buffer.from(one, 'base64').toString() + one).not.toContain('@')
    const { searchAttributes } = await handle.describe()
    expect(searchAttributes).toMatchObject({ OnusAccount: ['acme'], OnusDepartment: ['support'] })
  })
})
