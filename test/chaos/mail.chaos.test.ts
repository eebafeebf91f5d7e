import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import { describe, expect, it } from 'vitest'
import { eventually } from '../support/api.ts'
import { createWorld, expectStatus, type Local } from '../support/world.ts'

const MAILS = 60
const SENDERS = 6
/** What a mail needs on its way from the door into its ticket. */
const VICTIMS = ['gateway', 'ticket', 'ticketWorker', 'mongodb']
/** Large enough that a kill meets mails in the middle of their stream. */
const PADDING = `${'padding '.repeat(9)}\r\n`.repeat(2000)

const local = async (): Promise<Local> =>
  JSON.parse(await readFile(process.env.ONUS_LOCAL_JSON ?? '', 'utf8')) as Local

/** A mail server that does its duty: it sends again until it is told 250. */
async function deliver(raw: string, to: string): Promise<void> {
  await eventually(
    'a 250',
    async () => {
      const [host, port] = (await local()).inboundSmtp.replace(/^smtp:\/\//, '').split(':')
      const transport = createTransport({ host, port: Number(port), ignoreTLS: true, socketTimeout: 30_000 })
      try {
        await transport.sendMail({ envelope: { from: 'a@sender.example', to }, raw })
        return true
      } catch (error) {
        const code = (error as { responseCode?: number }).responseCode
        if (code !== undefined && code >= 500) throw new Error(`refused for good: ${code}`, { cause: error })
        return false
      } finally {
        transport.close()
      }
    },
    180_000,
  )
}

describe('while the processes on a mail’s way are killed in turn', () => {
  it('every mail becomes exactly one ticket, whole', { timeout: 600_000 }, async () => {
    const world = await createWorld()
    const to = world.departments.Support?.address ?? ''
    let sent = 0
    let kept = 0
    const sender = async () => {
      while (sent < MAILS) {
        const n = sent++
        const head = `From: a@sender.example\r\nSubject: Mail ${n}\r\nMessage-ID: <${n}@${world.domain}>\r\n\r\n`
        await deliver(`${head}Begin ${n}\r\n${PADDING}End ${n}\r\n`, to)
        kept++
      }
    }
    const sending = Promise.all(Array.from({ length: SENDERS }, sender))
    for (const [index, victim] of VICTIMS.entries()) {
      const share = ((index + 1) * MAILS) / (VICTIMS.length + 1)
      await eventually('the next share of mails', () => kept >= share, 240_000)
      const pid = (await local()).pids[victim]
      if (!pid) throw new Error(`no pid for ${victim}`)
      process.kill(pid, 'SIGKILL')
      await eventually(
        `${victim} to be started again`,
        async () => {
          const now = await local().then(
            ({ pids }) => pids[victim],
            () => undefined,
          )
          return now !== undefined && now !== pid
        },
        120_000,
      )
    }
    await sending

    const subjects = async (): Promise<string[]> => {
      const page = expectStatus(await world.owner.api.get('/tickets?limit=200'), 200)
      return page.items.map(({ subject }: { subject: string }) => subject).sort()
    }
    await eventually('all tickets', async () => (await subjects()).length >= MAILS, 120_000)
    // One too many would come late.
    await sleep(3000)
    const expected = Array.from({ length: MAILS }, (_, n) => `Mail ${n}`).sort()
    expect(await subjects()).toEqual(expected)
    const { items } = expectStatus(await world.owner.api.get('/tickets?limit=200'), 200)
    for (const { id, subject } of items) {
      const n = subject.replace('Mail ', '')
      const messages = expectStatus(await world.owner.api.get(`/tickets/${id}/messages`), 200).items
      expect(messages).toHaveLength(1)
      expect(messages[0].body.startsWith(`Begin ${n}\n`), subject).toBe(true)
      expect(messages[0].body.endsWith(`End ${n}`), subject).toBe(true)
    }
    expect(expectStatus(await world.owner.api.get('/inbound/unreadable'), 200).items).toEqual([])
  })
})
