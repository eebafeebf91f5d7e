import { randomBytes } from 'node:crypto'
import { type CollectedSpan, type Collector, startCollector } from '@onus/kit/testing/collector'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { mailArrives, recipients, sendRaw } from '../support/mail.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'

/** The real processes send what they trace to a collector in this one. */

const SUBJECT = 'zebra-subject'
const BODY = 'zebra-body'

let collector: Collector
let world: World

beforeAll(async () => {
  collector = await startCollector(Number(process.env.ONUS_OTLP_PORT))
  world = await createWorld({ agents: { ada: { in: ['Support'] }, ben: { in: ['Support'] } } })
})
afterAll(() => collector?.close())

/** A caller that traces: the trace begins at its own span, which nobody here records. */
function caller() {
  const traceId = randomBytes(16).toString('hex')
  const spanId = randomBytes(8).toString('hex')
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-01` } }
}

const spansOf = (traceId: string) => collector.spans.filter((span) => span.traceId === traceId)

/** From the span up to the caller's own. */
function wayUp(span: CollectedSpan, rootId: string): string[] {
  const byId = new Map(spansOf(span.traceId).map((each) => [each.spanId, each]))
  const names: string[] = []
  for (let at: CollectedSpan | undefined = span; ; ) {
    names.push(`${at.service}: ${at.name}`)
    if (at.parentId === rootId) return names.reverse()
    at = byId.get(at.parentId)
    if (at === undefined) throw new Error(`the trace is torn above ${names.at(-1)}`)
  }
}

/** Each pattern matches a later name than the one before. */
function expectInOrder(names: string[], patterns: RegExp[]): void {
  let at = -1
  for (const pattern of patterns) {
    const next = names.findIndex((name, index) => index > at && pattern.test(name))
    if (next < 0) throw new Error(`no ${pattern} in its place in\n  ${names.join('\n  ')}`)
    at = next
  }
}

const find = (traceId: string, service: string, name: RegExp) =>
  eventually(`a span ${name} of ${service}`, async () =>
    spansOf(traceId).find((span) => span.service === service && name.test(span.name)),
  )

describe('one trace', () => {
  it('goes from the HTTP request that assigns a ticket to the mail that tells of it', async () => {
    const ticket = await world.createTicket({ subject: SUBJECT, body: BODY })
    const ben = world.agents.ben!
    const { traceId, spanId, headers } = caller()
    const abort = new AbortController()
    const listening = fetch(`${world.local.baseUrl}/api/v1/me/events`, {
      headers: { authorization: `Bearer ${ben.key}` },
      signal: abort.signal,
    })
    expect((await listening).status).toBe(200)
    expectStatus(
      await world.agents.ada!.api.post(`/tickets/${ticket.id}/assign`, { agentId: ben.id }, headers),
      200,
    )
    await mailArrives(
      'the mail to Ben',
      world.local.mailSinkUrl,
      (mail) => mail.headers['x-onus-ticket'] === ticket.id && recipients(mail).includes(ben.email),
    )

    const sent = await find(traceId, 'notification', /^SMTP send$/)
    await find(traceId, 'gateway', /^process onus\.ticket-events/)
    await eventually('the webhooks, in the trace or linked to it', async () =>
      collector.spans.find(
        ({ service, name, links, ...span }) =>
          service === 'notification' &&
          /^process onus\.ticket-events/.test(name) &&
          [span, ...links].some((each) => each.traceId === traceId),
      ),
    )
    const published = await find(traceId, 'ticket-worker', /^publish onus\.ticket-events/)
    const stored = await eventually('the write to the log', async () =>
      spansOf(traceId).find(
        ({ service, attributes }) =>
          service === 'ticket-worker' &&
          attributes['db.collection.name'] === 'log' &&
          attributes['db.operation.name'] === 'insert',
      ),
    )
    // Spans of one process leave together, those of others a little later.
    await eventually('a whole trace', async () => {
      for (const span of spansOf(traceId)) wayUp(span, spanId)
      return true
    })
    abort.abort()

    const command = [
      /^gateway: (POST|HTTP POST)/,
      /^gateway: onus\.v1\.TicketService\/Execute/,
      /^ticket: onus\.v1\.TicketService\/Execute/,
      /^ticket: StartWorkflowUpdate|^ticket: .*[Uu]pdate/,
      /^ticket-worker: HandleUpdate/,
      /^ticket-worker: StartActivity:commit/,
      /^ticket-worker: RunActivity:commit/,
    ]
    expectInOrder(wayUp(stored, spanId), command)
    expectInOrder(wayUp(published, spanId), [...command, /publish onus\.ticket-events/])
    expectInOrder(wayUp(sent, spanId), [
      ...command.slice(0, 5),
      /^ticket-worker: StartChildWorkflow:/,
      /^notification: RunWorkflow:/,
      /^notification: StartActivity:deliver/,
      /^notification: RunActivity:deliver/,
      /^notification: SMTP send/,
    ])
    console.log(`${spansOf(traceId).length} spans; to the mail:\n  ${wayUp(sent, spanId).join('\n  ')}`)
  })

  it('goes from a mail that comes in to the ticket, and on to who consumes its event', async () => {
    const from = `carla@customer-${world.domain}`
    const to = world.departments.Support!.address
    const subject = `${SUBJECT} ${randomBytes(4).toString('hex')}`
    await sendRaw(
      world.local.inboundSmtp,
      { from, to },
      `From: ${from}\r\nTo: ${to}\r\nSubject: ${subject}\r\nMessage-ID: <${randomBytes(8).toString('hex')}@x.example>\r\n\r\n${BODY}\r\n`,
    )
    const created = await eventually('the commit of the mail', async () =>
      collector.spans.find(({ service, name, traceId }) => {
        if (service !== 'ticket-worker' || name !== 'RunActivity:commit') return false
        return spansOf(traceId).some((span) => span.name.includes('intake'))
      }),
    )
    await find(created.traceId, 'gateway', /^process onus\.ticket-events/)
    await find(created.traceId, 'gateway', /^SMTP receive$/)
  })
})

describe('logs', () => {
  it('belong to the trace of the request', async () => {
    const { traceId, headers } = caller()
    expect((await world.agents.ada!.api.get('/tickets/none', headers)).status).toBe(404)
    const line = await eventually('a line of the trace', async () =>
      collector.logs.find((log) => log.traceId === traceId && log.service === 'gateway'),
    )
    expect(line.attributes).toMatchObject({ path: '/api/v1/tickets/none', status: 404 })
  })
})

describe('telemetry', () => {
  it('comes from every process, by name and version', async () => {
    const services = ['gateway', 'ticket', 'ticket-worker', 'directory', 'rules', 'notification']
    await eventually('all processes', async () => {
      const seen = new Set(collector.metrics.map(({ service }) => service))
      return services.every((service) => seen.has(service))
    })
    for (const about of collector.resources)
      expect(about).toMatchObject({ 'service.namespace': 'onus', 'service.version': expect.any(String) })
  })

  it('has what Temporal’s runtime measures in the processes that have a worker', async () => {
    const named = (service: string) =>
      collector.metrics.filter((each) => each.service === service).map(({ name }) => name)
    for (const service of ['ticket-worker', 'notification'])
      await eventually(`Temporal's metrics of ${service}`, async () =>
        [
          'temporal_workflow_task_schedule_to_start_latency_seconds',
          'temporal_activity_schedule_to_start_latency_seconds',
          'temporal_worker_task_slots_available',
        ].every((name) => named(service).includes(name)),
      )
  })

  it('holds no secret, and nothing that people wrote', async () => {
    const all = collector.text()
    const keys = [world.owner.key, ...Object.values(world.agents).map(({ key }) => key)]
    for (const secret of [...keys, world.local.operatorKey, SUBJECT, BODY])
      expect(all.includes(secret)).toBe(false)
    for (const { email } of Object.values(world.agents)) expect(all.includes(email)).toBe(false)
  })
})
