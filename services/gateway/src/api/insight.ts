import { z } from '@hono/zod-openapi'
import { timestamp } from './common.ts'

/** Figures about responsibility. Every number leads to its tickets: `tickets` is the list's address. */

/** A day of the calendar; whether there is such a day is said by the service as well. */
export const day = z.iso
  .date({ error: 'Must be a day such as 2026-03-01.', abort: true })
  .refine((value) => value >= '2000-01-01' && value < '2100-01-01', {
    message: 'Must be a day from 2000 to 2099.',
  })
  .openapi({
    format: 'date',
    example: '2026-03-01',
    // Days that every year has: what is made up from this is always a day.
    pattern:
      '^20[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))$',
  })

/** A day in an answer, also the one that only leap years have. */
const answeredDay = z.iso.date().openapi({ format: 'date', example: '2026-03-01' })

export const noQuery = z.strictObject({})

export const periodQuery = z.strictObject({
  since: day.optional().openapi({
    description: 'First day, in the account’s time zone; 30 days up to `until` when left out.',
  }),
  until: day.optional().openapi({
    description: 'Last day, included; today when left out. A period has at most 366 days.',
  }),
})

const count = z.int().min(0)
const seconds = z.number().min(0)
const tickets = z.string().openapi({
  description: 'Path and query of the list of these tickets.',
  example: '/api/v1/tickets?departmentId=019312d0c5a27cc1b1d2a0e4b8b7a001&unassigned=true',
})
const department = {
  departmentId: z.string(),
  departmentName: z.string().optional().openapi({ description: 'Absent when it has gone.' }),
}
const statuses = { new: count, open: count, answered: count, postponed: count }

export const openWork = z
  .object({
    at: timestamp,
    departments: z.array(
      z.object({
        ...department,
        ...statuses,
        unclaimed: count.openapi({ description: 'Of the new and open ones those that nobody has.' }),
        oldestUnclaimedSince: timestamp.optional(),
        noEligibleAgent: count.openapi({
          description: 'Of the unclaimed ones those for which the distribution found nobody.',
        }),
        tickets,
        unclaimedTickets: tickets,
        noEligibleAgentTickets: tickets,
      }),
    ),
    holders: z
      .array(
        z.object({
          ...department,
          agentId: z.string().nullable(),
          agentName: z.string().optional(),
          ...statuses,
          oldestSince: timestamp.openapi({
            description: 'Since when the longest one of them is theirs; of nobody: in the department.',
          }),
          tickets,
        }),
      )
      .openapi({ description: 'Most tickets first.' }),
    unclaimedAge: z
      .array(
        z.object({
          fromSeconds: count,
          untilSeconds: count.optional(),
          count,
          departments: z.array(z.object({ departmentId: z.string(), count, tickets })),
          tickets,
        }),
      )
      .openapi({ description: 'How long what nobody has has been unclaimed; youngest first.' }),
  })
  .openapi('OpenWork')

const times = {
  claims: count,
  medianSeconds: seconds.optional().openapi({ description: 'To within 2.5 %; absent without claims.' }),
  p90Seconds: seconds.optional().openapi({ description: 'Nine of ten took no longer; to within 2.5 %.' }),
}
const period = { timeZone: z.string(), since: answeredDay, until: answeredDay }

export const claims = z
  .object({
    ...period,
    ...times,
    tickets,
    departments: z.array(z.object({ ...department, ...times, tickets })),
    days: z
      .array(
        z.object({
          day: answeredDay,
          ...times,
          departments: z.array(z.object({ ...department, ...times, tickets })),
          tickets,
        }),
      )
      .openapi({ description: 'Days on which there was any.' }),
  })
  .openapi('ClaimTimes', {
    description:
      'How long tickets waited in a department until an agent had them. What is given to somebody by the command that made it wait (a new ticket in a solo account, say) has not waited and is not counted.',
  })

const rate = z
  .number()
  .min(0)
  .nullable()
  .openapi({ description: 'reopened / resolved; null: none resolved.' })

export const flows = z
  .object({
    ...period,
    transfers: count,
    resolved: count,
    reopened: count,
    reopenRate: rate,
    transferredTickets: tickets,
    resolvedTickets: tickets,
    reopenedTickets: tickets,
    flows: z
      .array(
        z.object({
          fromDepartmentId: z.string(),
          fromDepartmentName: z.string().optional(),
          toDepartmentId: z.string(),
          toDepartmentName: z.string().optional(),
          transfers: count.openapi({ description: 'Changes of department by whatever cause.' }),
          reopened: count.openapi({
            description: 'Reopenings of what the first one had, which came to the second one.',
          }),
          tickets,
          reopenedTickets: tickets,
        }),
      )
      .openapi({ description: 'Most first. An agent sees those that touch a department of theirs.' }),
    departments: z.array(
      z.object({
        ...department,
        transferredIn: count,
        transferredOut: count,
        resolved: count,
        reopened: count,
        reopenRate: rate,
        tickets: tickets.openapi({ description: 'Those that were reopened.' }),
        transferredInTickets: tickets,
        transferredOutTickets: tickets,
        resolvedTickets: tickets,
      }),
    ),
  })
  .openapi('DepartmentFlows', {
    description:
      'How tickets went from department to department and came back. A list has a ticket once that went the same way several times, and shows an agent only what is in their sight now; the counts have every time.',
  })
