import { ChannelCredentials, experimental, ServerCredentials } from '@grpc/grpc-js'
import { ConfigError, type GrpcTlsConfig, isLoopback } from '../config.ts'

/** How often certificate files are read again: cert-manager renews them while we run. */
export const REFRESH_MS = 30_000

/** What the TLS helpers need of a configuration. */
export type TlsConfig = Partial<GrpcTlsConfig>

/** Mutual TLS when configured; plain text only on loopback or when it was asked for. */
export function serverCredentials(
  config: TlsConfig,
  host: string,
  refreshMs = REFRESH_MS,
): ServerCredentials {
  const provider = certificates(config, refreshMs)
  if (provider) return experimental.createCertificateProviderServerCredentials(provider, provider, true)
  refusePlain(config, host)
  return ServerCredentials.createInsecure()
}

export function channelCredentials(
  config: TlsConfig,
  address: string,
  refreshMs = REFRESH_MS,
): ChannelCredentials {
  const provider = certificates(config, refreshMs)
  if (provider) return experimental.createCertificateProviderChannelCredentials(provider, provider)
  refusePlain(config, address.replace(/:\d+$/, ''))
  return ChannelCredentials.createInsecure()
}

function certificates(
  config: TlsConfig,
  refreshIntervalMs: number,
): experimental.FileWatcherCertificateProvider | undefined {
  const { GRPC_TLS_CA: ca, GRPC_TLS_CERT: certificate, GRPC_TLS_KEY: key } = config
  if (!ca && !certificate && !key) return undefined
  if (!ca || !certificate || !key) {
    throw new ConfigError(['GRPC_TLS_CA, GRPC_TLS_CERT, GRPC_TLS_KEY: set all three or none'])
  }
  return new experimental.FileWatcherCertificateProvider({
    caCertificateFile: ca,
    certificateFile: certificate,
    privateKeyFile: key,
    refreshIntervalMs,
  })
}

function refusePlain(config: TlsConfig, host: string): void {
  if (config.GRPC_INSECURE || isLoopback(host)) return
  throw new ConfigError([
    `GRPC_TLS_CA, GRPC_TLS_CERT, GRPC_TLS_KEY: missing, and "${host}" is not loopback (GRPC_INSECURE=true allows plain text)`,
  ])
}
