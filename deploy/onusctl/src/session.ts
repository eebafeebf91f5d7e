import { type Api, createApi } from './api.ts'
import { EXIT, type ExitCode, Failure } from './exit.ts'
import type { Paint } from './output/paint.ts'
import type { Settings } from './settings.ts'
import type { Temporal } from './temporal/connection.ts'

/** What a command works with. */
export interface Session {
  settings: Settings
  paint: Paint
  json: boolean
  timeoutMs: number
  /** The API as an account's caller. @throws Failure when no key is configured */
  account(): Api
  /** The API as the operator. @throws Failure when no operator key is configured */
  operator(): Api
  /** Both where there are both; what is not configured is undefined. */
  maybe: { account?: Api; operator?: Api }
  /** @throws Failure when Temporal is not configured or does not answer */
  temporal(): Promise<Temporal>
  hasTemporal: boolean
  /** The connection, if a command has asked for one. */
  temporalIfConnected(): Promise<Temporal | undefined>
  /** Prints lines for people; nothing with `--json`. */
  say(...lines: string[]): void
  /** Notes on the way, for people, beside the result. */
  note(text: string): void
  /** The result: with `--json` one document with its name and version, else what `text` makes of it. */
  answer(schema: string, result: object, text: () => string, exit?: ExitCode): ExitCode
  /** Asks somebody; undefined where nobody can be asked. */
  ask?: (question: string) => Promise<string>
  sleep(ms: number): Promise<void>
  /** Aborted by Ctrl-C. */
  interrupted: AbortSignal
}

export interface SessionOptions {
  settings: Settings
  paint: Paint
  json: boolean
  timeoutMs: number
  out(text: string): void
  err(text: string): void
  ask?: (question: string) => Promise<string>
  fetch?: typeof fetch
  interrupted: AbortSignal
}

export function createSession(options: SessionOptions): Session {
  const { settings, json, timeoutMs, out, err, paint } = options
  const { url } = settings
  const caller = (key: string | undefined) =>
    url && key ? createApi({ url, key, timeoutMs, fetch: options.fetch }) : undefined
  const maybe = { account: caller(settings.key), operator: caller(settings.operatorKey) }
  const need = (api: Api | undefined, what: string, remedy: string): Api => {
    if (!url)
      throw new Failure(
        EXIT.usage,
        'It is not known where the API is.',
        'Set ONUS_URL, name a context (--context), or use --local beside an embedded stack.',
      )
    if (!api) throw new Failure(EXIT.usage, `This needs ${what}.`, remedy)
    return api
  }
  let temporal: Promise<Temporal> | undefined
  return {
    ...{ settings, paint, json, timeoutMs, maybe },
    ask: options.ask,
    interrupted: options.interrupted,
    account: () =>
      need(
        maybe.account,
        'an API key of an owner or admin',
        'Set ONUS_KEY, or `key` in the context, or --key-file.',
      ),
    operator: () =>
      need(
        maybe.operator,
        'the operator key',
        'Set ONUS_OPERATOR_KEY, or `operatorKey` in the context, or --operator-key-file.',
      ),
    hasTemporal: settings.temporal !== undefined,
    temporal() {
      // Loaded when it is needed: most commands only talk to the API, and are quick.
      temporal ??= import('./temporal/connection.ts').then(({ connect }) =>
        connect(settings.temporal, timeoutMs),
      )
      return temporal
    },
    temporalIfConnected: async () => await temporal,
    say(...lines) {
      if (!json) out(`${lines.join('\n')}\n`)
    },
    note: (text) => err(`${text}\n`),
    answer(schema, result, text, exit = EXIT.ok) {
      out(
        json ? `${JSON.stringify({ schema: `onusctl/${schema}/v1`, ...result }, null, 2)}\n` : `${text()}\n`,
      )
      return exit
    },
    sleep: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(done, ms)
        options.interrupted.addEventListener('abort', done, { once: true })
        function done() {
          clearTimeout(timer)
          options.interrupted.removeEventListener('abort', done)
          resolve()
        }
      }),
  }
}
