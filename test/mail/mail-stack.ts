import { createInboundSmtp } from '@onus/gateway/smtp/index'
import { type Caller, systemCaller } from '@onus/kit/caller'
import { createGrpcClient, createGrpcServer, type GrpcClient } from '@onus/kit/grpc'
import { problems } from '@onus/kit/problems'
import {
  type Message,
  type Ticket,
  TicketServiceClient,
  TicketServiceService,
} from '@onus/proto/onus/v1/ticket'
import { createMailHandlers, createResolveAddress } from '@onus/ticket/intake/index'
import { createIntakeWorker } from '@onus/ticket/intake/worker'
import type { TestAccount } from '@onus/ticket/testing/directory'
import { startHarness, type TicketClient } from '@onus/ticket/testing/harness'
import { INTAKE_QUEUE, intakeWorkflowId } from '@onus/workflows-contract'
import type { IntakeResult } from '@onus/workflows-intake'
import { NativeConnection } from '@temporalio/worker'
import { createTransport } from 'nodemailer'

const { acceptMail, listUnreadableMails, getUnreadableMail, retryUnreadableMail } = TicketServiceService
const MAIL_RPCS = { acceptMail, listUnreadableMails, getUnreadableMail, retryUnreadableMail }

/** Ticket service, workers and the SMTP door on the dependencies of the environment; the directory is in memory. */
export async function startMailStack(options: { maxMailBytes?: number } = {}) {
  const harness = await startHarness()
  const { db, temporal, queuePrefix, log, internalKey } = harness.parts
  const owners = new Map<string, { accountId: string; departmentId: string }>()
  let directoryIsUp = true
  const addressBook = {
    async resolveAddress({ address }: { address: string }) {
      if (!directoryIsUp) throw problems.unavailable()
      const owner = owners.get(address)
      if (!owner) throw problems.notFound('address', address)
      return owner
    },
  }
  const handlers = createMailHandlers({
    db,
    temporal,
    taskQueue: `${queuePrefix}${INTAKE_QUEUE}`,
    resolveAddress: createResolveAddress(addressBook),
    maxMailBytes: options.maxMailBytes,
    clock: () => new Date(),
  })
  const server = createGrpcServer({ log, config: {}, internalKey, drainMs: 200 })
  server.add(MAIL_RPCS as never, handlers as never)
  const grpcPort = await server.listen('127.0.0.1', 0)
  const mailClient = createGrpcClient(TicketServiceClient, `127.0.0.1:${grpcPort}`, {
    config: {},
    internalKey,
    caller: systemCaller('', 'gateway'),
  }) as GrpcClient<typeof TicketServiceService>
  const smtp = createInboundSmtp({
    directory: addressBook,
    ticket: mailClient,
    log,
    ...options,
    closeTimeoutMs: 200,
  })
  const smtpPort = await smtp.listen('127.0.0.1', 0)

  let stopWorker = async () => {}
  const startWorker = async () => {
    const connection = await NativeConnection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '' })
    const worker = await createIntakeWorker({
      connection,
      namespace: process.env.TEMPORAL_NAMESPACE ?? 'default',
      taskQueuePrefix: queuePrefix,
      db,
      commands: harness.app.commands,
      directory: harness.directory,
      log,
    })
    const running = worker.run()
    stopWorker = async () => {
      stopWorker = async () => {}
      worker.shutdown()
      await running
      await connection.close()
    }
  }
  await startWorker()

  /** Hands a raw mail in by SMTP; gives the intakes that the reply names. Rejects with the server's refusal. */
  const send = async (
    raw: string | Buffer,
    to: string | string[],
    from = 'envelope@sender.example',
  ): Promise<string[]> => {
    const transport = createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true })
    try {
      const bytes = typeof raw === 'string' ? Buffer.from(raw.replace(/\r?\n/g, '\r\n')) : raw
      const { response } = await transport.sendMail({ envelope: { from, to }, raw: bytes })
      return response.replace(/^.*Kept as /, '').split(' ')
    } finally {
      transport.close()
    }
  }

  return {
    harness,
    db,
    mailClient,
    client: harness.client as TicketClient,
    smtpPort,
    stopGrpc: () => server.stop(),
    startWorker,
    stopWorker: () => stopWorker(),
    setDirectoryUp: (up: boolean) => {
      directoryIsUp = up
    },
    send,
    /** Hands raw bytes to the ticket service as they are; mail programs mend line ends on the way. */
    async hand(raw: Buffer, to: string, caller?: Caller): Promise<string[]> {
      const { intakeIds } = await mailClient.acceptMail(
        [
          { part: { $case: 'envelope' as const, value: { from: 'envelope@sender.example', to: [to] } } },
          { part: { $case: 'chunk' as const, value: raw } },
          { part: { $case: 'size' as const, value: raw.length } },
        ],
        { caller },
      )
      return intakeIds
    },
    /** An account with a department that has an address, an owner and an agent. */
    account(...departments: string[]) {
      const account = harness.account()
      for (const name of departments) {
        const address = `${name}@${account.id}.example`
        account.department(`${name}-${account.id}`, { addresses: [address] })
        owners.set(address, { accountId: account.id, departmentId: `${name}-${account.id}` })
      }
      const all = departments.map((name) => `${name}-${account.id}`)
      account.agent(`owner-${account.id}`, 'owner', ...all)
      account.agent(`agent-${account.id}`, 'agent', ...all)
      return account
    },
    /** A second address of a department. */
    alias(account: TestAccount, name: string, alias: string): string {
      const address = `${alias}@${account.id}.example`
      owners.set(address, { accountId: account.id, departmentId: `${name}-${account.id}` })
      return address
    },
    async outcome(account: TestAccount, mailId: string): Promise<IntakeResult> {
      return (await temporal.workflow
        .getHandle(intakeWorkflowId(account.id, mailId))
        .result()) as IntakeResult
    },
    async intake(
      account: TestAccount,
      raw: string | Buffer,
      to: string,
      from?: string,
    ): Promise<IntakeResult> {
      const [mailId = ''] = await send(raw, to, from)
      return await this.outcome(account, mailId)
    },
    owner: (account: TestAccount): Caller => ({
      type: 'agent',
      accountId: account.id,
      id: `owner-${account.id}`,
      name: 'Owner',
      role: 'owner',
      scopes: [],
    }),
    agent: (account: TestAccount): Caller => ({
      type: 'agent',
      accountId: account.id,
      id: `agent-${account.id}`,
      name: 'Agent',
      role: 'agent',
      scopes: [],
    }),
    async ticket(account: TestAccount, ticketId: string): Promise<Ticket> {
      return await harness.client.getTicket({ ticketId }, { caller: this.owner(account) })
    },
    async messages(account: TestAccount, ticketId: string): Promise<Message[]> {
      const page = { limit: 200, cursor: '' }
      return (await harness.client.listMessages({ ticketId, page }, { caller: this.owner(account) })).items
    },
    async tickets(account: TestAccount): Promise<Ticket[]> {
      const page = { limit: 200, cursor: '' }
      const request = { page, statuses: [], unassigned: false }
      return (await harness.client.listTickets(request, { caller: this.owner(account) })).items
    },
    async close() {
      await smtp.close()
      mailClient.close()
      await server.stop()
      await stopWorker()
      await harness.close()
    },
  }
}

export type MailStack = Awaited<ReturnType<typeof startMailStack>>

let counter = 0

/** A plain mail; a field that is undefined is left out. */
export function mail(fields: Record<string, string | undefined>, body = 'Hello.\n'): string {
  counter++
  const all = {
    From: 'Lena Hofer <lena@gmail.example>',
    Subject: 'Printer',
    Date: 'Mon, 2 Nov 2026 10:12:31 +0100',
    'Message-ID': `<m${counter}.${process.pid}@gmail.example>`,
    ...fields,
  }
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  )
  return `${lines.join('\n')}\n\n${body}`
}

export const idOf = (raw: string): string => /^Message-ID: (.*)$/m.exec(raw)?.[1] ?? ''
