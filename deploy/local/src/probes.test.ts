import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { takePort } from './ports.ts'
import { probeKafka, probeTcp } from './probes.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const port = await takePort()
  const server = createServer(onConnection)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return port
}

/** A broker's answer to FindCoordinator: length, correlation id, error code. */
function coordinator(error: number): Buffer {
  const answer = Buffer.alloc(10)
  answer.writeInt32BE(6, 0)
  answer.writeInt32BE(1, 4)
  answer.writeInt16BE(error, 8)
  return answer
}

describe('probes', () => {
  it('say that nobody listens', async () => {
    await expect(probeTcp(await takePort())).rejects.toThrow('ECONNREFUSED')
  })

  it('wait for the coordinator of a broker that listens already', async () => {
    let error = 15
    const port = await serve((socket) => socket.once('data', () => socket.end(coordinator(error))))
    await expect(probeKafka(port)).rejects.toThrow('no group coordinator yet (error 15)')
    error = 0
    await probeKafka(port)
  })

  it('do not take a broken connection for an answer', async () => {
    const port = await serve((socket) => socket.destroy())
    await expect(probeKafka(port)).rejects.toThrow()
  })
})

describe('ports', () => {
  it('are the preferred one, else the next that is free, and never twice', async () => {
    const first = await takePort()
    await serve(() => {})
    const port = await takePort(first)
    expect(port).toBeGreaterThan(first)
    const many = await Promise.all(Array.from({ length: 20 }, () => takePort()))
    expect(new Set(many).size).toBe(20)
  })
})
