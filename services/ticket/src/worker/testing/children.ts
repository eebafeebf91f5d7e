import { condition, defineUpdate, setHandler } from '@temporalio/workflow'

/** Stand-ins for the workflows that a ticket starts: what they do is tested where they live. */
export async function notice(): Promise<void> {}
export async function reply(): Promise<void> {}

/** A workflow whose update does nothing: what every command is measured against. */
export async function idle(): Promise<void> {
  setHandler(defineUpdate('nothing'), async () => {})
  await condition(() => false)
}
