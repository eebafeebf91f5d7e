import { expect, it } from 'vitest'
import { waitingOf } from './look.ts'

const described = (raw: object, status = 'RUNNING') =>
  ({ status: { name: status }, startTime: new Date('2026-01-01T00:00:00Z'), raw }) as never
const failing = (name: string, more: object = {}) => ({
  activityId: '4',
  activityType: { name },
  attempt: 6,
  lastFailure: { message: 'activity failed', cause: { message: 'Broker not connected\n at x' } },
  nextAttemptScheduleTime: { seconds: 1_767_225_660 },
  ...more,
})

it('says what an activity that fails waits for, with its innermost reason', () => {
  const raw = { pendingActivities: [failing('publishEntries')] }
  expect(waitingOf('ticket:acme:t1', 'ticket', described(raw), { unpublished: 3 })).toEqual([
    {
      ...{ kind: 'ticket', id: 'ticket:acme:t1', accountId: 'acme', ticketId: 't1', activityId: '4' },
      ...{ waitsFor: 'Kafka to take its events (3)', since: '2026-01-01T00:00:00.000Z', attempts: 6 },
      ...{
        nextAttemptAt: '2026-01-01T00:01:00.000Z',
        error: 'Broker not connected',
        runbook: 'kafka-is-down',
      },
    },
  ])
  const notice = waitingOf(
    'notice:acme:t1:5',
    'notice',
    described({ pendingActivities: [failing('deliver')] }),
  )
  expect(notice).toMatchObject([{ ticketId: 't1', runbook: 'notices-do-not-arrive' }])
})

it('finds workflow tasks that fail, and what was paused', () => {
  const task = { pendingWorkflowTask: { attempt: 7, originalScheduledTime: { seconds: 1_767_225_600 } } }
  expect(waitingOf('ticket:acme:t1', 'ticket', described(task))).toMatchObject([
    { attempts: 7, since: '2026-01-01T00:00:00.000Z', runbook: 'a-worker-version-is-bad' },
  ])
  expect(waitingOf('offboarding:acme:o1', 'offboarding', described({}), { paused: true })).toMatchObject([
    { waitsFor: 'somebody to resume it', ticketId: null, runbook: 'an-agent-leaves' },
  ])
})

it('leaves alone what sleeps, works at its first try, or has ended', () => {
  const first = { activityType: { name: 'deliver' }, attempt: 1 }
  const raw = { pendingActivities: [first], pendingWorkflowTask: { attempt: 1 } }
  expect(waitingOf('notice:acme:t1:5', 'notice', described(raw))).toEqual([])
  expect(
    waitingOf(
      'notice:acme:t1:5',
      'notice',
      described({ pendingActivities: [failing('deliver')] }, 'COMPLETED'),
    ),
  ).toEqual([])
})
