import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Progress } from '../install/once.ts'
import type { Registry } from './registry.ts'

export interface ProcessSpec {
  name: string
  command: string
  args: string[]
  env?: NodeJS.ProcessEnv
  cwd?: string
  logFile: string
  /** Resolves when the process is able to work, rejects while it is not; asked again and again. */
  probe(): Promise<void>
  /** Asked every second while the process works: a sentence when only a new start helps, else null. */
  stuck?(): string | null
  /** How long the process may take to become able to work. Default 60 s. */
  readyWithinMs?: number
  /** How long it may take to stop before it is killed. Default 25 s. */
  stopWithinMs?: number
}

export interface SupervisionOptions {
  registry: Registry
  progress: Progress
  /** Called whenever the pid changes; null while there is no process. */
  onPid?: (pid: number | null) => void
}

const FIRST_PAUSE_MS = 200
const LONGEST_PAUSE_MS = 5000
/** A process that ran this long did not fail at its start: the pauses begin anew. */
const STEADY_MS = 20_000
const LOOK_MS = 1000
const LOG_ROTATES_AT = 20 * 1024 * 1024

/** A child process that is started again when it dies, until it is stopped. */
export class Supervised {
  readonly spec: ProcessSpec
  readonly #options: SupervisionOptions
  #child: ChildProcess | null = null
  #stopping = false
  #ready = false
  #startedAt = 0
  #pauseMs = FIRST_PAUSE_MS
  #restart: Promise<void> | null = null

  constructor(spec: ProcessSpec, options: SupervisionOptions) {
    this.spec = spec
    this.#options = options
  }

  get pid(): number | null {
    return this.#child?.pid ?? null
  }

  /** Starts the process and waits until it is able to work. */
  async start(): Promise<void> {
    this.#spawn()
    try {
      await this.#waitUntilReady()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Asks the process to stop, kills it when it does not, and does not start it again. */
  async stop(): Promise<void> {
    this.#stopping = true
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGTERM')
    const timer = setTimeout(() => {
      this.#options.progress(`${this.spec.name} did not stop in time and is killed`)
      child.kill('SIGKILL')
    }, this.spec.stopWithinMs ?? 25_000)
    await gone
    clearTimeout(timer)
  }

  #spawn(): void {
    const { name, command, args, env, cwd, logFile } = this.spec
    const log = openLog(logFile)
    this.#startedAt = Date.now()
    // In a process group of its own: Ctrl-C in the terminal reaches the supervisor only, which stops in order.
    const child = spawn(command, args, { env, cwd, detached: true, stdio: ['ignore', log, log] })
    closeSync(log)
    this.#child = child
    if (child.pid !== undefined) {
      this.#options.registry.add(name, child.pid)
      this.#options.onPid?.(child.pid)
    }
    // What the one before it has written is not its own.
    this.spec.stuck?.()
    const watch = setInterval(() => {
      const why = this.#ready ? this.spec.stuck?.() : null
      if (why) this.#options.progress(`${name} is stuck and is ended: ${why}`)
      if (why) child.kill('SIGKILL')
    }, LOOK_MS).unref()
    child.once('exit', () => clearInterval(watch))
    child.once('error', (error) => this.#gone(child, error.message))
    child.once('exit', (code, signal) => this.#gone(child, signal ?? `exit code ${code}`))
  }

  #gone(child: ChildProcess, why: string): void {
    if (this.#child !== child) return
    this.#child = null
    this.#options.registry.remove(this.spec.name)
    this.#options.onPid?.(null)
    if (this.#stopping || !this.#ready) return
    if (Date.now() - this.#startedAt > STEADY_MS) this.#pauseMs = FIRST_PAUSE_MS
    this.#options.progress(`${this.spec.name} ended (${why}); starting it again in ${this.#pauseMs} ms`)
    this.#restart ??= this.#startAgain().finally(() => {
      this.#restart = null
    })
  }

  async #startAgain(): Promise<void> {
    while (!this.#stopping) {
      await sleep(this.#pauseMs)
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
      if (this.#stopping) return
      this.#ready = false
      this.#spawn()
      try {
        await this.#waitUntilReady()
        this.#options.progress(`${this.spec.name} is back after ${Date.now() - this.#startedAt} ms`)
        return
      } catch (error) {
        if (this.#stopping) return
        const [what] = (error as Error).message.split('\n')
        this.#options.progress(`${what}; trying again in ${this.#pauseMs} ms`)
        this.#child?.kill('SIGKILL')
      }
    }
  }

  async #waitUntilReady(): Promise<void> {
    const { name, probe, logFile, readyWithinMs = 60_000 } = this.spec
    const deadline = Date.now() + readyWithinMs
    let last = 'no answer'
    while (Date.now() < deadline) {
      if (this.#stopping) throw new Error(`${name} was stopped before it was ready`)
      if (!this.#child) throw new Error(`${name} ended while starting; see ${logFile}\n${lastLines(logFile)}`)
      try {
        await probe()
        this.#ready = true
        return
      } catch (error) {
        last = (error as Error).message
      }
      await sleep(100)
    }
    throw new Error(
      `${name} was not ready within ${readyWithinMs / 1000} s (${last}); see ${logFile}\n${lastLines(logFile)}`,
    )
  }
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true })
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size > LOG_ROTATES_AT) renameSync(file, `${file}.1`)
  return openSync(file, 'a', 0o600)
}

function lastLines(file: string): string {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-12)
  return lines.map((line) => `  ${line.slice(0, 400)}`).join('\n')
}
