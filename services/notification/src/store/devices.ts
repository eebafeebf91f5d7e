import type { Collection, Db } from 'mongodb'

/** Where an agent's push messages go. One document for each agent. */
export interface Devices {
  /** Tokens by agent id; nothing for who has no device. */
  of(accountId: string, agentIds: readonly string[]): Promise<Map<string, string[]>>
}

interface DeviceDocument {
  /** `<accountId>:<agentId>`. */
  _id: string
  agentId: string
  tokens: string[]
}

export function createDevices(db: Db): Devices {
  const devices: Collection<DeviceDocument> = db.collection('devices')
  return {
    async of(accountId, agentIds) {
      const ids = agentIds.map((agentId) => `${accountId}:${agentId}`)
      const documents = ids.length ? await devices.find({ _id: { $in: ids } }).toArray() : []
      return new Map(
        documents.filter((each) => each.tokens.length).map((each) => [each.agentId, each.tokens]),
      )
    },
  }
}
