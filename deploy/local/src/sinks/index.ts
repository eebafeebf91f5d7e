import { takePort } from '../ports.ts'
import { startControl } from './control.ts'
import { startMailSink } from './mail.ts'
import { startPushSink } from './push.ts'
import { startSlackSink } from './slack.ts'

export interface Sinks {
  /** Where services send to. */
  smtpUrl: string
  slackApiUrl: string
  pushUrl: string
  /** Where people and tests read what came, and change the manners. */
  mailSinkUrl: string
  slackSinkUrl: string
  pushSinkUrl: string
  close(): Promise<void>
}

/** Starts the receivers of mail, Slack messages and pushes on loopback. */
export async function startSinks(
  options: { ports?: { control?: number; smtp?: number }; slackMemory?: string } = {},
): Promise<Sinks> {
  const { ports = {}, slackMemory } = options
  const mail = await startMailSink(ports.smtp ?? (await takePort()))
  const slack = await startSlackSink(await takePort(), slackMemory)
  const push = await startPushSink(await takePort())
  const controlPort = ports.control ?? (await takePort())
  const control = await startControl(controlPort, { mail, slack, push })
  const readable = `http://127.0.0.1:${controlPort}`
  return {
    smtpUrl: `smtp://127.0.0.1:${mail.port}`,
    slackApiUrl: `http://127.0.0.1:${slack.port}/api`,
    pushUrl: `http://127.0.0.1:${push.port}`,
    mailSinkUrl: `${readable}/mail`,
    slackSinkUrl: `${readable}/slack`,
    pushSinkUrl: `${readable}/push`,
    close: async () => {
      await Promise.all([control.close(), mail.close(), slack.close(), push.close()])
    },
  }
}
