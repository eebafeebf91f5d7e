import type { Collection, Db } from 'mongodb'
import type { SealedText, SecretBox } from './secrets.ts'

/** An account's Slack workspace, without its token. */
export interface SlackConnection {
  workspace: string
  /** The first characters of the token. */
  hint: string
  updatedAt: string
}

/** What an account connected to. */
export interface Integrations {
  slack(accountId: string): Promise<SlackConnection | null>
  /** The account's bot token, or the installation's; undefined when there is neither. */
  slackToken(accountId: string): Promise<string | undefined>
  setSlack(accountId: string, workspace: string, token: string, at: string): Promise<SlackConnection>
  deleteSlack(accountId: string): Promise<boolean>
}

interface SlackDocument extends SlackConnection {
  /** The account. */
  _id: string
  token: SealedText
}

/** Integrations in MongoDB, tokens encrypted. `fallback` serves accounts that connected nothing. */
export function createIntegrations(db: Db, box: SecretBox, fallback?: string): Integrations {
  const slack: Collection<SlackDocument> = db.collection('slack_integrations')
  const view = ({ workspace, hint, updatedAt }: SlackDocument) => ({ workspace, hint, updatedAt })
  return {
    async slack(accountId) {
      const document = await slack.findOne({ _id: accountId })
      return document && view(document)
    },
    async slackToken(accountId) {
      const document = await slack.findOne({ _id: accountId })
      return document ? box.open(document.token, accountId) : fallback
    },
    async setSlack(accountId, workspace, token, at) {
      const document: SlackDocument = {
        _id: accountId,
        workspace,
        hint: `${token.slice(0, 8)}…`,
        token: box.seal(token, accountId),
        updatedAt: at,
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
