import { NOTICE_CHANNELS } from '@onus/workflows-contract/notify'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link, useLocation, useSearch } from 'wouter'
import { useDirectory } from '../api/queries.ts'
import type { Notice } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { NoticeError, NoticeState, ResendButton, useRecipientName } from '../notices/delivery.tsx'
import { TicketLink } from '../notices/ticket-link.tsx'
import { Button, Select } from '../ui/controls.tsx'
import { DeliveryHealthCard } from './delivery-health.tsx'
import { type LedgerFilter, ledgerQuery, NOTICE_STATES, readLedgerFilter } from './ledger-model.ts'
import { Paged } from './paged.tsx'
import { DataTable, useFocusWhenLost } from './parts.tsx'

const PATH = '/notifications'

/** Whether notices arrive, and what became of each, of the whole account. */
export function LedgerPage() {
  return (
    <div className="stack">
      <DeliveryHealthCard />
      <Ledger />
    </div>
  )
}

function Ledger() {
  const t = useT()
  const client = useQueryClient()
  const { agents } = useDirectory()
  const [location, navigate] = useLocation()
  const filter = readLedgerFilter(
    useSearch(),
    agents.map(({ id }) => id),
  )
  const query = ledgerQuery(filter)
  const [resent, setResent] = useState(0)
  const heading = useFocusWhenLost(`${query} ${resent}`)
  const reload = async () => {
    await client.invalidateQueries({ queryKey: [PATH] })
    setResent((count) => count + 1)
  }
  const show = (next: string) => navigate(next ? `${location}?${next}` : location, { replace: true })
  return (
    <section className="ledger" aria-label={t('ledger.title')}>
      <h2 ref={heading} tabIndex={-1} className="section-title">
        {t('ledger.title')}
      </h2>
      <Filters filter={filter} onChange={(next) => show(ledgerQuery({ ...filter, ...next }))}>
        {query !== '' && (
          <Button look="quiet" onPress={() => show('')}>
            {t('audit.show_all')}
          </Button>
        )}
      </Filters>
      <Paged<Notice>
        key={query}
        path={PATH}
        query={query}
        empty={t(query === '' ? 'ledger.none' : 'ledger.none_such')}
      >
        {(notices) => <Lines notices={notices} onSent={reload} />}
      </Paged>
    </section>
  )
}

function Filters(props: {
  filter: LedgerFilter
  onChange: (next: Partial<LedgerFilter>) => void
  children: ReactNode
}) {
  const { filter, onChange, children } = props
  const { t, word } = useLanguage()
  const { agents } = useDirectory()
  return (
    <search className="audit-filters" aria-label={t('ledger.narrow')}>
      <Select
        label={t('field.status')}
        value={filter.state}
        onChange={(state) => onChange({ state })}
        options={[
          { value: '', label: t('webhook.every_state') },
          ...NOTICE_STATES.map((value) => ({ value, label: word('notice_state', value) })),
        ]}
      />
      <Select
        label={t('aside.channel')}
        value={filter.channel}
        onChange={(channel) => onChange({ channel })}
        options={[
          { value: '', label: t('ledger.any_channel') },
          ...NOTICE_CHANNELS.map((value) => ({ value, label: word('notice_channel', value) })),
        ]}
      />
      <Select
        label={t('field.agent')}
        value={filter.agentId}
        onChange={(agentId) => onChange({ agentId })}
        options={[
          { value: '', label: t('filter.any_agent') },
          ...agents.map(({ id, name }) => ({ value: id, label: name })),
        ]}
      />
      {children}
    </search>
  )
}

function Lines({ notices, onSent }: { notices: Notice[]; onSent: () => Promise<unknown> }) {
  const { t, word } = useLanguage()
  return (
    <DataTable
      caption={t('ledger.title')}
      head={[
        t('audit.at'),
        t('ledger.recipient'),
        t('webhook.event'),
        t('aside.channel'),
        t('field.status'),
        t('column.ticket'),
      ]}
    >
      {notices.map((notice) => (
        <tr key={notice.id}>
          <td className="muted">
            <ExactTime at={notice.createdAt} />
          </td>
          <th scope="row">
            <Recipient notice={notice} />
          </th>
          <td>{word('event', notice.event)}</td>
          <td>{word('notice_channel', notice.channel)}</td>
          <td>
            <NoticeState notice={notice} /> <NoticeError error={notice.error} />{' '}
            <ResendButton notice={notice} onSent={onSent} />
          </td>
          <td className="break">
            <TicketLink ticketId={notice.ticketId} />
          </td>
        </tr>
      ))}
    </DataTable>
  )
}

function Recipient({ notice: { recipient } }: { notice: Notice }) {
  const name = <bdi>{useRecipientName(recipient)}</bdi>
  const agent = useDirectory().agent(recipient.agentId)
  return agent ? <Link href={`/configuration/agents/${agent.id}`}>{name}</Link> : name
}
