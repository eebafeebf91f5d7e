import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { deliveryHealthQuery, useDirectory } from '../api/queries.ts'
import type { DeliveryHealth } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { ExactTime, RelativeTime } from '../i18n/time.tsx'
import { NoticeError } from '../notices/delivery.tsx'
import { LoadError, Spinner } from '../ui/feedback.tsx'
import { Icon } from '../ui/icons.tsx'

type Provider = DeliveryHealth['providers'][number]
type Broken = DeliveryHealth['broken'][number]

/** What delivers badly now: providers, and the account's own addresses and tokens. */
export function DeliveryHealthCard() {
  const t = useT()
  const { data, error, isPending, refetch } = useQuery(deliveryHealthQuery)
  return (
    <section className="card form-page" aria-label={t('delivery.title')}>
      <h2>{t('delivery.title')}</h2>
      {isPending ? (
        <Spinner />
      ) : data === undefined ? (
        <LoadError error={error} retry={() => void refetch()} />
      ) : (
        <Health health={data} />
      )}
    </section>
  )
}

function Health({ health: { providers, broken } }: { health: DeliveryHealth }) {
  const t = useT()
  const failing = providers.filter(({ state }) => state === 'failing')
  return (
    <>
      {failing.length === 0 ? (
        <p className="note note-good">
          <Icon name="check" />
          {t('delivery.all_work')}
        </p>
      ) : (
        <ul className="entries" aria-label={t('delivery.failing')}>
          {failing.map((provider) => (
            <ProviderEntry key={`${provider.name} ${provider.host}`} provider={provider} />
          ))}
        </ul>
      )}
      {broken.length > 0 && (
        <>
          <h3 className="field-label">{t('delivery.broken')}</h3>
          <ul className="entries" aria-label={t('delivery.broken')}>
            {broken.map((place, index) => (
              <BrokenEntry key={index} place={place} />
            ))}
          </ul>
        </>
      )}
    </>
  )
}

function ProviderEntry({ provider: { name, host, failingSince, nextTryAt, error } }: { provider: Provider }) {
  const { t, word } = useLanguage()
  return (
    <Entry error={error} nextTryAt={nextTryAt}>
      <span>
        {word('delivery_provider', name)} {host && <bdi dir="ltr">{host}</bdi>}
      </span>
      {failingSince && (
        <span className="muted">
          {t('webhook.failing_since')} <ExactTime at={failingSince} />
        </span>
      )}
    </Entry>
  )
}

function BrokenEntry({ place: { kind, agentId, failures, dead, nextTryAt, error } }: { place: Broken }) {
  const { t, word } = useLanguage()
  const agent = useDirectory().agent(agentId)
  return (
    <Entry error={error} nextTryAt={dead ? undefined : nextTryAt}>
      <span>
        {word('delivery_kind', kind)}
        {agentId && ' · '}
        {agent ? (
          <Link href={`/configuration/agents/${agent.id}`}>
            <bdi>{agent.name}</bdi>
          </Link>
        ) : (
          agentId && t('name.unknown_agent')
        )}
      </span>
      <span className="muted">{t('delivery.failures', { count: failures })}</span>
      {dead && <span className="danger-text">{t('delivery.dead')}</span>}
    </Entry>
  )
}

function Entry(props: { error: string | undefined; nextTryAt: string | undefined; children: ReactNode }) {
  const { error, nextTryAt, children } = props
  const t = useT()
  return (
    <li>
      <span className="entry-text">
        {children}
        {nextTryAt && (
          <span className="muted">
            {t('webhook.next_try')} <RelativeTime at={nextTryAt} style="long" />
          </span>
        )}
        <NoticeError error={error} />
      </span>
    </li>
  )
}
