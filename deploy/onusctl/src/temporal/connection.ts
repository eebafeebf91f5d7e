import { parseConfig, temporalConfig } from '@onus/kit/config'
import { connectTemporal } from '@onus/kit/temporal'
import type { Client, Connection } from '@temporalio/client'
import { EXIT, Failure } from '../exit.ts'

export interface Temporal {
  client: Client
  connection: Connection
  namespace: string
  /** Before the names of task queues. */
  prefix: string
  close(): Promise<void>
}

/** Connects as the services do, with the same variables: TLS, API key, the keys of what is encrypted. */
export async function connect(env: Record<string, string> | undefined, timeoutMs: number): Promise<Temporal> {
  if (!env)
    throw new Failure(
      EXIT.usage,
      'It is not known where Temporal is.',
      'Set TEMPORAL_ADDRESS, or `temporal.address` in the context, or use --local.',
    )
  const config = parseConfig(temporalConfig, env)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs / 1000} s`)), timeoutMs)
  })
  try {
    const { client, connection, close } = await Promise.race([
      connectTemporal(config).then(async (connected) => {
        await connected.ping()
        return connected
      }),
      late,
    ])
    const { TEMPORAL_NAMESPACE: namespace, TEMPORAL_TASK_QUEUE_PREFIX: prefix } = config
    return { client, connection, namespace, prefix, close }
  } catch (error) {
    throw new Failure(
      EXIT.unreachable,
      `Temporal at ${config.TEMPORAL_ADDRESS} cannot be reached: ${(error as Error).message.split('\n')[0]}`,
      'Look at its frontend, or at TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.',
    )
  } finally {
    clearTimeout(timer)
  }
}
