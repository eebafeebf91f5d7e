import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** An encrypted text, as it lies in the database. */
export interface SealedText {
  iv: string
  tag: string
  data: string
}

/** Keeps other services' tokens unreadable in the database and its backups. */
export interface SecretBox {
  /** `owner` is bound to the text: it opens for nobody else. */
  seal(text: string, owner: string): SealedText
  /** @throws when the key is another one, or the text was changed or moved. */
  open(sealed: SealedText, owner: string): string
}

/** AES-256-GCM with a key derived from the installation's own. */
export function createSecretBox(installationKey: string): SecretBox {
  const key = Buffer.from(hkdfSync('sha256', installationKey, '', 'onus integration tokens', 32))
  return {
    seal(text, owner) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(owner))
      const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return {
        iv: iv.toString('base64'),
        tag: cipher.getAuthTag().toString('base64'),
        data: data.toString('base64'),
      }
    },
    open(sealed, owner) {
      const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(sealed.iv, 'base64'), {
        authTagLength: 16,
      })
      decipher.setAAD(Buffer.from(owner)).setAuthTag(Buffer.from(sealed.tag, 'base64'))
      const data = Buffer.from(sealed.data, 'base64')
      return Buffer.concat([decipher.update(data), decipher.final()]).toString('utf8')
    },
  }
}
