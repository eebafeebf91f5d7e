import type { ConnectionOptions } from '@temporalio/client'
import { ConfigError, type TemporalConfig } from '../config.ts'
import { readTlsFiles } from '../tls.ts'

/** What a connection needs to know. */
export type TemporalSettings = Pick<TemporalConfig, 'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE'> &
  Partial<TemporalConfig>

/**
 * Address, TLS and API key as configured, for `Connection.connect` of a client and `NativeConnection.connect`
 * of a worker alike.
 * @throws ConfigError when one half of a pair is missing, a file cannot be read, or a key would go in the clear
 */
export function temporalConnectionOptions(
  config: TemporalSettings,
): Pick<ConnectionOptions, 'address' | 'tls'> & { apiKey?: string } {
  const files = readTlsFiles(config, {
    ca: 'TEMPORAL_TLS_CA',
    cert: 'TEMPORAL_TLS_CERT',
    key: 'TEMPORAL_TLS_KEY',
  })
  const { ca, cert, key } = files
  const serverName = config.TEMPORAL_TLS_SERVER_NAME
  const apiKey = config.TEMPORAL_API_KEY?.reveal()
  if (config.TEMPORAL_TLS === false && apiKey !== undefined)
    throw new ConfigError(['TEMPORAL_TLS: an API key is only sent over TLS; leave it out or set it to true'])
  const tls = config.TEMPORAL_TLS ?? [ca, cert, serverName, apiKey].some((value) => value !== undefined)
  return {
    address: config.TEMPORAL_ADDRESS,
    ...(tls && {
      tls: {
        ...(ca && { serverRootCACertificate: ca }),
        ...(cert && key && { clientCertPair: { crt: cert, key } }),
        ...(serverName && { serverNameOverride: serverName }),
      },
    }),
    ...(apiKey !== undefined && { apiKey }),
  }
}
