import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common'
import proto from '@temporalio/proto'
import { ConfigError, type TemporalConfig } from '../config.ts'

/**
 * Encrypts everything that Temporal keeps of workflows (arguments, results, updates, memos, details), so that
 * the server and whoever reads its database see ids and times only. Search attributes stay readable: the
 * server has to compare them.
 *
 * A payload becomes `nonce || ciphertext || tag` of AES-256-GCM over the whole encoded payload, with the
 * id of the key beside it, which is authenticated as well.
 */

const ENCODING = 'binary/encrypted'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_BYTES = 32
const PayloadMessage = proto.temporal.api.common.v1.Payload

export interface CodecKey {
  id: string
  key: Buffer
}

/**
 * Reads `<id>:<base64 of 32 bytes>`, several with commas; the first one encrypts.
 * @throws ConfigError that says which key is wrong, and never prints one
 */
export function parseCodecKeys(text: string): CodecKey[] {
  const keys = text.split(',').map((part, at): CodecKey => {
    const [, id, encoded] = /^\s*([\w.-]{1,64}):([A-Za-z0-9+/_-]+=*)\s*$/.exec(part) ?? []
    const key = Buffer.from(encoded ?? '', 'base64')
    if (id === undefined || key.length !== KEY_BYTES)
      throw new ConfigError([`TEMPORAL_CODEC_KEYS: key ${at + 1} must be <id>:<base64 of 32 bytes>`])
    return { id, key }
  })
  const repeated = keys.find(({ id }, at) => keys.findIndex((other) => other.id === id) !== at)
  if (repeated) throw new ConfigError([`TEMPORAL_CODEC_KEYS: two keys are called "${repeated.id}"`])
  return keys
}

/** AES-256-GCM with keys that can change: what was encrypted with any known key can be read. */
export class EncryptionCodec implements PayloadCodec {
  readonly #current: CodecKey
  readonly #keys: ReadonlyMap<string, Buffer>

  /** @param keys the first one encrypts; at least one */
  constructor(keys: readonly CodecKey[]) {
    const [current] = keys
    if (current === undefined) throw new ConfigError(['TEMPORAL_CODEC_KEYS: must name at least one key'])
    this.#current = current
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]))
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const { id, key } = this.#current
    return payloads.map((payload) => {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(id))
      const plain = PayloadMessage.encode(payload).finish()
      const data = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
      return { metadata: { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(id) }, data }
    })
  }

  /** What is not encrypted passes: histories from before encryption was turned on stay readable. */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const { encoding, 'encryption-key-id': keyId } = payload.metadata ?? {}
      if (encoding === undefined || Buffer.from(encoding).toString() !== ENCODING) return payload
      const id = Buffer.from(keyId ?? []).toString()
      const key = this.#keys.get(id)
      if (key === undefined)
        throw new Error(
          `A payload is encrypted with the key "${id}", which TEMPORAL_CODEC_KEYS does not have`,
        )
      const data = Buffer.from(payload.data ?? [])
      const decipher = createDecipheriv('aes-256-gcm', key, data.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(id))
        .setAuthTag(data.subarray(-TAG_BYTES))
      const body = data.subarray(NONCE_BYTES, -TAG_BYTES)
      return PayloadMessage.decode(Buffer.concat([decipher.update(body), decipher.final()]))
    })
  }
}

/** For `Client` and `Worker.create` alike: encrypts when keys are configured. */
export function temporalDataConverter(config: Pick<Partial<TemporalConfig>, 'TEMPORAL_CODEC_KEYS'>): {
  dataConverter?: DataConverter
} {
  const keys = config.TEMPORAL_CODEC_KEYS
  if (keys === undefined) return {}
  return { dataConverter: { payloadCodecs: [new EncryptionCodec(parseCodecKeys(keys.reveal()))] } }
}
