import { isIP } from 'node:net'
import { z } from 'zod'

/** Configuration comes from the environment, once, and everything that is wrong with it is said at once. */

/** A value that is printed nowhere by accident. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value itself, for the one place that needs it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]'
  }
}

/** Everything that is wrong with the environment, one line for each variable. */
export class ConfigError extends Error {
  readonly problems: string[]

  constructor(problems: string[]) {
    super(`Wrong configuration:\n${problems.map((line) => `  ${line}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Reads the environment. An empty variable counts as absent, so that a template can leave it empty.
 * @throws ConfigError that lists every error
 */
export function parseConfig<S extends z.ZodRawShape>(
  shape: S,
  env: Record<string, string | undefined> = process.env,
): z.infer<z.ZodObject<S>> {
  const values: Record<string, string> = {}
  for (const key of Object.keys(shape)) if (env[key]) values[key] = env[key]
  const parsed = z.object(shape).safeParse(values)
  if (parsed.success) return parsed.data
  throw new ConfigError(
    parsed.error.issues.map((issue) => {
      const key = issue.path.map(String).join('.')
      return `${key}: ${key in values ? issue.message : `missing (${issue.message})`}`
    }),
  )
}

/** A value to keep out of logs. `min` is its least length. */
export const secret = (min = 1) =>
  z
    .string()
    .min(min, `must have at least ${min} characters`)
    .transform((value) => new Secret(value))

/** A TCP port; 0 means any free one. */
export const port = () =>
  z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number')
    .transform(Number)
    .refine((value) => value <= 65535, 'must be at most 65535')

/** `host:port`. */
export const hostPort = () =>
  z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, 'must be host:port, for example "directory:50051"')

/** An absolute URL with one of these schemes, without its trailing slash. */
export const url = (...schemes: string[]) =>
  z
    .string()
    .refine(
      (value) =>
        URL.canParse(value) && (!schemes.length || schemes.includes(new URL(value).protocol.slice(0, -1))),
      `must be an absolute URL${schemes.length ? ` (${schemes.join(', ')})` : ''}`,
    )
    .transform((value) => value.replace(/\/+$/, ''))

/** Milliseconds; more than 0. */
export const durationMs = () => positiveInt()

/** A whole number above 0. */
export const positiveInt = () =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value > 0, 'must be more than 0')

/** `true` or `false`. */
export const bool = () =>
  z.enum(['true', 'false'], 'must be true or false').transform((value) => value === 'true')

/** A list with commas; empty parts are ignored, an empty list is an error. */
export const list = () =>
  z
    .string()
    .transform((value) =>
      value
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .refine((value) => value.length > 0, 'must name at least one')

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

/** What `runService` itself reads. */
export const processConfig = {
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  /** Port of /livez, /readyz and /metrics; 0 means any. */
  HEALTH_PORT: port().default(0),
  HEALTH_HOST: z.string().default('127.0.0.1'),
  /** Time for a graceful stop. */
  SHUTDOWN_TIMEOUT_MS: durationMs().default(20_000),
  /** Absent: no telemetry leaves the process, unless one signal has an endpoint of its own. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url('http', 'https').optional(),
}

/** For every process. */
export const baseConfig = {
  ...processConfig,
  /** Signs `onus-caller` between our services. */
  ONUS_INTERNAL_KEY: secret(32),
  /** Where people reach the console and the API; for links in mails. */
  PUBLIC_URL: url('http', 'https').default('http://localhost:8080'),
}

/** TLS files: all three make mutual TLS; none is plain text, which only loopback takes without being told. */
export const grpcTlsConfig = {
  GRPC_TLS_CA: z.string().optional(),
  GRPC_TLS_CERT: z.string().optional(),
  GRPC_TLS_KEY: z.string().optional(),
  GRPC_INSECURE: bool().default(false),
}
export type GrpcTlsConfig = z.infer<z.ZodObject<typeof grpcTlsConfig>>

/** For a process that serves gRPC. */
export const grpcServerConfig = {
  ...grpcTlsConfig,
  GRPC_HOST: z.string().default('127.0.0.1'),
  GRPC_PORT: port().default(0),
}

/** For a process that only calls others. */
export const grpcClientConfig = grpcTlsConfig

/** `MONGODB_DATABASE` defaults to `onus_<service>`. */
export const mongoConfig = (service: string) => ({
  MONGODB_URI: url('mongodb', 'mongodb+srv').transform((value) => new Secret(value)),
  MONGODB_DATABASE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,60}$/, 'must be letters, digits, _ and -')
    .default(`onus_${service}`),
})

/** How a client may sign in at the brokers. */
export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

export const kafkaConfig = {
  KAFKA_BROKERS: list(),
  /** Before every topic and group; for tests that share a broker. */
  KAFKA_TOPIC_PREFIX: z.string().default(''),
  /** TLS to the brokers; implied by any of the files. */
  KAFKA_TLS: bool().optional(),
  /** File with the authorities to trust; absent: those of the system. */
  KAFKA_TLS_CA: z.string().optional(),
  /** Files of a client certificate; both or none. */
  KAFKA_TLS_CERT: z.string().optional(),
  KAFKA_TLS_KEY: z.string().optional(),
  KAFKA_SASL_MECHANISM: z.enum(SASL_MECHANISMS, `must be one of ${SASL_MECHANISMS.join(', ')}`).optional(),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: secret().optional(),
}
export type KafkaConfig = z.infer<z.ZodObject<typeof kafkaConfig>>

export const temporalConfig = {
  TEMPORAL_ADDRESS: hostPort(),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  /** Before every task queue; for tests that share a server. */
  TEMPORAL_TASK_QUEUE_PREFIX: z.string().default(''),
  /** TLS to the server; implied by an API key and by any of the files. */
  TEMPORAL_TLS: bool().optional(),
  /** File with the authorities to trust; absent: those of the system. */
  TEMPORAL_TLS_CA: z.string().optional(),
  /** Files of a client certificate; both or none. */
  TEMPORAL_TLS_CERT: z.string().optional(),
  TEMPORAL_TLS_KEY: z.string().optional(),
  /** Name in the server's certificate, where it differs from the address. */
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
  TEMPORAL_API_KEY: secret().optional(),
  /**
   * Encrypts what Temporal keeps: `<id>:<base64 of 32 bytes>`, several with commas. The first one encrypts,
   * all of them decrypt, so that keys can change while histories live.
   */
  TEMPORAL_CODEC_KEYS: secret().optional(),
}
/** For a process that runs workers: which version of their code this is. Absent: versions are not used. */
export const workerVersionConfig = {
  /** What the versions of these workers have in common. */
  TEMPORAL_DEPLOYMENT_NAME: z.string().optional(),
  TEMPORAL_BUILD_ID: z.string().optional(),
  /** Pinned workflows end with the version that began them. */
  TEMPORAL_VERSIONING_BEHAVIOR: z.enum(['PINNED', 'AUTO_UPGRADE']).default('PINNED'),
}
export type TemporalConfig = z.infer<z.ZodObject<typeof temporalConfig>>

/** Whether a host is this machine itself. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (bare === 'localhost' || bare === '::1') return true
  return isIP(bare) === 4 && bare.startsWith('127.')
}
