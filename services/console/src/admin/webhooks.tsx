import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link, useLocation } from 'wouter'
import { getAll, post } from '../api/client.ts'
import { useDirectory } from '../api/queries.ts'
import type { Webhook, WebhookWithSecret } from '../api/types.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { Empty, LoadError, Spinner } from '../ui/feedback.tsx'
import { DataTable, EditorForm } from './parts.tsx'
import {
  ALL,
  healthOf,
  isAddress,
  shortType,
  type WebhookDraft,
  type WebhookHealth,
  webhookBody,
  webhookDraft,
} from './webhook-model.ts'
import { SecretDialog, WebhookFields } from './webhook-parts.tsx'

export const WEBHOOKS = '/configuration/webhooks'

const TONES: Record<WebhookHealth, string> = {
  ok: 'good',
  failing: 'warn',
  resting: 'warn',
  failed: 'bad',
  gone: 'bad',
  off: 'plain',
}

export function HealthState({ webhook }: { webhook: Webhook }) {
  const { word } = useLanguage()
  const health = healthOf(webhook, Date.now())
  return <span className={`state state-${TONES[health]}`}>{word('webhook_health', health)}</span>
}

/** Where events are sent to, and how each of them is. */
export function WebhooksPage() {
  const { t, intl } = useLanguage()
  const directory = useDirectory()
  const webhooks = useQuery({
    queryKey: ['webhooks'],
    queryFn: ({ signal }) => getAll<Webhook>('/webhooks', { signal }),
    staleTime: 0,
  })
  if (webhooks.isPending) return <Spinner />
  if (!webhooks.data) return <LoadError error={webhooks.error} retry={() => void webhooks.refetch()} />
  return (
    <>
      <div className="toolbar">
        <Link className="button button-primary" href={`${WEBHOOKS}/new`}>
          {t('webhook.new')}
        </Link>
      </div>
      {webhooks.data.length === 0 ? (
        <Empty title={t('webhook.none')}>
          <p>{t('webhook.none_text')}</p>
        </Empty>
      ) : (
        <DataTable
          caption={t('admin.webhooks')}
          head={[
            t('webhook.url'),
            t('webhook.events'),
            t('field.department'),
            t('field.status'),
            t('aside.created'),
          ]}
        >
          {webhooks.data.map((webhook) => (
            <tr key={webhook.id}>
              <th scope="row" className="address">
                <Link href={`${WEBHOOKS}/${webhook.id}`}>
                  <bdi dir="ltr">{webhook.url}</bdi>
                </Link>
              </th>
              <td>
                {webhook.events.includes(ALL) ? (
                  t('webhook.all_events')
                ) : webhook.events.length > 2 ? (
                  t('webhook.event_count', { count: webhook.events.length })
                ) : (
                  <bdi dir="ltr">{intl.formatList(webhook.events.map(shortType))}</bdi>
                )}
              </td>
              <td>
                {webhook.departmentId ? (
                  <bdi>
                    {directory.department(webhook.departmentId)?.name ?? t('name.unknown_department')}
                  </bdi>
                ) : (
                  <span className="muted">{t('profile.all_departments')}</span>
                )}
              </td>
              <td>
                <HealthState webhook={webhook} />
              </td>
              <td className="muted">
                <ExactTime at={webhook.createdAt} />
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </>
  )
}

/** A new one: its secret is shown once, before its page. */
export function NewWebhookPage() {
  const { t } = useLanguage()
  const [, navigate] = useLocation()
  const [draft, setDraft] = useState<WebhookDraft>(() => webhookDraft(undefined))
  const [made, setMade] = useState<WebhookWithSecret | null>(null)
  return (
    <>
      <EditorForm
        back={WEBHOOKS}
        invalidate="webhooks"
        valid={made === null && isAddress(draft.url) && webhookBody(draft).events.length > 0}
        fields={['url', 'events', 'departmentId']}
        submit={t('action.create')}
        save={() => post<WebhookWithSecret>('/webhooks', webhookBody(draft))}
        onSaved={(saved) => setMade(saved as WebhookWithSecret)}
      >
        <WebhookFields draft={draft} onChange={setDraft} />
      </EditorForm>
      {made && (
        <SecretDialog webhook={made} onClose={() => navigate(`${WEBHOOKS}/${made.id}`, { replace: true })} />
      )}
    </>
  )
}
