import type { DirectoryReader } from '@onus/kit/directory'
import { newId } from '@onus/kit/ids'
import { problems } from '@onus/kit/problems'
import type { Slack } from '../channels/slack.ts'
import { asFailure } from '../domain/failure.ts'
import { channelText } from '../render/channel-texts.ts'
import { escapeSlack } from '../render/escape.ts'
import type { SlackMessage } from '../render/slack.ts'
import type { Integrations } from '../store/integrations.ts'

export interface ProbeDeps {
  slack: Pick<Slack, 'send' | 'post' | 'webhook'>
  integrations: Pick<Integrations, 'slackSecrets'>
  directory: DirectoryReader
}

export interface Probe {
  accountId: string
  /** Who asks. */
  by: { id: string; name: string; locale?: string }
  channel?: string | undefined
  webhook: boolean
}

const MOST_CHANNEL = 80

/** Writes one message now, outside of the ledger; says what Slack calls its refusal. */
export function createSlackProbe({ slack, integrations, directory }: ProbeDeps) {
  return async ({ accountId, by, channel, webhook }: Probe): Promise<{ ok: boolean; error: string }> => {
    if (channel !== undefined && (channel.trim() === '' || channel.length > MOST_CHANNEL))
      throw problems.invalid([{ field: 'channel', message: `Give 1 to ${MOST_CHANNEL} characters.` }])
    const { botToken, webhookUrl } = await integrations.slackSecrets(accountId)
    const message = testMessage(by)
    try {
      if (webhook) {
        if (!webhookUrl) return { ok: false, error: 'no_service' }
        await slack.webhook(webhookUrl, message)
      } else {
        if (!botToken) return { ok: false, error: 'no_token' }
        if (channel !== undefined) await slack.post(botToken, channel.trim(), message)
        else {
          const email = (await directory.snapshot(accountId)).agent(by.id)?.email
          if (!email) return { ok: false, error: 'users_not_found' }
          await slack.send(botToken, email, message)
        }
      }
      return { ok: true, error: '' }
    } catch (thrown) {
      return { ok: false, error: nameOf(asFailure(thrown).message) }
    }
  }
}

/** `Slack chat.postMessage: invalid_auth` is `invalid_auth`; what has no name of Slack's did not reach it. */
const nameOf = (message: string): string => /: ([a-z][a-z_]{2,60})$/.exec(message)?.[1] ?? 'unreachable'

function testMessage({ name, locale }: Probe['by']): SlackMessage {
  const text = channelText(locale, 'slack.test', { name: escapeSlack(name) })
  return {
    text,
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
    client_msg_id: newId(),
    metadata: { event_type: 'onus_test', event_payload: {} },
    unfurl_links: false,
  }
}
