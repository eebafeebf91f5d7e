import { createHmac, randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createUnsubscribeTokens, turnedOff, type Unsubscribe } from './unsubscribe.ts'

const what: Unsubscribe = {
  accountId: 'acc',
  agentId: 'ann',
  channel: 'email',
  preferences: [{ event: 'ticket_new', departmentId: 'd1' }],
}
const tokens = createUnsubscribeTokens('k'.repeat(40))

it('reads what it signed, in an address as it is', () => {
  const token = tokens.sign(what)
  expect(encodeURIComponent(token)).toBe(token)
  expect(tokens.read(token)).toEqual(what)
  expect(createUnsubscribeTokens('k'.repeat(40)).read(token)).toEqual(what)
})

it('reads what an older key signed while the installation still has it', () => {
  const token = tokens.sign(what)
  const [old, fresh] = ['k'.repeat(40), 'n'.repeat(40)]
  const changing = createUnsubscribeTokens(`${fresh},${old}`)
  expect(changing.read(token)).toEqual(what)
  expect(createUnsubscribeTokens(fresh).read(changing.sign(what))).toEqual(what)
  expect(createUnsubscribeTokens(fresh).read(token)).toBeNull()
})

it('reads what stands in older mails, uncompressed', () => {
  const json = JSON.stringify(['acc', 'ann', 'email', [['ticket_new', 'd1']]])
  const payload = Buffer.from(json).toString('base64url')
  const key = createHmac('sha256', 'k'.repeat(40)).update('onus unsubscribe v1').digest()
  const signature = createHmac('sha256', key).update(payload).digest('base64url')
  expect(tokens.read(`${payload}.${signature}`)).toEqual(what)
})

it('reads nothing that somebody else made', () => {
  const token = tokens.sign(what)
  const forged = Buffer.from(JSON.stringify(['acc', 'bob', 'email', [['ticket_new', 'd1']]])).toString(
    'base64url',
  )
  const strange = [
    '',
    '.',
    'x',
    `${token}x`,
    `${token}.`,
    token.split('.')[0]!,
    `${forged}.${token.split('.')[1]}`,
    createUnsubscribeTokens('j'.repeat(40)).sign(what),
    'x'.repeat(10_000),
  ]
  for (const each of strange) expect(tokens.read(each)).toBeNull()
})

it('names each preference of a digest once, and bounds the link', () => {
  const preferences = Array.from({ length: 200 }, (_, at) => ({
    event: 'ticket_new',
    departmentId: `d${at % 30}`,
  }))
  const token = tokens.sign({ ...what, preferences })
  expect(tokens.read(token)?.preferences).toHaveLength(24)
  expect(token.length).toBeLessThan(2000)
})

it('fits into a line of a mail, however much a digest is about', () => {
  const id = (): string => randomBytes(16).toString('hex')
  const departments = Array.from({ length: 4 }, id)
  const own = { ...what, accountId: id(), agentId: id() }
  const events = ['ticket_assigned', 'ticket_new', 'claim_overdue', 'ticket_reopened_department']
  const preferences = departments.flatMap((departmentId) => events.map((event) => ({ event, departmentId })))
  const token = tokens.sign({ ...own, preferences })
  expect(tokens.read(token)).toEqual({ ...own, preferences })
  expect(token.length).toBeLessThanOrEqual(850)

  const many = Array.from({ length: 24 }, () => ({ event: 'ticket_new', departmentId: id() }))
  const cut = tokens.sign({ ...own, preferences: many })
  expect(cut.length).toBeLessThanOrEqual(850)
  const { preferences: kept = [] } = tokens.read(cut) ?? {}
  expect(kept.length).toBeGreaterThan(10)
  expect(kept).toEqual(many.slice(0, kept.length))
})

it('turns off exactly that, the same however often', () => {
  const rules = [
    { event: 'ticket_new', channel: 'email', when: 'always' },
    { event: 'ticket_new', channel: 'email', departmentId: 'd1', when: 'always' },
    { event: 'ticket_new', channel: 'slack', departmentId: 'd1', when: 'always' },
  ]
  const once = turnedOff(rules, what)
  expect(once).toEqual([
    rules[0],
    rules[2],
    { event: 'ticket_new', channel: 'email', departmentId: 'd1', when: 'never' },
  ])
  expect(turnedOff(once, what)).toEqual(once)
})
