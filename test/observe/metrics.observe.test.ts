import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { createWorld, expectStatus, type World } from '../support/world.ts'
import { declaredMetrics, metricsIn, queries, scrapedMetrics } from './metrics.ts'

let world: World
let scraped: Set<string>
let text = ''

/** Metrics of Temporal's runtime that come with the first fault of their kind only. */
const OF_FAULTS = [
  'temporal_workflow_task_execution_failed',
  'temporal_activity_execution_failed',
  'temporal_request_failure',
  'temporal_sticky_cache_miss',
  'temporal_sticky_cache_total_forced_eviction',
  'temporal_workflow_failed',
]

async function scrape(): Promise<string> {
  const answers = await Promise.all(
    Object.values(world.local.metricsUrls).map(async (url) => {
      const response = await fetch(url)
      expect(response.status).toBe(200)
      return await response.text()
    }),
  )
  return answers.join('\n')
}

beforeAll(async () => {
  world = await createWorld({ agents: { ada: { in: ['Support'] }, ben: { in: ['Support'] } } })
  const ticket = await world.createTicket()
  expectStatus(await world.agents.ada!.api.post(`/tickets/${ticket.id}/claim`, {}), 200)
  expectStatus(
    await world.agents.ada!.api.post(`/tickets/${ticket.id}/assign`, { agentId: world.agents.ben!.id }),
    200,
  )
  // A sent notice, and a look at the events that wait.
  await eventually('a scrape with everything in it', async () => {
    text = await scrape()
    scraped = scrapedMetrics(text)
    return scraped.has('onus_notice_delay_seconds_bucket') && scraped.has('onus_events_waiting_tickets')
  })
})
afterAll(() => {
  mkdirSync('test-output', { recursive: true })
  writeFileSync('test-output/metrics.txt', text)
})

describe('metrics', () => {
  it('are all there that alerts and dashboards ask for', async () => {
    const declared = await declaredMetrics()
    const unknown = (await queries()).flatMap(({ where, expr }) =>
      metricsIn(expr)
        .filter((name) => !scraped.has(name) && !declared.has(name) && !OF_FAULTS.includes(name))
        .map((name) => `${where}: ${name}`),
    )
    expect(unknown).toEqual([])
  })

  it('of our own have their names from their declarations', async () => {
    const declared = await declaredMetrics()
    const ours = [...scraped].filter((name) => /^(onus|kafka|directory|rules)_/.test(name))
    expect(ours.length).toBeGreaterThan(5)
    expect(ours.filter((name) => !declared.has(name))).toEqual([])
  })

  it('show what waits in Temporal, and its cache, as the worker sees them', () => {
    for (const name of [
      'temporal_workflow_task_schedule_to_start_latency_seconds_bucket',
      'temporal_activity_schedule_to_start_latency_seconds_bucket',
      'temporal_sticky_cache_size',
      'temporal_worker_task_slots_available',
    ])
      expect(scraped).toContain(name)
  })

  it('carry no account, agent, department or ticket', () => {
    for (const id of [world.accountId, world.agents.ada!.id, world.departments.Support!.id])
      expect(text).not.toContain(id)
  })
})
