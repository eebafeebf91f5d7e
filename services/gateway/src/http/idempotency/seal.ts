import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
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
  const keyOf = (idempotencyKey: string): Buffer =>
    createHmac('sha256', secret.reveal()).update(`remembered-answer:${idempotencyKey}`).digest()
  return {
    seal(answer, idempotencyKey) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', keyOf(idempotencyKey), nonce)
      const text = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
    },
    open(sealed, idempotencyKey) {
      const bytes = Buffer.from(sealed, 'base64')
      const decipher = createDecipheriv('aes-256-gcm', keyOf(idempotencyKey), bytes.subarray(0, 12))
      decipher.setAuthTag(bytes.subarray(12, 28))
      const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
      return JSON.parse(text.toString('utf8')) as RememberedAnswer
    },
  }
}
