import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between a client and a server, and misbehaves on demand. */
export interface TcpProxy {
  port: number
  /** `ok` passes on, `down` closes everything and takes nothing, `hang` swallows what comes. */
  become(mode: 'ok' | 'down' | 'hang'): void
  close(): Promise<void>
}

export async function createTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  let mode: 'ok' | 'down' | 'hang' = 'ok'
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  }
  const server = createServer((near) => {
    keep(near)
    if (mode === 'down') {
      near.destroy()
      return
    }
    const far = connect(target)
    keep(far)
    const pass = (from: Socket, to: Socket) => {
      from.on('data', (bytes) => {
        if (mode === 'ok') to.write(bytes)
      })
      from.on('close', () => to.destroy())
    }
    pass(near, far)
    pass(far, near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    become(next) {
      // A connection that missed bytes is of no use any more.
      if (next === 'down' || mode === 'hang') cut()
      mode = next
    },
    async close() {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
