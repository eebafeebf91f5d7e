import { signedOut } from './client.ts'
import { backOff, EventParser, type ServerEvent } from './events.ts'

export type LiveState = 'connecting' | 'live' | 'lost'

/** The server is heard at least this often; a longer silence is a lost connection. */
const SILENCE_MS = 40_000

interface Told {
  state?: LiveState
  event?: ServerEvent
  /** A tab that has just been opened wants to know how things are. */
  ask?: true
}

/**
 * The account's events for this browser. One tab holds the connection and tells the others, since a browser
 * opens only six to one address; when that tab is closed another takes over.
 */
export class LiveConnection {
  readonly #onEvent: (event: ServerEvent) => void
  readonly #onState: (state: LiveState) => void
  readonly #channel = new BroadcastChannel('onus-live')
  readonly #stop = new AbortController()
  #lastId: string | null = null
  #wake: (() => void) | undefined
  #broken: AbortController | undefined
  #leading = false
  #state: LiveState = 'connecting'
  #attempt = 0

  constructor(onEvent: (event: ServerEvent) => void, onState: (state: LiveState) => void) {
    this.#onEvent = onEvent
    this.#onState = onState
  }

  start(): void {
    this.#channel.onmessage = ({ data }: MessageEvent<Told>) => this.#hear(data)
    window.addEventListener('online', this.#retryNow)
    window.addEventListener('offline', this.#breakOff)
    this.#channel.postMessage({ ask: true } satisfies Told)
    const lead = async (): Promise<void> => {
      this.#leading = true
      while (!this.#stop.signal.aborted) await this.#connectOnce()
    }
    if (!navigator.locks) return void lead()
    navigator.locks.request('onus-live', { signal: this.#stop.signal }, lead).catch(() => {})
  }

  stop(): void {
    this.#stop.abort()
    this.#channel.close()
    window.removeEventListener('online', this.#retryNow)
    window.removeEventListener('offline', this.#breakOff)
  }

  async #connectOnce(): Promise<void> {
    // A stream that ends without an error was ended by the server, which restarts: it is tried again as well.
    await this.#read().catch(() => {})
    if (this.#stop.signal.aborted) return
    this.#tell({ state: 'lost' })
    await this.#pause(backOff(this.#attempt++))
  }

  async #read(): Promise<void> {
    const broken = new AbortController()
    this.#broken = broken
    const signal = AbortSignal.any([broken.signal, this.#stop.signal])
    let silence = setTimeout(() => broken.abort(), SILENCE_MS)
    const headers: Record<string, string> = { accept: 'text/event-stream' }
    if (this.#lastId) headers['last-event-id'] = this.#lastId
    try {
      const response = await fetch('/api/v1/me/events', { headers, signal, cache: 'no-store' })
      if (response.status === 401) signedOut()
      if (!response.ok || !response.body) throw new Error(`HTTP ${response.status}`)
      const parser = new EventParser()
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      for (;;) {
        const { value, done } = await reader.read()
        if (done) return
        clearTimeout(silence)
        silence = setTimeout(() => broken.abort(), SILENCE_MS)
        for (const event of parser.push(value)) {
          this.#attempt = 0
          this.#lastId = event.id || this.#lastId
          this.#tell({ state: 'live', event })
        }
      }
    } finally {
      clearTimeout(silence)
    }
  }

  #tell(told: Told): void {
    this.#channel.postMessage(told)
    this.#hear(told)
  }

  #hear({ state, event, ask }: Told): void {
    if (ask && this.#leading) this.#channel.postMessage({ state: this.#state } satisfies Told)
    if (event) {
      this.#lastId = event.id || this.#lastId
      this.#onEvent(event)
    }
    if (state) {
      this.#state = state
      this.#onState(state)
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
      this.#stop.signal.addEventListener('abort', this.#wake, { once: true })
    })
  }

  /** The browser knows that there is no network before the silence would tell. */
  readonly #breakOff = (): void => this.#broken?.abort()

  readonly #retryNow = (): void => {
    this.#attempt = 0
    this.#wake?.()
  }
}
