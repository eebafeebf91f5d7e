import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { keysOf } from '@onus/kit/caller'
import type { Secret } from '@onus/kit/config'
import type { RememberedAnswer } from './store.ts'

/**
 * Remembered answers are encrypted: the one that creates an API key holds its secret. The key is derived
 * from the caller's idempotency key, which is stored only as a hash, so that a copy of the store and even
 * the installation's own secret open nothing by themselves.
 */
export interface Sealer {
  seal(answer: RememberedAnswer, idempotencyKey: string): string
  open(sealed: string, idempotencyKey: string): RememberedAnswer
}

export function createSealer(secret: Secret): Sealer {
  const keyOf = (key: string, idempotencyKey: string): Buffer =>
    createHmac('sha256', key).update(`remembered-answer:${idempotencyKey}`).digest()
  const [first = '', ...others] = keysOf(secret)
  const opened = (bytes: Buffer, key: Buffer): RememberedAnswer => {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(12, 28))
    const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
    return JSON.parse(text.toString('utf8')) as RememberedAnswer
  }
  return {
    seal(answer, idempotencyKey) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', keyOf(first, idempotencyKey), nonce)
      const text = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
    },
    open(sealed, idempotencyKey) {
      const bytes = Buffer.from(sealed, 'base64')
      for (const key of others) {
        try {
          return opened(bytes, keyOf(key, idempotencyKey))
        } catch {
          // It was sealed by another one.
        }
      }
      return opened(bytes, keyOf(first, idempotencyKey))
    },
  }
}
