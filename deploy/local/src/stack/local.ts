import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Everything that has a pid of its own in a running stack. */
export const PROCESS_NAMES = [
  'gateway',
  'ticket',
  'ticketWorker',
  'directory',
  'rules',
  'notification',
  'codec',
  'temporal',
  'kafka',
  'mongodb',
] as const
export type ProcessName = (typeof PROCESS_NAMES)[number]

export interface DemoAgent {
  id: string
  name: string
  email: string
  role: string
  apiKey: string
}

export interface DemoAccount {
  accountId: string
  departments: { id: string; name: string }[]
  agents: DemoAgent[]
}

/** What `local.json` says while a stack is ready: every address that a script, test or tool needs. */
export interface Local {
  baseUrl: string
  consoleUrl: string
  temporalAddress: string
  temporalNamespace: string
  temporalUiUrl: string | null
  /** Comma-separated `host:port`. */
  kafkaBrokers: string
  mongodbUri: string
  /** `host:port` that takes mail from the outside. */
  inboundSmtp: string
  mailSinkUrl: string
  slackSinkUrl: string
  pushSinkUrl: string
  grpc: Record<'ticket' | 'directory' | 'rules' | 'notification', string>
  operatorKey: string
  demo: DemoAccount
  /** Pids of what runs here now; who was killed is missing until it is started again. */
  pids: Partial<Record<ProcessName, number>>
  /** The local OpenID Connect issuer. */
  oidcIssuer: string
  /** Decodes payloads for the Temporal UI; null unless they are encrypted. */
  codecServerUrl: string | null
  /** Where each of our processes answers a scrape. */
  metricsUrls: Record<string, string>
}

export const localFile = (dir: string): string => join(dir, 'local.json')

/** Writes the file so that a reader sees the old one or the new one, never a half. */
export function writeLocal(dir: string, local: Local): void {
  const temporary = `${localFile(dir)}.${process.pid}`
  writeFileSync(temporary, `${JSON.stringify(local, null, 2)}\n`, { mode: 0o600 })
  renameSync(temporary, localFile(dir))
}

export function removeLocal(dir: string): void {
  rmSync(localFile(dir), { force: true })
}
