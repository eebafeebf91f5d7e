import { z } from '@hono/zod-openapi'

const state = z.enum(['viewing', 'writing'])

const client = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,64}$/, 'Must have 1 to 64 letters, digits, dots, colons, _ and -.')
  .openapi({ description: 'Tells the windows of one agent apart.', example: 'tab-1' })

export const viewersChange = z
  .strictObject({ state, client: client.optional() })
  .openapi('ViewerChange', { example: { state: 'viewing' } })

export const viewerQuery = z.strictObject({ client: client.optional() })

export const viewers = z
  .object({
    items: z.array(
      z.object({ agentId: z.string(), name: z.string(), state }).openapi('Viewer', {
        example: { agentId: '019312d0c5a27cc1b1d2a0e4b8b7a001', name: 'Ana', state: 'writing' },
      }),
    ),
  })
  .openapi('Viewers')
