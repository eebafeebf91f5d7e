import { stableId } from '@onus/kit/ids'
import type { Collection, Db, WithId } from 'mongodb'
import {
  type Device,
  type DeviceAddress,
  MOST_DEVICES,
  type Subscription,
  tokenOf,
} from '../domain/device.ts'

/** Where agents' push messages go. A token is one device of one agent. */
export interface Devices {
  /** Devices by agent id, the latest renewed first; nothing for who has none. */
  of(accountId: string, agentIds: readonly string[]): Promise<Map<string, Device[]>>
  /** Hosts of the push services that the browsers of the account's agents use. */
  pushServices(accountId: string): Promise<Set<string>>
  /** The same token again is the same device, now of this agent. */
  register(
    accountId: string,
    agentId: string,
    address: DeviceAddress,
    about: { name?: string | undefined; app?: string | undefined },
    at: string,
  ): Promise<{ device: Device; created: boolean }>
  /** False when this agent has no such device. */
  delete(accountId: string, agentId: string, deviceId: string): Promise<boolean>
  /** Removes a device that does not exist any more, unless it was renewed since it was read. */
  forget(accountId: string, device: Device): Promise<void>
}

type DeviceDocument = DeviceAddress & {
  /** `<accountId>:<id>`. */
  _id: string
  id: string
  accountId: string
  agentId: string
  name?: string
  app?: string
  createdAt: string
  renewedAt: string
}

export function createDevices(db: Db): Devices {
  const devices: Collection<DeviceDocument> = db.collection('devices')

  const find = (accountId: string, agentIds: readonly string[]) =>
    devices
      .find({ accountId, agentId: { $in: [...agentIds] } })
      .sort({ renewedAt: -1 })
      .toArray()

  return {
    async of(accountId, agentIds) {
      const found = agentIds.length ? await find(accountId, agentIds) : []
      return Map.groupBy(found.map(toDevice), ({ agentId }) => agentId)
    },
    async pushServices(accountId) {
      const found = await devices
        .find({ accountId, kind: 'web_push' })
        .project<{ subscription: Pick<Subscription, 'endpoint'> }>({ 'subscription.endpoint': 1 })
        .toArray()
      return new Set(found.map(({ subscription }) => new URL(subscription.endpoint).host))
    },
    async register(accountId, agentId, address, { name, app }, at) {
      const id = stableId(accountId, address.kind, tokenOf(address))
      const _id = `${accountId}:${id}`
      const before = await devices.findOne({ _id })
      const document: DeviceDocument = {
        ...address,
        _id,
        id,
        accountId,
        agentId,
        ...(name && { name }),
        ...(app && { app }),
        createdAt: before?.createdAt ?? at,
        renewedAt: at,
      }
      await devices.replaceOne({ _id }, document, { upsert: true })
      const all = await find(accountId, [agentId])
      const tooMany = all.filter((each) => each._id !== _id).slice(MOST_DEVICES - 1)
      if (tooMany.length) await devices.deleteMany({ _id: { $in: tooMany.map((each) => each._id) } })
      return { device: toDevice(document), created: before === null }
    },
    async delete(accountId, agentId, deviceId) {
      const { deletedCount } = await devices.deleteOne({ _id: `${accountId}:${deviceId}`, agentId })
      return deletedCount === 1
    },
    async forget(accountId, { id, renewedAt }) {
      await devices.deleteOne({ _id: `${accountId}:${id}`, renewedAt })
    },
  }
}

function toDevice(document: WithId<DeviceDocument> | DeviceDocument): Device {
  const { _id, accountId: _account, ...device } = document
  return device
}
