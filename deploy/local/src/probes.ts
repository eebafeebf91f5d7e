import { connect } from 'node:net'
import { MongoClient } from 'mongodb'

/** Resolves when something accepts connections at this address. */
export function probeTcp(port: number, host = '127.0.0.1'): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host })
    socket.setTimeout(1000, () => socket.destroy(new Error('no connection within 1 s')))
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('error', reject)
  })
}

/** Resolves when the URL answers with a 2xx. */
export async function probeHttp(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) })
  await response.body?.cancel()
  if (!response.ok) throw new Error(`${url} answers ${response.status}`)
}

/** Resolves when the database answers a ping. */
export async function probeMongo(uri: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 1000, connectTimeoutMS: 1000 })
  try {
    await client.db('admin').command({ ping: 1 })
  } finally {
    await client.close()
  }
}

const FIND_COORDINATOR = 10

/**
 * Resolves when the broker has a coordinator for consumer groups: it accepts connections seconds before. Asks
 * in Kafka's own protocol (FindCoordinator version 0), because a client would retry and log for itself.
 */
export function probeKafka(port: number, host = '127.0.0.1'): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host })
    const fail = (message: string) => socket.destroy(new Error(message))
    socket.setTimeout(3000, () => fail('no answer within 3 s'))
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed')))
    socket.once('connect', () => socket.write(findCoordinatorRequest('onus-probe')))
    socket.once('data', (answer) => {
      // Length (4), correlation id (4), error code (2).
      const error = answer.length >= 10 ? answer.readInt16BE(8) : -1
      if (error === 0) resolve()
      fail(`no group coordinator yet (error ${error})`)
    })
  })
}

function findCoordinatorRequest(group: string): Buffer {
  const client = Buffer.from('onus-probe')
  const key = Buffer.from(group)
  const body = Buffer.alloc(10 + client.length + 2 + key.length)
  body.writeInt16BE(FIND_COORDINATOR, 0)
  body.writeInt16BE(0, 2)
  body.writeInt32BE(1, 4)
  body.writeInt16BE(client.length, 8)
  client.copy(body, 10)
  body.writeInt16BE(key.length, 10 + client.length)
  key.copy(body, 12 + client.length)
  const size = Buffer.alloc(4)
  size.writeInt32BE(body.length)
  return Buffer.concat([size, body])
}
