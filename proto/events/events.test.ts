import { fromFile, Parser } from '@asyncapi/parser'
import { ENTRY_TYPES } from '@onus/workflows-contract'
import { describe, expect, it } from 'vitest'
import { ASYNC_API_FILE, asyncApiDocument, readAsyncApi } from './asyncapi.ts'
import { eventErrors, eventSchemas } from './index.ts'

describe('the schemas of events', () => {
  it('cover every entry of a timeline', () => {
    const types = [...eventSchemas().keys()].filter((type) => type.startsWith('dev.onus.ticket.'))
    const facts = new Set(types.map((type) => type.replace(/\.v[1-9]\d*$/, '')))
    expect([...facts].sort()).toEqual(ENTRY_TYPES.map((type) => `dev.onus.ticket.${type}`).sort())
  })

  it.each([...eventSchemas()])(
    '%s names itself, is open to additions, and its examples are valid',
    (type, schema) => {
      expect(schema.$id).toBe(`https://onus.dev/schemas/${type}.json`)
      expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
      expect(JSON.stringify(schema)).not.toContain('additionalProperties')
      for (const example of schema.examples ?? []) {
        expect(eventErrors(type, example)).toEqual([])
        expect(eventErrors(type, { ...(example as object), somethingNew: 1 })).toEqual([])
      }
      if (type.startsWith('dev.onus.ticket.')) expect(schema.examples?.length).toBeGreaterThan(0)
    },
  )

  it('refuse what is not so', () => {
    const changed = {
      accountId: 'a',
      ticketId: 't',
      number: '1',
      sequence: 4,
      type: 'responsibility.changed',
      at: '2026-11-02T09:12:31.000Z',
      actor: { type: 'agent', id: 'x', name: 'Ada' },
      cause: { type: 'claim' },
      from: { departmentId: 'd', agentId: null },
      to: { departmentId: 'd', agentId: 'x' },
      revision: 2,
    }
    const type = 'dev.onus.ticket.responsibility.changed.v1'
    expect(eventErrors(type, changed)).toEqual([])
    const wrong: object[] = [
      { from: undefined },
      { revision: 1 },
      { revision: 0 },
      { to: { departmentId: 'd' } },
      { to: 'open' },
      { cause: { type: 'update' } },
      { cause: { type: 'rule' } },
      { actor: { type: 'contact', id: 'c', name: 'Carla' } },
      { at: 'yesterday' },
      { sequence: 0 },
      { type: 'created' },
    ]
    for (const change of wrong) {
      const data = JSON.parse(JSON.stringify({ ...changed, ...change }))
      expect(eventErrors(type, data), JSON.stringify(change)).not.toEqual([])
    }
    expect(eventErrors('dev.onus.ticket.unknown.v1', {})).toEqual([
      'there is no schema for dev.onus.ticket.unknown.v1',
    ])
  })
})

describe('the AsyncAPI document', () => {
  it('is the one that the schemas make', () => {
    expect(readAsyncApi(), 'run: node proto/events/asyncapi.ts').toEqual(
      JSON.parse(JSON.stringify(asyncApiDocument())),
    )
  })

  it('is valid, stands by itself, and has every event once', async () => {
    const { document, diagnostics } = await fromFile(new Parser(), ASYNC_API_FILE).parse()
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([])
    const addresses = document
      ?.channels()
      .all()
      .map((channel) => channel.address())
    expect(addresses).toEqual([
      'onus.ticket-events.v1',
      'onus.notification-events.v1',
      'onus.directory-events.v1',
      null,
    ])
    const messages = document
      ?.channels()
      .all()
      .flatMap((channel) =>
        channel
          .messages()
          .all()
          .map((one) => one.name()),
      )
    expect(messages?.sort()).toEqual([...eventSchemas().keys()].sort())
    expect(JSON.stringify(readAsyncApi())).not.toMatch(/"\$ref": ?"(?!#)/)
  }, 60_000)
})
