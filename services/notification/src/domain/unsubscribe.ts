import { createHmac, timingSafeEqual } from 'node:crypto'
import { deflateSync, inflateSync } from 'node:zlib'

/** What a link in a notice turns off: these events in these departments, on this channel, for this agent. */
export interface Unsubscribe {
  accountId: string
  agentId: string
  channel: string
  preferences: { event: string; departmentId: string }[]
}

/** Signs and reads what stands in such links. They are good for as long as the key is. */
export interface UnsubscribeTokens {
  sign(what: Unsubscribe): string
  /** Null for what we did not sign. */
  read(token: string): Unsubscribe | null
}

/** A digest may be about many things; a link has bounds. */
const MOST_PREFERENCES = 24
/** A link stands in a header of a mail, which cannot be broken and has 998 characters at most (RFC 5322). */
const LONGEST_SIGNED = 850
const LONGEST = 3000
const OPENING_BRACKET = 0x5b

/** What a token holds: account, agent, channel, and pairs of event and department. */
type Payload = [string, string, string, [string, string][]]

/**
 * `<payload>.<signature>`, both base64url.
 * @param internalKeys one, or several with commas: the first one signs, all of them are taken
 */
export function createUnsubscribeTokens(internalKeys: string): UnsubscribeTokens {
  const keys = internalKeys
    .split(',')
    .filter(Boolean)
    .map((key) => createHmac('sha256', key).update('onus unsubscribe v1').digest())
  const [first = Buffer.alloc(0)] = keys
  const signatureOf = (payload: string, key = first): Buffer =>
    createHmac('sha256', key).update(payload).digest()
  return {
    sign({ accountId, agentId, channel, preferences }) {
      const distinct = new Map(preferences.map((each) => [`${each.event} ${each.departmentId}`, each]))
      const all = [...distinct.values()].map(({ event, departmentId }) => [event, departmentId])
      for (let most = MOST_PREFERENCES; ; most--) {
        const json = JSON.stringify([accountId, agentId, channel, all.slice(0, most)])
        const payload = deflateSync(json, { level: 9 }).toString('base64url')
        const token = `${payload}.${signatureOf(payload).toString('base64url')}`
        if (token.length <= LONGEST_SIGNED || most <= 1) return token
      }
    },
    read(token) {
      const [payload = '', signature = '', ...rest] = token.length <= LONGEST ? token.split('.') : []
      const given = Buffer.from(signature, 'base64url')
      const isOurs = keys.some((key) => {
        const right = signatureOf(payload, key)
        return given.length === right.length && timingSafeEqual(given, right)
      })
      if (rest.length || !isOurs) return null
      // The signature says that it is we who wrote it.
      const bytes = Buffer.from(payload, 'base64url')
      // Links in older mails are the text as it is.
      const json = bytes[0] === OPENING_BRACKET ? bytes : inflateSync(bytes)
      const [accountId, agentId, channel, pairs] = JSON.parse(json.toString()) as Payload
      const preferences = pairs.map(([event, departmentId]) => ({ event, departmentId }))
      return { accountId, agentId, channel, preferences }
    },
  }
}

interface Rule {
  event: string
  channel: string
  departmentId?: string | undefined
  when: string
}

/** An agent's choices with these turned off, and everything else as it was. */
export function turnedOff(rules: readonly Rule[], { channel, preferences }: Unsubscribe): Rule[] {
  const off = preferences.map(({ event, departmentId }) => ({ event, channel, departmentId, when: 'never' }))
  const replaced = (rule: Rule) =>
    off.some(
      (each) =>
        each.event === rule.event && channel === rule.channel && each.departmentId === rule.departmentId,
    )
  return [...rules.filter((rule) => !replaced(rule)), ...off]
}
