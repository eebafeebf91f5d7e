import type { Server, Socket } from 'node:net'
import type { Mode } from './behaviour.ts'

/** A listening port that can be closed and opened again, and whose connections can be dropped. */
export class SwitchedPort {
  readonly #server: Server
  readonly #port: number
  readonly #host: string
  readonly #sockets = new Set<Socket>()

  constructor(server: Server, port: number, host = '127.0.0.1') {
    this.#server = server
    this.#port = port
    this.#host = host
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      socket.on('error', () => socket.destroy())
    })
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, this.#host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
  }

  /** Stops listening and drops every connection. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#drop()
    await closed
  }

  /** Does what a change of mode means for the port: `down` closes it; who hung is dropped when that ends. */
  async follow(was: Mode, now: Mode): Promise<void> {
    if (now === 'down') return this.close()
    if (was === 'hang' && now !== 'hang') this.#drop()
    if (!this.#server.listening) await this.open()
  }

  #drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}
