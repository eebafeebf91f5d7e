import type { Local } from './local.ts'

/** The one screen that a start ends with: where everything is, and three commands to try. */
export function screen(local: Local, dir: string, seconds: number): string {
  const { demo, baseUrl } = local
  const department = demo.departments[0]
  const agent = demo.agents.find(({ role, email }) => role === 'agent' && email.startsWith('sam@'))
  const key = agent?.apiKey ?? demo.agents[0]?.apiKey
  const body = JSON.stringify({
    subject: 'My invoice is wrong',
    body: 'It says 12 instead of 10.',
    channel: 'web_form',
    contact: { email: 'carla@contact.example', name: 'Carla' },
    departmentId: department?.id,
  })
  return `
Onus is ready (${seconds.toFixed(1)} s). Ctrl-C stops it and loses nothing.

  API            ${baseUrl}/api/v1   (OpenAPI: ${baseUrl}/api/v1/openapi.json)
  Temporal UI    ${local.temporalUiUrl ?? 'not here'}
  Sent mail      ${local.mailSinkUrl}
  Slack          ${local.slackSinkUrl}
  Mail comes in  ${local.inboundSmtp}   (for example to support@${demo.agents[0]?.email.split('@')[1]})
  Kafka          ${local.kafkaBrokers}
  Sign-in        ${local.oidcIssuer}
  Everything     ${dir}/local.json   (with the demo's keys), logs in ${dir}/logs

Try, in another terminal: create a ticket in ${department?.name}, claim it as ${agent?.name}, see its timeline.

  KEY=${key}
  ID=$(curl -s ${baseUrl}/api/v1/tickets -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '${body}' | node -p 'JSON.parse(fs.readFileSync(0)).id'); echo $ID
  curl -s -X POST ${baseUrl}/api/v1/tickets/$ID/claim -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{}'
  curl -s ${baseUrl}/api/v1/tickets/$ID/timeline -H "Authorization: Bearer $KEY" -H 'Accept-Language: en'

Or see the whole story: npm run demo
`
}
