/**
 * What leaves the process, told by OpenTelemetry's standard variables. No OpenTelemetry package is loaded to
 * find out.
 */

export const SIGNALS = ['traces', 'metrics', 'logs'] as const
export type Signal = (typeof SIGNALS)[number]

type Env = Record<string, string | undefined>

/** Whether a signal is sent by OTLP: it has an endpoint, and nobody turned it off. */
export function isWanted(signal: Signal, env: Env = process.env): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return false
  const name = signal.toUpperCase()
  const exporters = (env[`OTEL_${name}_EXPORTER`] || 'otlp').split(',').map((part) => part.trim())
  if (!exporters.includes('otlp')) return false
  return Boolean(env[`OTEL_EXPORTER_OTLP_${name}_ENDPOINT`] || env.OTEL_EXPORTER_OTLP_ENDPOINT)
}

/** A protocol that was asked for and is not spoken; OTLP leaves here as protobuf over HTTP only. */
export function otherProtocol(env: Env = process.env): string | undefined {
  for (const name of ['', 'TRACES_', 'METRICS_', 'LOGS_']) {
    const protocol = env[`OTEL_EXPORTER_OTLP_${name}PROTOCOL`]
    if (protocol && protocol !== 'http/protobuf') return protocol
  }
  return undefined
}

/** A whole number above 0 from the environment. */
export function positive(name: string, otherwise: number, env: Env = process.env): number {
  const value = Number(env[name])
  return Number.isFinite(value) && value > 0 ? value : otherwise
}
