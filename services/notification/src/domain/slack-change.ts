import { problems } from '@onus/kit/problems'

/** What an admin wants changed of the Slack connection. Undefined stays as it is, null is removed. */
export interface SlackChange {
  workspace: string
  botToken?: string | null
  signingSecret?: string | null
  webhookUrl?: string | null
}

/** Slack's bot tokens; user and app tokens cannot write to people as the app. */
const BOT_TOKEN = /^xoxb-[A-Za-z0-9-]{10,200}$/
const SIGNING_SECRET = /^[0-9a-f]{32}$/i
const LONGEST_URL = 500

interface Asked {
  workspace: string
  botToken?: string | undefined
  signingSecret?: string | undefined
  webhookUrl?: string | undefined
}

/** Reads what was asked for, an empty text as "remove it". @throws Problem naming every wrong field */
export function slackChange(asked: Asked): SlackChange {
  const errors: { field: string; message: string }[] = []
  const check = (field: string, ok: boolean, message: string) => {
    if (!ok) errors.push({ field, message })
  }
  const { botToken, signingSecret, webhookUrl, workspace } = asked
  check('workspace', workspace.length <= 200, 'must have at most 200 characters')
  if (botToken) check('botToken', BOT_TOKEN.test(botToken), 'must be a bot token; Slack’s begin with "xoxb-"')
  if (signingSecret)
    check(
      'signingSecret',
      SIGNING_SECRET.test(signingSecret),
      'must be the 32 characters (0-9, a-f) that the app’s page "Basic Information" shows as Signing Secret',
    )
  if (webhookUrl)
    check(
      'webhookUrl',
      webhookUrl.length <= LONGEST_URL && isWebAddress(webhookUrl),
      'must be the URL that the app’s page "Incoming Webhooks" shows; it begins with "https://hooks.slack.com/services/"',
    )
  if (errors.length) throw problems.invalid(errors)
  return {
    workspace,
    ...(botToken !== undefined && { botToken: botToken || null }),
    ...(signingSecret !== undefined && { signingSecret: signingSecret || null }),
    ...(webhookUrl !== undefined && { webhookUrl: webhookUrl || null }),
  }
}

/** Where it leads is judged when it is called: names change their addresses. */
function isWebAddress(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password } = new URL(value)
  return /^https?:$/.test(protocol) && !username && !password
}
