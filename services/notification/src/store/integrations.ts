import type { Collection, Db } from 'mongodb'
import type { SlackChange } from '../domain/slack-change.ts'
import type { SealedText, SecretBox } from './secrets.ts'

/** An account's Slack workspace, without its secrets. */
export interface SlackConnection {
  workspace: string
  /** The first characters of the bot token; empty when there is none. */
  hint: string
  updatedAt: string
  /** There is a signing secret, so that buttons work. */
  interactive: boolean
  /** There is an incoming webhook. */
  webhook: boolean
}

/** What Slack is called with. */
export interface SlackSecrets {
  botToken?: string | undefined
  signingSecret?: string | undefined
  webhookUrl?: string | undefined
}

/** What an account connected to. */
export interface Integrations {
  slack(accountId: string): Promise<SlackConnection | null>
  /** The account's own, or the installation's; empty when there is neither. */
  slackSecrets(accountId: string): Promise<SlackSecrets>
  /** The account's bot token, or the installation's; undefined when there is neither. */
  slackToken(accountId: string): Promise<string | undefined>
  /** Null, and nothing written, when neither a bot token nor a webhook would be left. */
  setSlack(accountId: string, change: SlackChange, at: string): Promise<SlackConnection | null>
  deleteSlack(accountId: string): Promise<boolean>
}

interface SlackDocument {
  /** The account. */
  _id: string
  workspace: string
  hint: string
  updatedAt: string
  token?: SealedText
  signingSecret?: SealedText
  webhookUrl?: SealedText
}

/** Integrations in MongoDB, secrets encrypted. `fallback` serves accounts that connected nothing. */
export function createIntegrations(db: Db, box: SecretBox, fallback: SlackSecrets = {}): Integrations {
  const slack: Collection<SlackDocument> = db.collection('slack_integrations')
  const view = ({ workspace, hint, updatedAt, signingSecret, webhookUrl }: SlackDocument) => ({
    workspace,
    hint,
    updatedAt,
    interactive: signingSecret !== undefined,
    webhook: webhookUrl !== undefined,
  })

  async function slackSecrets(accountId: string): Promise<SlackSecrets> {
    const document = await slack.findOne({ _id: accountId })
    if (!document) return fallback
    const open = (sealed: SealedText | undefined) => sealed && box.open(sealed, accountId)
    return {
      botToken: open(document.token),
      signingSecret: open(document.signingSecret),
      webhookUrl: open(document.webhookUrl),
    }
  }

  return {
    async slack(accountId) {
      const document = await slack.findOne({ _id: accountId })
      return document && view(document)
    },
    slackSecrets,
    slackToken: async (accountId) => (await slackSecrets(accountId)).botToken,
    async setSlack(accountId, { workspace, botToken, signingSecret, webhookUrl }, at) {
      const before = await slack.findOne({ _id: accountId })
      const kept = (given: string | null | undefined, former: SealedText | undefined) =>
        given === undefined ? former : given === null ? undefined : box.seal(given, accountId)
      const token = kept(botToken, before?.token)
      const secret = kept(signingSecret, before?.signingSecret)
      const webhook = kept(webhookUrl, before?.webhookUrl)
      if (!token && !webhook) return null
      const document: SlackDocument = {
        _id: accountId,
        workspace,
        hint: botToken ? `${botToken.slice(0, 8)}…` : token ? (before?.hint ?? '') : '',
        updatedAt: at,
        ...(token && { token }),
        ...(secret && { signingSecret: secret }),
        ...(webhook && { webhookUrl: webhook }),
      }
      await slack.replaceOne({ _id: accountId }, document, { upsert: true })
      return view(document)
    },
    async deleteSlack(accountId) {
      const { deletedCount } = await slack.deleteOne({ _id: accountId })
      return deletedCount === 1
    },
  }
}
