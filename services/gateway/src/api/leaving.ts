import { z } from '@hono/zod-openapi'
import { actor, id, timestamp } from './common.ts'
import { examples } from './examples.ts'

/** Agents who are away for a time or who leave, and what must never come of it. */

const successor = z
  .strictObject({
    departmentId: id,
    agentId: id.nullish(),
    policy: z.enum(['nobody', 'redistribute']).nullish(),
  })
  .openapi('Successor', {
    description: 'Where the tickets of one department go: to an agent, or by a policy.',
    example: { departmentId: examples.department.id, policy: 'nobody' },
  })

export const newOffboarding = z
  .strictObject({
    dryRun: z.boolean().optional().openapi({ description: 'Counts only, and changes nothing.' }),
    status: z.enum(['removed', 'suspended']).optional(),
    successors: z.array(successor).max(500, 'At most 500 departments.').optional(),
  })
  .openapi('NewOffboarding', {
    example: { dryRun: true, successors: [{ departmentId: examples.department.id, policy: 'nobody' }] },
  })

export const offboarding = z
  .object({
    id: z.string(),
    agentId: z.string(),
    status: z.enum(['removed', 'suspended']).openapi({ description: 'What becomes of the agent.' }),
    state: z.enum(['preview', 'running', 'paused', 'completed', 'undoing', 'undone', 'stopped']).openapi({
      description: 'Stopped: the agent was made active again before its end.',
    }),
    tickets: z.int().openapi({ description: 'Held by the agent when it began.' }),
    byDepartment: z.array(z.object({ departmentId: z.string(), tickets: z.int() })),
    moved: z.int().openapi({ description: 'Those that the agent does not hold any more.' }),
    givenBack: z.int().openapi({ description: 'Those that an undo gave back.' }),
    successors: z.array(
      z.object({ departmentId: z.string(), agentId: z.string().optional(), policy: z.string().optional() }),
    ),
    startedBy: actor.optional(),
    startedAt: timestamp.optional(),
    finishedAt: timestamp.optional(),
  })
  .openapi('Offboarding')

export const orphans = z
  .object({
    orphans: z.int().openapi({ description: 'Tickets whose holder may not see them: 0.' }),
    leaving: z.int().openapi({ description: 'Tickets of agents whose off-boarding is at work.' }),
    checkedAt: timestamp,
    accounts: z.array(
      z.object({
        accountId: z.string(),
        orphans: z.int(),
        leaving: z.int(),
        ticketIds: z.array(z.string()).openapi({ description: 'Some of them.' }),
      }),
    ),
  })
  .openapi('Orphans')
