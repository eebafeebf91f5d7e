import { createConnection } from 'node:net'
import nodemailer from 'nodemailer'
import { eventually } from './api.ts'

/** A mail as the sink lists it. */
export interface SunkMail {
  from: string
  to: string | string[]
  subject: string
  text: string
  html?: string
  headers: Record<string, string>
}

/** Hands a raw mail to an SMTP address (`host:port`), as a mail server would. */
export async function sendRaw(
  address: string,
  envelope: { from: string; to: string | string[] },
  raw: string,
): Promise<void> {
  const [host, port] = splitAddress(address)
  const transport = nodemailer.createTransport({ host, port, secure: false, ignoreTLS: true })
  try {
    await transport.sendMail({ envelope, raw: raw.replace(/\r?\n/g, '\r\n') })
  } finally {
    transport.close()
  }
}

/** Speaks SMTP line by line and gives the reply to the last line. */
export async function smtpDialogue(address: string, lines: string[]): Promise<string> {
  const [host, port] = splitAddress(address)
  const socket = createConnection({ host, port })
  socket.setEncoding('utf8')
  const replies = (async function* () {
    let buffer = ''
    for await (const chunk of socket) {
      buffer += chunk
      let end = buffer.indexOf('\r\n')
      while (end >= 0) {
        const line = buffer.slice(0, end)
        buffer = buffer.slice(end + 2)
        if (!/^\d{3}-/.test(line)) yield line
        end = buffer.indexOf('\r\n')
      }
    }
  })()
  let reply = (await replies.next()).value ?? ''
  for (const line of lines) {
    socket.write(`${line}\r\n`)
    reply = (await replies.next()).value ?? ''
  }
  socket.destroy()
  return reply
}

function splitAddress(address: string): [string, number] {
  const [, host = '127.0.0.1', port = '25'] = /^(?:smtp:\/\/)?(.*):(\d+)$/.exec(address) ?? []
  return [host, Number(port)]
}

/** All mails in the sink that `matches` accepts, oldest first. */
export async function sunkMails(sinkUrl: string, matches: (mail: SunkMail) => boolean): Promise<SunkMail[]> {
  const response = await fetch(sinkUrl, { headers: { accept: 'application/json' } })
  return ((await response.json()) as SunkMail[]).filter(matches)
}

/** Waits for one mail in the sink. */
export function mailArrives(
  what: string,
  sinkUrl: string,
  matches: (mail: SunkMail) => boolean,
  timeoutMs = 20_000,
): Promise<SunkMail> {
  return eventually(what, async () => (await sunkMails(sinkUrl, matches))[0], timeoutMs)
}

/** Whom a mail is for, as one string. */
export const recipients = (mail: SunkMail): string =>
  Array.isArray(mail.to) ? mail.to.join(', ') : String(mail.to)
