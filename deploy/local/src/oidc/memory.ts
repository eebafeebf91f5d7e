import type { Adapter, AdapterPayload } from 'oidc-provider'

interface Stored {
  payload: AdapterPayload
  expiresAt: number
}

/** What the issuer remembers; a restart signs everybody out, and tokens that were given stay valid. */
export class Memory implements Adapter {
  readonly #model: string
  static readonly #stored = new Map<string, Stored>()

  constructor(model: string) {
    this.#model = model
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    const now = Date.now()
    for (const [key, { expiresAt }] of Memory.#stored) if (expiresAt < now) Memory.#stored.delete(key)
    const expiresAt = expiresIn ? now + expiresIn * 1000 : Number.POSITIVE_INFINITY
    Memory.#stored.set(this.#key(id), { payload, expiresAt })
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const stored = Memory.#stored.get(this.#key(id))
    return stored && stored.expiresAt > Date.now() ? stored.payload : undefined
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findBy((payload) => payload.uid === uid)
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findBy((payload) => payload.userCode === userCode)
  }

  async consume(id: string): Promise<void> {
    const payload = await this.find(id)
    if (payload) payload.consumed = Math.floor(Date.now() / 1000)
  }

  async destroy(id: string): Promise<void> {
    Memory.#stored.delete(this.#key(id))
  }

  /** Of this model alone: an interaction of somebody else's sign-in carries the grant too, and must go on. */
  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, { payload }] of Memory.#stored) {
      if (key.startsWith(`${this.#model}:`) && payload.grantId === grantId) Memory.#stored.delete(key)
    }
  }

  #key(id: string): string {
    return `${this.#model}:${id}`
  }

  #findBy(matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [key, { payload }] of Memory.#stored) {
      if (key.startsWith(`${this.#model}:`) && matches(payload)) return payload
    }
    return undefined
  }
}
