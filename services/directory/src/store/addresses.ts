import type { Clock } from '@onus/kit/clock'
import { newId } from '@onus/kit/ids'
import { isDuplicateKey } from '@onus/kit/mongo'
import { problems } from '@onus/kit/problems'
import type { Collection, Db } from 'mongodb'
import { addressTaken } from '../domain/departments.ts'
import type { DirectoryState } from '../domain/model.ts'
import type { AccountStore, Participant } from './accounts.ts'

interface AddressDocument {
  /** The address in lower case: unique in the whole installation. */
  _id: string
  accountId: string
  /** Changes with each claim, so that nobody gives up a claim that somebody has renewed. */
  token: string
  claimedAt: Date
}

/** A claim whose account has not the address after so long belongs to a change that never happened. */
const ORPHAN_AFTER_MS = 60_000
const ATTEMPTS = 5

/**
 * Who has which inbound address. A claim says only which account may have it; the account itself says
 * whether it has, and for which department. So a claim is made before the account is written, and one that
 * its account does not bear out counts for nothing.
 */
export class AddressBook {
  readonly #addresses: Collection<AddressDocument>
  readonly #accounts: AccountStore
  readonly #clock: Clock

  constructor(db: Db, accounts: AccountStore, clock: Clock) {
    this.#addresses = db.collection<AddressDocument>('addresses')
    this.#accounts = accounts
    this.#clock = clock
  }

  /** The department of an address; null when nobody has it. */
  async resolve(address: string): Promise<{ accountId: string; departmentId: string } | null> {
    const claim = await this.#addresses.findOne({ _id: address })
    if (!claim) return null
    const state = await this.#accounts.fresh(claim.accountId)
    const department = state && holder(state, address)
    return department ? { accountId: claim.accountId, departmentId: department.id } : null
  }

  /** Claims and gives up addresses along with one change of an account. */
  participant(): Participant {
    /** Address to the token under which this change knows it. */
    const touched = new Map<string, string>()
    let accountId = ''
    return {
      prepare: async (before, after) => {
        accountId = after.accountId
        const [had, has] = [addressesOf(before), addressesOf(after)]
        for (const address of has) {
          if (!had.has(address) && !touched.has(address))
            touched.set(address, await this.#claim(after, address))
        }
        for (const address of had) {
          if (has.has(address) || touched.has(address)) continue
          const claim = await this.#addresses.findOne({ _id: address, accountId })
          if (claim) touched.set(address, claim.token)
        }
      },
      settle: async () => {
        if (!touched.size) return
        const state = await this.#accounts.fresh(accountId)
        for (const [address, token] of touched) {
          if (state && holder(state, address)) continue
          await this.#addresses.deleteOne({ _id: address, token })
        }
      },
    }
  }

  async #claim(after: DirectoryState, address: string): Promise<string> {
    const claim = { accountId: after.accountId, token: newId(), claimedAt: this.#clock() }
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await this.#insert({ _id: address, ...claim })) return claim.token
      const other = await this.#addresses.findOne({ _id: address })
      if (!other) continue
      if (other.accountId !== after.accountId && (await this.#isGood(other))) {
        const at = holder(after, address)?.addresses.indexOf(address) ?? 0
        throw addressTaken(address, at)
      }
      const { matchedCount } = await this.#addresses.replaceOne({ _id: address, token: other.token }, claim)
      if (matchedCount === 1) return claim.token
    }
    throw problems.unavailable('The address is being claimed by several at once. Try again.')
  }

  async #insert(document: AddressDocument): Promise<boolean> {
    try {
      await this.#addresses.insertOne(document)
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }

  async #isGood(claim: AddressDocument): Promise<boolean> {
    if (this.#clock().getTime() - claim.claimedAt.getTime() < ORPHAN_AFTER_MS) return true
    const state = await this.#accounts.fresh(claim.accountId)
    return !!state && holder(state, claim._id) !== undefined
  }
}

const addressesOf = (state: DirectoryState): Set<string> =>
  new Set(state.departments.flatMap((department) => department.addresses))

const holder = (state: DirectoryState, address: string) =>
  state.departments.find((department) => department.addresses.includes(address))
