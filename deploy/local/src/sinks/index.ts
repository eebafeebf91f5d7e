import { takePort } from '../ports.ts'
import { startControl } from './control.ts'
import { startMailSink } from './mail.ts'
import { type PushCredentials, type PushReceiver, startPushSink } from './push/index.ts'
import { type SlackReceiver, startSlackSink } from './slack/index.ts'

export interface Sinks {
  /** Where services send to. */
  smtpUrl: string
  slackApiUrl: string
  /** FCM (with its token endpoint at `/token`) and web push; APNs speaks HTTP/2 on a port of its own. */
  pushUrl: string
  apnsUrl: string
  /** Where people and tests read what came, and change the manners. */
  mailSinkUrl: string
  slackSinkUrl: string
  pushSinkUrl: string
  /** The receivers themselves, for tests in this process. */
  slack: SlackReceiver
  push: PushReceiver
  close(): Promise<void>
}

export interface SinkOptions {
  ports?: { control?: number; smtp?: number }
  /** File that keeps the ids of people in Slack. */
  slackMemory?: string
  /** Signs what is pressed in Slack. */
  slackSigningSecret?: string
  /** Whose push messages are taken. */
  push?: PushCredentials
}

/** Starts the receivers of mail, Slack messages and pushes on loopback. */
export async function startSinks(options: SinkOptions = {}): Promise<Sinks> {
  const { ports = {}, slackMemory, slackSigningSecret } = options
  const mail = await startMailSink(ports.smtp ?? (await takePort()))
  const slack = await startSlackSink(await takePort(), {
    memory: slackMemory,
    signingSecret: slackSigningSecret,
  })
  const push = await startPushSink({ http: await takePort(), apns: await takePort() }, options.push)
  const controlPort = ports.control ?? (await takePort())
  const control = await startControl(controlPort, { mail, slack, push })
  const readable = `http://127.0.0.1:${controlPort}`
  return {
    smtpUrl: `smtp://127.0.0.1:${mail.port}`,
    slackApiUrl: `http://127.0.0.1:${slack.port}/api`,
    pushUrl: push.url,
    apnsUrl: push.apnsUrl,
    mailSinkUrl: `${readable}/mail`,
    slackSinkUrl: `${readable}/slack`,
    pushSinkUrl: `${readable}/push`,
    slack,
    push,
    close: async () => {
      await Promise.all([control.close(), mail.close(), slack.close(), push.close()])
    },
  }
}
