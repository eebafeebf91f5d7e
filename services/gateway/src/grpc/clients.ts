import { systemCaller } from '@onus/kit/caller'
import { createGrpcClient, type GrpcClient } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import { ChannelServiceClient } from '@onus/proto/onus/v1/channels'
import { DirectoryServiceClient, type DirectoryServiceService } from '@onus/proto/onus/v1/directory'
import { InsightServiceClient } from '@onus/proto/onus/v1/insight'
import { NotificationServiceClient, type NotificationServiceService } from '@onus/proto/onus/v1/notification'
import { PartServiceClient } from '@onus/proto/onus/v1/operations'
import {
  RuleInsightServiceClient,
  RulesServiceClient,
  TemplateServiceClient,
} from '@onus/proto/onus/v1/rules'
import {
  type AcceptMailRequest,
  type DownloadAttachmentResponse,
  type ExportResponsibilityResponse,
  type ResponsibilityInterval,
  TicketServiceClient,
  type TicketServiceService,
  type UploadAttachmentRequest,
} from '@onus/proto/onus/v1/ticket'
import { WebhookServiceClient } from '@onus/proto/onus/v1/webhooks'
import type { Clients, Download, PartApi, TicketApi } from '../clients.ts'
import type { GatewayConfig } from '../config.ts'

/** The services behind the gateway, over gRPC. */
export interface ServiceClients {
  /** For requests; every call names the request's caller, and one that forgets to is refused. */
  clients: Clients
  /** For what the gateway asks in its own name: who holds a key, whose an address is, keeping mail. */
  directory: GrpcClient<typeof DirectoryServiceService>
  ticket: GrpcClient<typeof TicketServiceService>
  notification: GrpcClient<typeof NotificationServiceService>
  /** What each service says about itself, by name. */
  parts: Record<string, PartApi>
  close(): void
}

/** Bytes in one message of a stream; well below what gRPC takes. */
const CHUNK_BYTES = 256 * 1024
/** A file may take longer than a command. */
const TRANSFER_DEADLINE_MS = 60_000
/** An export goes through all tickets. */
const EXPORT_DEADLINE_MS = 60 * 60_000

export function createServiceClients(config: GatewayConfig): ServiceClients {
  const options = { config, internalKey: config.ONUS_INTERNAL_KEY }
  const ticket = createGrpcClient(TicketServiceClient, config.TICKET_ADDRESS, options)
  const directory = createGrpcClient(DirectoryServiceClient, config.DIRECTORY_ADDRESS, options)
  const rules = createGrpcClient(RulesServiceClient, config.RULES_ADDRESS, options)
  const ruleInsight = createGrpcClient(RuleInsightServiceClient, config.RULES_ADDRESS, options)
  const insight = createGrpcClient(InsightServiceClient, config.TICKET_ADDRESS, options)
  const templates = createGrpcClient(TemplateServiceClient, config.RULES_ADDRESS, options)
  const notification = createGrpcClient(NotificationServiceClient, config.NOTIFICATION_ADDRESS, options)
  const channels = createGrpcClient(ChannelServiceClient, config.NOTIFICATION_ADDRESS, options)
  const webhooks = createGrpcClient(WebhookServiceClient, config.NOTIFICATION_ADDRESS, options)
  const own = { ...options, caller: systemCaller('', 'gateway') }
  const ownDirectory = createGrpcClient(DirectoryServiceClient, config.DIRECTORY_ADDRESS, own)
  const ownTicket = createGrpcClient(TicketServiceClient, config.TICKET_ADDRESS, own)
  const parts = {
    ticket: createGrpcClient(PartServiceClient, config.TICKET_ADDRESS, options),
    directory: createGrpcClient(PartServiceClient, config.DIRECTORY_ADDRESS, options),
    rules: createGrpcClient(PartServiceClient, config.RULES_ADDRESS, options),
    notification: createGrpcClient(PartServiceClient, config.NOTIFICATION_ADDRESS, options),
  }
  const ownNotification = createGrpcClient(NotificationServiceClient, config.NOTIFICATION_ADDRESS, own)
  return {
    clients: {
      ticket: ticketApi(ticket),
      directory,
      rules,
      ruleInsight,
      insight,
      templates,
      notification,
      channels,
      webhooks,
    },
    directory: ownDirectory,
    ticket: ownTicket,
    notification: ownNotification,
    parts,
    close() {
      for (const client of [
        ticket,
        directory,
        rules,
        ruleInsight,
        insight,
        templates,
        notification,
        channels,
        webhooks,
        ownDirectory,
        ownTicket,
        ownNotification,
        ...Object.values(parts),
      ])
        client.close()
    },
  }
}

/** Streams as the gateway uses them: whole bytes in, a web stream out. */
function ticketApi(client: GrpcClient<typeof TicketServiceService>): TicketApi {
  const longer = (caller: Parameters<TicketApi['getTicket']>[1]['caller']) => ({
    caller,
    deadlineMs: TRANSFER_DEADLINE_MS,
  })
  return {
    ...client,
    uploadAttachment: (head, bytes, { caller }) =>
      client.uploadAttachment(uploadParts({ $case: 'head', value: head }, bytes), longer(caller)),
    acceptMail: (envelope, bytes, { caller }) =>
      client.acceptMail(mailParts({ $case: 'envelope', value: envelope }, bytes), longer(caller)),
    downloadAttachment: (request, { caller }) => download(client.downloadAttachment(request, longer(caller))),
    getUnreadableMail: (request, { caller }) => download(client.getUnreadableMail(request, longer(caller))),
    exportResponsibility: (request, { caller }) =>
      begun(client.exportResponsibility(request, { caller, deadlineMs: EXPORT_DEADLINE_MS })),
  }
}

function* uploadParts(
  head: UploadAttachmentRequest['part'],
  bytes: Uint8Array,
): Generator<UploadAttachmentRequest> {
  yield { part: head }
  for (const value of chunks(bytes)) yield { part: { $case: 'chunk', value } }
}

function* mailParts(envelope: AcceptMailRequest['part'], bytes: Uint8Array): Generator<AcceptMailRequest> {
  yield { part: envelope }
  for (const value of chunks(bytes)) yield { part: { $case: 'chunk', value } }
  yield { part: { $case: 'size', value: bytes.byteLength } }
}

function* chunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES)
}

/** Waits for the head, so that a refusal is still an answer with a status. */
async function download(parts: AsyncIterable<DownloadAttachmentResponse>): Promise<Download> {
  const iterator = parts[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done || first.value.part?.$case !== 'head')
    throw problems.internal(new Error('a download began without its head'))
  return {
    head: first.value.part.value,
    content: new ReadableStream({
      async pull(controller) {
        const next = await iterator.next()
        if (next.done) controller.close()
        else if (next.value.part?.$case === 'chunk') controller.enqueue(next.value.part.value)
      },
      async cancel() {
        await iterator.return?.()
      },
    }),
  }
}

/** Waits for the first part, so that a refusal is still an answer with a status. */
async function begun(
  parts: AsyncIterable<ExportResponsibilityResponse>,
): Promise<AsyncIterable<ResponsibilityInterval[]>> {
  const iterator = parts[Symbol.asyncIterator]()
  let next = await iterator.next()
  return (async function* () {
    try {
      for (; !next.done; next = await iterator.next()) yield next.value.intervals
    } finally {
      await iterator.return?.()
    }
  })()
}
