import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { EXIT, Failure } from './exit.ts'

/**
 * Where the installation is and who asks. Flags come first, then `--local`, then the environment, then the
 * context of the configuration file. Keys come from the environment or from files, never from a command line,
 * which ends up in a shell's history and in the list of processes.
 */

const keySource = z.union([
  z.strictObject({ env: z.string().min(1) }),
  z.strictObject({ file: z.string().min(1) }),
])

const context = z.strictObject({
  url: z.url().optional(),
  key: keySource.optional(),
  operatorKey: keySource.optional(),
  temporal: z
    .strictObject({
      address: z.string().min(1),
      namespace: z.string().min(1).optional(),
      /** Files and switches, as the services take them: TEMPORAL_TLS_CA and so on. */
      env: z.record(z.string().regex(/^TEMPORAL_/), z.string()).optional(),
    })
    .optional(),
  kafkaBrokers: z.string().optional(),
})
export type Context = z.infer<typeof context>

const configFile = z.strictObject({
  current: z.string().optional(),
  contexts: z.record(z.string(), context),
})
export type ConfigFile = z.infer<typeof configFile>

export interface GlobalFlags {
  context?: string
  config?: string
  url?: string
  keyFile?: string
  operatorKeyFile?: string
  local?: boolean
  json?: boolean
  color?: boolean
  timeout?: string
}

export interface Settings {
  url?: string
  key?: string
  operatorKey?: string
  /** Variables of the services' own configuration of Temporal; absent: not configured. */
  temporal?: Record<string, string>
  kafkaBrokers?: string
  /** Where this came from, for people. */
  from: string
  warnings: string[]
}

type Env = Record<string, string | undefined>

export const configPath = (flags: GlobalFlags, env: Env): string =>
  flags.config ??
  env.ONUSCTL_CONFIG ??
  join(env.XDG_CONFIG_HOME ?? join(homedir(), '.config'), 'onus', 'config.json')

/** The configuration file; null when there is none. */
export function readConfigFile(path: string): ConfigFile | null {
  if (!existsSync(path)) return null
  let parsed: unknown
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new Failure(EXIT.usage, `${path} is not JSON: ${(error as Error).message}`)
  }
  const checked = configFile.safeParse(parsed)
  if (checked.success) return checked.data
  const lines = checked.error.issues.map(
    ({ path: at, message }) => `${at.join('.') || 'the file'}: ${message}`,
  )
  throw new Failure(EXIT.usage, `${path}: ${lines.join('; ')}`, 'See the README of onusctl for its form.')
}

export function readSettings(flags: GlobalFlags, env: Env): Settings {
  const warnings: string[] = []
  const path = configPath(flags, env)
  const file = readConfigFile(path)
  if (file) warnings.push(...exposed(path))
  const name = flags.context ?? env.ONUSCTL_CONTEXT ?? file?.current
  const found = name === undefined ? undefined : file?.contexts[name]
  if (name !== undefined && !found) {
    const known = Object.keys(file?.contexts ?? {})
    throw new Failure(
      EXIT.usage,
      `There is no context "${name}" in ${path}.`,
      known.length ? `Use one of ${known.join(', ')}.` : 'Create the file; the README of onusctl shows one.',
    )
  }
  const local = flags.local ? readLocal(env) : undefined
  const secret = (source: z.infer<typeof keySource> | undefined) => readKey(source, env, warnings)
  const base = local ?? fromEnvironment(env)
  const settings: Settings = {
    url: flags.url ?? base.url ?? found?.url,
    key: (flags.keyFile && secret({ file: flags.keyFile })) || base.key || secret(found?.key),
    operatorKey:
      (flags.operatorKeyFile && secret({ file: flags.operatorKeyFile })) ||
      base.operatorKey ||
      secret(found?.operatorKey),
    temporal: base.temporal ?? temporalOf(found, env),
    kafkaBrokers: base.kafkaBrokers ?? found?.kafkaBrokers,
    from: local ? 'the local stack' : found ? `context ${name}` : 'the environment',
    warnings,
  }
  return { ...settings, url: settings.url?.replace(/\/+$/, '').replace(/\/api\/v1$/, '') }
}

function fromEnvironment(env: Env): Partial<Settings> {
  // In the gateway's own container the gateway is next door.
  const nextDoor = env.HTTP_PORT && env.ONUS_OPERATOR_KEY ? `http://127.0.0.1:${env.HTTP_PORT}` : undefined
  return {
    url: env.ONUS_URL ?? nextDoor,
    key: env.ONUS_KEY,
    operatorKey: env.ONUS_OPERATOR_KEY,
    ...(env.TEMPORAL_ADDRESS && { temporal: temporalEnv(env) }),
    kafkaBrokers: env.KAFKA_BROKERS,
  }
}

const temporalEnv = (env: Env): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] =>
      Boolean(entry[0].startsWith('TEMPORAL_') && entry[1]),
    ),
  )

function temporalOf(found: Context | undefined, env: Env): Record<string, string> | undefined {
  if (!found?.temporal) return undefined
  const { address, namespace, env: more } = found.temporal
  return {
    ...temporalEnv(env),
    ...more,
    TEMPORAL_ADDRESS: address,
    ...(namespace && { TEMPORAL_NAMESPACE: namespace }),
  }
}

interface LocalFile {
  baseUrl: string
  operatorKey: string
  temporalAddress: string
  temporalNamespace: string
  kafkaBrokers: string
  demo?: { agents?: { role: string; apiKey: string }[] }
}

/** The embedded stack: its owner's key, and the operator's. */
function readLocal(env: Env): Partial<Settings> {
  const path = join(resolve(env.ONUS_DIR ?? '.onus'), 'local.json')
  if (!existsSync(path))
    throw new Failure(
      EXIT.unreachable,
      `No embedded stack runs here: there is no ${path}.`,
      'Start it: npm start',
    )
  const local = JSON.parse(readFileSync(path, 'utf8')) as LocalFile
  return {
    url: local.baseUrl,
    key: env.ONUS_KEY ?? local.demo?.agents?.find(({ role }) => role === 'owner')?.apiKey,
    operatorKey: local.operatorKey,
    temporal: { TEMPORAL_ADDRESS: local.temporalAddress, TEMPORAL_NAMESPACE: local.temporalNamespace },
    kafkaBrokers: local.kafkaBrokers,
  }
}

function readKey(
  source: z.infer<typeof keySource> | undefined,
  env: Env,
  warnings: string[],
): string | undefined {
  if (!source) return undefined
  if ('env' in source) return env[source.env]
  const path = source.file.replace(/^~(?=\/)/, homedir())
  if (!existsSync(path)) throw new Failure(EXIT.usage, `There is no key in ${path}: no such file.`)
  warnings.push(...exposed(path))
  return readFileSync(path, 'utf8').trim()
}

/** A warning when others on this machine may read a file. */
function exposed(path: string): string[] {
  const mode = statSync(path).mode & 0o777
  return process.platform !== 'win32' && (mode & 0o077) !== 0
    ? [`${path} can be read by others (mode ${mode.toString(8)}). Protect it: chmod 600 ${path}`]
    : []
}
