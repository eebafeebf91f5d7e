import type { Readable } from 'node:stream'
import { inSpan } from '@onus/kit/telemetry'
import nodemailer from 'nodemailer'
import { DeliveryFailure } from '../domain/failure.ts'

/** One file in a mail. */
export interface MailFile {
  filename: string
  contentType: string
  content: Readable | Buffer
}

/** A mail, ready for the wire. */
export interface OutgoingMail {
  from: { name: string; address: string }
  to: { name: string; address: string }
  subject: string
  text: string
  html: string
  headers: Record<string, string>
  messageId: string
  inReplyTo?: string | undefined
  references: string[]
  attachments?: MailFile[]
  /** Where the mail comes back to when it cannot be delivered; absent: to its sender. */
  returnTo?: string
}

/** Hands mails to a mail server. */
export interface Mailer {
  /** @throws DeliveryFailure */
  send(mail: OutgoingMail): Promise<void>
  close(): void
}

export interface MailerOptions {
  /** `smtp://` or `smtps://`, with user and password if the server wants them. */
  url: string
  /** A server that is silent for so long is left, in every phase. Default 10 s. */
  timeoutMs?: number
}

/** A mailer that makes one connection for each mail, so that no idle one goes stale. */
export function createMailer({ url, timeoutMs = 10_000 }: MailerOptions): Mailer {
  const target = new URL(url)
  for (const phase of ['connectionTimeout', 'greetingTimeout', 'socketTimeout', 'dnsTimeout'])
    if (!target.searchParams.has(phase)) target.searchParams.set(phase, String(timeoutMs))
  const transport = nodemailer.createTransport(target.href)
  return {
    async send(mail) {
      try {
        const message = {
          ...(mail.returnTo && { envelope: { from: mail.returnTo, to: mail.to.address } }),
          from: mail.from,
          to: mail.to,
          subject: mail.subject,
          text: mail.text,
          html: mail.html,
          headers: mail.headers,
          messageId: mail.messageId,
          inReplyTo: mail.inReplyTo,
          references: mail.references,
          attachments: mail.attachments,
          // Nothing in a mail may make us read a file or fetch an address.
          disableFileAccess: true,
          disableUrlAccess: true,
        }
        const attributes = { 'server.address': target.hostname }
        await inSpan('SMTP send', { kind: 'client', attributes }, () => transport.sendMail(message))
      } catch (error) {
        throw mailFailure(error)
      }
    },
    close: () => transport.close(),
  }
}

/** What nodemailer says of a failure. */
interface SmtpError {
  message: string
  code?: string
  command?: string
  responseCode?: number
}

/**
 * What an SMTP failure means. Only a refusal with 5xx of this recipient or this content is final: a
 * server that refuses our connection, our login or our sender is one that somebody has to mend.
 */
export function mailFailure(error: unknown): DeliveryFailure {
  const { code, command, responseCode, message } = error as SmtpError
  const permanent = responseCode !== undefined && responseCode >= 500
  if (permanent && command === 'RCPT TO') return new DeliveryFailure('recipient', message, { cause: error })
  if (permanent && command === 'DATA') return new DeliveryFailure('message', message, { cause: error })
  if (code === 'EENVELOPE' && command === 'API')
    return new DeliveryFailure('recipient', 'The e-mail address cannot be written to.', { cause: error })
  if (command === 'RCPT TO')
    return new DeliveryFailure('temporary', message, { broken: 'address', cause: error })
  return new DeliveryFailure('temporary', message, { cause: error })
}
