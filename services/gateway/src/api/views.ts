import { z } from '@hono/zod-openapi'
import { TICKET_STATUSES } from '@onus/workflows-contract'
import { id, line } from './common.ts'
import { listSort } from './tickets.ts'

const filter = z
  .strictObject({
    departmentId: id.optional(),
    agentId: id.optional().openapi({ description: '`me` is whoever looks.' }),
    status: z.array(z.enum(TICKET_STATUSES)).max(20).optional(),
    unassigned: z.boolean().optional(),
    q: line(1, 200).optional().openapi({ description: 'Words of the subject, number or contact.' }),
    sort: listSort.optional(),
  })
  .openapi('ViewFilter', { description: 'As `GET /tickets` takes it.' })

const parts = {
  id,
  name: line(1, 100),
  filter,
  columns: z
    .array(
      z.enum([
        ...(['status', 'department', 'agent', 'since', 'updated'] as const),
        ...(['number', 'priority', 'channel', 'tags', 'created', 'due'] as const),
      ]),
    )
    .max(20)
    .optional()
    .openapi({
      description: 'Which columns are shown; empty: `status`, `department`, `agent`, `since` and `updated`.',
    }),
}
const example = {
  id: 'late',
  name: 'Late',
  filter: { status: ['new' as const, 'open' as const], unassigned: true },
  columns: [],
}

const view = z.strictObject(parts).openapi('SavedView', { example })

/** Of its own and not an extension: a view that takes no other fields does not take the department either. */
const sharedView = z
  .object({ ...parts, departmentId: z.string() })
  .openapi('SharedView', { example: { ...example, departmentId: '019312d0c5a27cc1b1d2a0e4b8b7a001' } })

export const views = z
  .object({
    items: z.array(view).max(50),
    version: z.int().openapi({ description: 'How often they were changed.' }),
  })
  .openapi('SavedViews')

export const myViews = views
  .extend({
    shared: z.array(sharedView).openapi({
      description: 'What the departments share that the caller belongs to; owners and admins: all.',
    }),
  })
  .openapi('MyViews')

export const viewsChange = z
  .strictObject({
    items: z
      .array(view)
      .max(50, 'At most 50 views.')
      .openapi({ description: 'All of them, in their order.' }),
    version: z
      .int32('Must be a whole number.')
      .min(0)
      .optional()
      .openapi({ description: 'The one that was read: refuse with `stale-revision` if there is another.' }),
  })
  .openapi('SavedViewsChange')
