import type { Clock } from '@onus/kit/clock'
import type { CallContext } from '@onus/kit/grpc'
import { stableId } from '@onus/kit/ids'
import { Problem, problems } from '@onus/kit/problems'
import type { AcceptMailRequest, AcceptMailResponse, MailEnvelope } from '@onus/proto/onus/v1/ticket'
import { INTAKE_WORKFLOW, type IntakeInput, intakeWorkflowId } from '@onus/workflows-contract'
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client'
import type { AddressOwner, ResolveAddress } from './addresses.ts'
import { MailIdentity } from './mail/identity.ts'
import type { MailStore, RawMail, StoredMail } from './store/mails.ts'

export interface AcceptMailDeps {
  mails: MailStore
  resolveAddress: ResolveAddress
  temporal: Client
  /** Task queue of mail intake, with the installation's prefix. */
  taskQueue: string
  clock: Clock
}

const MAX_RECIPIENTS = 100

/**
 * Keeps a raw mail and makes its intake certain: only when both are done there is an answer. There is one
 * intake for each department that the mail was sent to, however many of its addresses were named, so a mail to
 * two departments is a message in each. Its id follows from account, department and content: the same mail
 * again is the same intake.
 */
export async function acceptMail(
  deps: AcceptMailDeps,
  request: AsyncIterable<AcceptMailRequest>,
  ctx: CallContext,
): Promise<AcceptMailResponse> {
  const parts = request[Symbol.asyncIterator]()
  const first = await parts.next()
  const head = first.done ? undefined : first.value.part
  if (head?.$case !== 'envelope') throw problems.invalid([{ field: 'envelope', message: 'It comes first.' }])
  const envelope = head.value
  const owners = await recipients(deps, envelope, ctx)

  const identity = new MailIdentity()
  const raws = await keepRaw(deps, owners, contentOf(parts, identity))
  const content = identity.digest()
  const kept = new Set<RawMail>()
  const intakes: StoredMail[] = []
  for (const owner of owners) {
    const raw = raws.get(owner.accountId)
    if (raw === undefined) continue
    const mail = newMail(deps, owner, envelope, content, raw)
    if (identity.messageId !== null)
      await deps.mails.arrived(owner.accountId, identity.messageId, mail.mailId)
    const earlier = await deps.mails.insert(mail)
    if (earlier === null) kept.add(raw)
    intakes.push(earlier ?? { _id: '', ...mail })
  }
  for (const raw of raws.values()) if (!kept.has(raw)) await deps.mails.dropRaw(raw)
  await Promise.all(
    intakes.filter(({ state }) => state === 'received').map((mail) => startIntake(deps, mail, ctx)),
  )
  return { intakeIds: intakes.map(({ mailId }) => mailId) }
}

/** The departments that the mail goes to, each once. @throws not-found for an address that nobody has */
async function recipients(
  deps: AcceptMailDeps,
  { to }: MailEnvelope,
  ctx: CallContext,
): Promise<AddressOwner[]> {
  const addresses = [...new Set(to.map((address) => address.trim().toLowerCase()))]
  if (addresses.length === 0 || addresses.length > MAX_RECIPIENTS)
    throw problems.invalid([{ field: 'to', message: `1 to ${MAX_RECIPIENTS} recipients are taken.` }])
  const owners = new Map<string, AddressOwner>()
  for (const address of addresses) {
    const owner = await deps.resolveAddress(address)
    const { caller } = ctx
    if (owner === null || (caller.type !== 'system' && caller.accountId !== owner.accountId))
      throw problems.notFound('department with the address', address)
    const ownAccount = caller.type === 'system' || caller.role === 'owner' || caller.role === 'admin'
    if (!ownAccount && !caller.scopes.includes('contact:write')) throw problems.forbidden('hand mail in')
    const key = `${owner.accountId}:${owner.departmentId}`
    if (!owners.has(key)) owners.set(key, owner)
  }
  return [...owners.values()]
}

/** One copy for each account: nothing of one account refers to another's. */
async function keepRaw(
  deps: AcceptMailDeps,
  owners: readonly AddressOwner[],
  content: AsyncIterable<Uint8Array>,
): Promise<Map<string, RawMail>> {
  const raws = new Map<string, RawMail>()
  let source: AsyncIterable<Uint8Array> = content
  for (const accountId of new Set(owners.map((owner) => owner.accountId))) {
    const raw = await deps.mails.keepRaw(accountId, source)
    raws.set(accountId, raw)
    source = deps.mails.readRaw(raw)
  }
  return raws
}

/** @throws unavailable for a stream that ends before the mail does */
async function* contentOf(
  parts: AsyncIterator<AcceptMailRequest>,
  identity: MailIdentity,
): AsyncGenerator<Uint8Array> {
  let size = 0
  for (let next = await parts.next(); !next.done; next = await parts.next()) {
    const { part } = next.value
    if (part?.$case === 'size' && part.value === size) return
    if (part?.$case !== 'chunk')
      throw problems.invalid([
        { field: 'part', message: 'The chunks follow the envelope, then comes their size.' },
      ])
    const bytes = Buffer.from(part.value.buffer, part.value.byteOffset, part.value.byteLength)
    size += bytes.length
    identity.update(bytes)
    yield bytes
  }
  throw problems.unavailable('The mail was cut off.')
}

function newMail(
  deps: AcceptMailDeps,
  owner: AddressOwner,
  envelope: MailEnvelope,
  identity: string,
  raw: RawMail,
): Omit<StoredMail, '_id'> {
  const { accountId, departmentId, address } = owner
  return {
    accountId,
    mailId: stableId('mail', accountId, departmentId, identity),
    departmentId,
    address,
    identity,
    ...raw,
    envelope: { from: envelope.from, to: envelope.to },
    receivedAt: deps.clock().toISOString(),
    state: 'received',
  }
}

/** An intake that is at work or done stays, unless it is asked for again; one that an operator ended is begun again. */
export async function startIntake(
  deps: AcceptMailDeps,
  mail: StoredMail,
  ctx: CallContext,
  { again = false } = {},
): Promise<void> {
  const { accountId, mailId, departmentId, address } = mail
  const input: IntakeInput = { accountId, mailId, departmentId, address }
  try {
    await deps.temporal.withDeadline(ctx.deadline, () =>
      deps.temporal.withAbortSignal(ctx.signal, () =>
        deps.temporal.workflow.start(INTAKE_WORKFLOW, {
          workflowId: intakeWorkflowId(accountId, mailId),
          taskQueue: deps.taskQueue,
          args: [input],
          workflowIdReusePolicy: again ? 'ALLOW_DUPLICATE' : 'ALLOW_DUPLICATE_FAILED_ONLY',
          workflowIdConflictPolicy: 'FAIL',
          staticSummary: `Mail ${mailId}`,
        }),
      ),
    )
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return
    throw new Problem('unavailable', 'The mail is stored, and its intake could not be started.', {
      cause: error,
    })
  }
}
