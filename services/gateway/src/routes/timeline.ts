import { z } from '@hono/zod-openapi'
import type { DirectoryView } from '@onus/kit/directory'
import type { TimelineEntry } from '@onus/proto/onus/v1/ticket'
import { idParams, pageQuery, toPage } from '../api/common.ts'
import { timelinePage } from '../api/tickets.ts'
import type { Clients } from '../clients.ts'
import { type AnyOperation, type Call, operation } from '../http/operation/operation.ts'
import { actorJson, pageJson, present } from '../mapping/common.ts'
import { languageOf, type Names, type Reader, type RenderableEntry, renderEntry } from '../timeline/render.ts'
import { ticketGuard } from './guards.ts'

/** Reads the account's directory, for names. */
export type ReadDirectory = (call: Call) => Promise<DirectoryView>

/** A ticket's story. */
export function timelineRoutes({ ticket }: Clients, directory: ReadDirectory): AnyOperation[] {
  return [
    operation({
      id: 'getTimeline',
      method: 'get',
      path: '/tickets/{id}/timeline',
      tag: 'Tickets',
      summary: 'Everything that happened to a ticket, in order',
      description: '`text` is the entry as a sentence, in the language of `Accept-Language` (en, fr).',
      door: 'account',
      params: idParams,
      query: pageQuery,
      headers: z.object({
        'accept-language': z.string().optional().openapi({ example: 'fr' }),
      }),
      guard: ticketGuard(ticket, 'see'),
      answers: {
        200: {
          description: 'A page of entries.',
          schema: timelinePage,
          headers: { 'Content-Language': 'The language of `text`.' },
        },
      },
      async handle({ params, query }, { call, caller, request }) {
        const [found, view] = await Promise.all([
          ticket.getTimeline({ ticketId: params.id, page: toPage(query) }, call),
          directory(call),
        ])
        const self = caller.type === 'agent' ? view.agent(caller.id) : undefined
        const reader: Reader = {
          language: request.headers.get('accept-language') ?? self?.locale ?? view.settings.locale,
          timeZone: self?.timeZone || view.settings.timeZone || 'UTC',
        }
        const names: Names = {
          agent: (id) => view.agent(id)?.name,
          department: (id) => view.department(id)?.name,
        }
        return {
          status: 200,
          body: pageJson(found, (entry) => entryJson(entry, names, reader)),
          headers: { 'content-language': languageOf(reader), vary: 'accept-language' },
        }
      },
    }),
  ]
}

function entryJson(entry: TimelineEntry, names: Names, reader: Reader) {
  const data = present({
    sequence: entry.sequence,
    at: entry.at,
    type: entry.type,
    actor: actorJson(entry.actor),
    cause: entry.cause ?? {},
    from: holderJson(entry.from),
    to: holderJson(entry.to),
    reason: entry.reason,
    revision: entry.revision,
    details: entry.details,
  })
  return { ...data, text: renderEntry(data as unknown as RenderableEntry, names, reader) }
}

/** Holders have nobody as null; a gRPC value may have lost it. */
function holderJson(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || !('departmentId' in value)) return value ?? undefined
  return { departmentId: value.departmentId, agentId: (value as { agentId?: unknown }).agentId ?? null }
}
