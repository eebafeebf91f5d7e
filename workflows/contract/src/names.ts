/** Names that the processes agree on through Temporal: ids, queues, updates, queries, search attributes. */

/** Task queue of the ticket workflows and their local activities. */
export const TICKETS_QUEUE = 'tickets'
/** Task queue of notices and of answers that go out by mail. */
export const NOTIFICATIONS_QUEUE = 'notifications'
/** Task queue of mail intake. */
export const INTAKE_QUEUE = 'intake'
/** Task queue of operations over many tickets of an account. */
export const OPERATIONS_QUEUE = 'operations'

export const TICKET_WORKFLOW = 'ticket'
export const NOTICE_WORKFLOW = 'notice'
export const REPLY_WORKFLOW = 'reply'
export const INTAKE_WORKFLOW = 'intake'
export const SWEEP_WORKFLOW = 'sweep'

export const ticketWorkflowId = (accountId: string, ticketId: string): string =>
  `ticket:${accountId}:${ticketId}`
export const noticeWorkflowId = (accountId: string, ticketId: string, sequence: number): string =>
  `notice:${accountId}:${ticketId}:${sequence}`
export const replyWorkflowId = (accountId: string, ticketId: string, sequence: number): string =>
  `reply:${accountId}:${ticketId}:${sequence}`
export const intakeWorkflowId = (accountId: string, mailId: string): string => `intake:${accountId}:${mailId}`
export const sweepWorkflowId = (accountId: string): string => `sweep:${accountId}`

/**
 * The one update of a ticket's workflow: takes a `CommandEnvelope`, answers a `CommandAnswer`. The update
 * id is the command id; the update's name tells an operator which command it was.
 */
export const TICKET_UPDATES = {
  create: 'create',
  claim: 'claim',
  answer: 'answer',
  note: 'note',
  contact_reply: 'contactReply',
  assign: 'assign',
  transfer: 'transfer',
  release: 'release',
  take_over: 'takeOver',
  return: 'return',
  resolve: 'resolve',
  reopen: 'reopen',
  close: 'close',
  spam: 'spam',
  delete: 'delete',
  postpone: 'postpone',
  update: 'update',
  recheck: 'recheck',
} as const

/** Query: the workflow's state, deadlines and what waits to be published. */
export const STATE_QUERY = 'state'

/** Typed search attributes of Onus, by name and Temporal type. */
export const SEARCH_ATTRIBUTES = {
  OnusAccount: 'KEYWORD',
  OnusDepartment: 'KEYWORD',
  OnusAgent: 'KEYWORD',
  OnusStatus: 'KEYWORD',
  OnusUnclaimedSince: 'DATETIME',
  OnusUnpublished: 'INT',
  OnusChannel: 'KEYWORD_LIST',
  OnusRecipient: 'KEYWORD_LIST',
} as const
