import type { Client } from '@temporalio/client'
import type { Temporal } from '../temporal.ts'

/** A client whose connection is made by the first who asks for it. */
export interface TemporalWhenNeeded {
  client(): Promise<Client>
  close(): Promise<void>
}

/** Connects when that is first needed, and again after a connection that failed to come about. */
export function whenNeeded(connect: () => Promise<Temporal>): TemporalWhenNeeded {
  let connecting: Promise<Temporal> | undefined
  return {
    async client() {
      connecting ??= connect()
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
