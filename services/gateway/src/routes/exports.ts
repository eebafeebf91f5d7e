import { z } from '@hono/zod-openapi'
import { timestamp } from '../api/common.ts'
import type { Clients } from '../clients.ts'
import { CSV_TYPE, csvLines, NDJSON_TYPE, ndjsonLines } from '../exports/responsibility.ts'
import { type AnyOperation, operation } from '../http/operation/operation.ts'
import { readerGuard } from './guards.ts'

/** Who was responsible for what and when, for reports and audits. */
export function exportRoutes({ ticket }: Clients): AnyOperation[] {
  return [
    operation({
      id: 'exportResponsibility',
      streams: true,
      method: 'get',
      path: '/exports/responsibility',
      tag: 'Exports',
      summary: 'Export who was responsible for what and when',
      description: `One line for each interval, ticket by ticket, from the tickets' history alone; the intervals of a ticket tile its life. It is streamed as \`${NDJSON_TYPE}\`, or with \`format=csv\` as \`${CSV_TYPE}\`. Owners, admins and keys that read tickets get all tickets, agents those that they see. An interval that was cut off by a failure is no last line: a complete export ends with a line break.`,
      door: 'account',
      query: z.strictObject({
        from: timestamp.optional().openapi({ description: 'Left out: from the beginning.' }),
        until: timestamp.optional().openapi({ description: 'Left out: to now.' }),
        format: z.enum(['ndjson', 'csv']).optional().openapi({ default: 'ndjson' }),
      }),
      guard: readerGuard,
      answers: { 200: { description: 'The export.', mediaType: '*/*' } },
      refusals: ['not-found'],
      async handle({ query }, { call }) {
        const { from, until, format = 'ndjson' } = query
        const intervals = await ticket.exportResponsibility({ from, until }, call)
        const csv = format === 'csv'
        return new Response(csv ? csvLines(intervals) : ndjsonLines(intervals), {
          headers: {
            'content-type': csv ? `${CSV_TYPE}; charset=utf-8; header=present` : NDJSON_TYPE,
            'content-disposition': `attachment; filename="responsibility.${format}"`,
            'cache-control': 'no-store',
            'x-content-type-options': 'nosniff',
          },
        })
      },
    }),
  ]
}
