import type { TemporalConfig } from '@onus/kit/config'
import { connectTemporal, type Temporal } from '@onus/kit/temporal'
import type { Client } from '@temporalio/client'

/** A connection that is made when it is first needed, and again after one that failed to come about. */
export function temporalWhenNeeded(config: TemporalConfig): {
  client: () => Promise<Client>
  close: () => Promise<void>
} {
  let connecting: Promise<Temporal> | undefined
  return {
    async client() {
      connecting ??= connectTemporal(config)
      try {
        return (await connecting).client
      } catch (error) {
        connecting = undefined
        throw error
      }
    },
    async close() {
      const connected = await connecting?.catch(() => undefined)
      await connected?.close()
    },
  }
}
