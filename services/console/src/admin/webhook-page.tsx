import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { ApiError, get, patch, post, remove } from '../api/client.ts'
import type { Page, Webhook, WebhookDelivery, WebhookReplay, WebhookWithSecret } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { ExactTime, RelativeTime } from '../i18n/time.tsx'
import { Button, Segmented, Select, TextField } from '../ui/controls.tsx'
import { Empty, ErrorNote, explain, LoadError, Spinner, toast } from '../ui/feedback.tsx'
import { At } from '../ui/field-errors.tsx'
import { Icon } from '../ui/icons.tsx'
import { Dialog, FormDialog } from '../ui/overlay.tsx'
import { momentOf } from './away-model.ts'
import { EditorForm } from './parts.tsx'
import { changesOf, conflictsOf } from './stale.ts'
import {
  healthOf,
  isAddress,
  mayResend,
  readable,
  shortType,
  webhookBody,
  webhookDraft,
} from './webhook-model.ts'
import { SecretDialog, WebhookFields } from './webhook-parts.tsx'
import { HealthState, WEBHOOKS } from './webhooks.tsx'

const POLL_MS = 5_000

/** One webhook: how it is and what helps, what was sent, and its settings. */
export function WebhookPage({ id }: { id: string }) {
  const t = useT()
  const client = useQueryClient()
  const [version, setVersion] = useState(0)
  const path = `/webhooks/${encodeURIComponent(id)}`
  const webhook = useQuery({
    queryKey: ['webhooks', id],
    queryFn: ({ signal }) => get<Webhook>(path, { signal }),
    refetchInterval: POLL_MS,
    staleTime: 0,
  })
  if (webhook.isPending) return <Spinner />
  if (!webhook.data) {
    if (webhook.error instanceof ApiError && webhook.error.status === 404) return <p>{t('not_found.text')}</p>
    return <LoadError error={webhook.error} retry={() => void webhook.refetch()} />
  }
  const reload = () => client.invalidateQueries({ queryKey: ['webhooks'] })
  return (
    <div className="stack">
      <p>
        <Link href={WEBHOOKS} className="back-link">
          <Icon name="back" /> {t('admin.webhooks')}
        </Link>
      </p>
      <StateCard webhook={webhook.data} path={path} onChanged={reload} />
      <Deliveries path={path} id={id} />
      <SettingsForm
        key={version}
        webhook={webhook.data}
        path={path}
        onReload={() => void reload().then(() => setVersion(version + 1))}
      />
    </div>
  )
}

/** How it is, why, what to do about it, and what can be tried. */
function StateCard(props: { webhook: Webhook; path: string; onChanged: () => Promise<void> }) {
  const { webhook, path, onChanged } = props
  const { t, word, intl } = useLanguage()
  const client = useQueryClient()
  const health = healthOf(webhook, Date.now())
  const [busy, setBusy] = useState<'test' | 'activate' | null>(null)
  const [tested, setTested] = useState<WebhookDelivery | null>(null)
  const [error, setError] = useState<unknown>(null)
  const [rotating, setRotating] = useState(false)
  const [replaying, setReplaying] = useState(false)
  const [secret, setSecret] = useState<WebhookWithSecret | null>(null)
  const run = async (what: 'test' | 'activate', work: () => Promise<void>) => {
    setBusy(what)
    setError(null)
    try {
      await work()
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy(null)
    }
  }
  const test = () =>
    run('test', async () => {
      setTested(null)
      setTested(await post<WebhookDelivery>(`${path}/test`))
      await client.invalidateQueries({ queryKey: ['deliveries', webhook.id] })
    })
  const activate = () =>
    run('activate', async () => {
      await patch(path, { active: true })
      await onChanged()
      toast(t('profile.saved'))
    })
  return (
    <section className="card form-page" aria-labelledby="webhook-url">
      <div className="card-head">
        <h2 id="webhook-url" className="address">
          <bdi dir="ltr">{webhook.url}</bdi>
        </h2>
        <HealthState webhook={webhook} />
      </div>
      <p className="muted">
        {word('webhook_remedy', health)}
        {health === 'resting' && webhook.resumesAt && (
          <>
            {' '}
            {t('webhook.next_try')} <RelativeTime at={webhook.resumesAt} style="long" />.
          </>
        )}
      </p>
      {webhook.lastError && health !== 'ok' && (
        <p className="note">
          <Icon name="alert" />
          <span>
            {t('webhook.last_error')}{' '}
            <span lang="en" dir="auto">
              {webhook.lastError}
            </span>
            {webhook.failingSince && (
              <>
                {' · '}
                {t('webhook.failing_since')} <ExactTime at={webhook.failingSince} />
              </>
            )}
          </span>
        </p>
      )}
      {webhook.replays.length > 0 && (
        <ul className="entries" aria-label={t('webhook.replays')}>
          {webhook.replays.map((replay) => (
            <li key={replay.id}>
              <span className="entry-text">
                <span>
                  {word('replay_state', replay.state)} · {t('webhook.replayed', { count: replay.deliveries })}
                </span>
                <span className="muted">
                  <ReplayOf replay={replay} />
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
      <div className="row-actions">
        <Button isPending={busy === 'test'} onPress={() => void test()}>
          {t('webhook.test')}
        </Button>
        {!webhook.active && (
          <Button look="primary" isPending={busy === 'activate'} onPress={() => void activate()}>
            {t('webhook.activate')}
          </Button>
        )}
        <Button onPress={() => setReplaying(true)}>{t('webhook.replay')}</Button>
        <Button onPress={() => setRotating(true)}>{t('webhook.rotate')}</Button>
      </div>
      <div role="status">
        {tested && (
          <p className={tested.state === 'delivered' ? 'note note-good' : 'note note-error'}>
            <Icon name={tested.state === 'delivered' ? 'check' : 'alert'} />
            <span>
              {t(tested.state === 'delivered' ? 'webhook.test_arrived' : 'webhook.test_failed')}{' '}
              {tested.statusCode !== undefined && <code dir="ltr">HTTP {tested.statusCode}</code>}{' '}
              {tested.durationMs !== undefined && (
                <span className="muted">
                  {intl.formatNumber(tested.durationMs, { style: 'unit', unit: 'millisecond' })}
                </span>
              )}{' '}
              {tested.error && (
                <span lang="en" dir="auto">
                  {tested.error}
                </span>
              )}
            </span>
          </p>
        )}
      </div>
      {error !== null && <ErrorNote error={error} />}
      {rotating && (
        <FormDialog
          title={t('webhook.rotate')}
          submit={t('webhook.rotate')}
          onClose={() => setRotating(false)}
          onSubmit={async () => setSecret(await post<WebhookWithSecret>(`${path}/rotate-secret`))}
        >
          <p>{t('webhook.rotate_text')}</p>
        </FormDialog>
      )}
      {secret && !rotating && <SecretDialog webhook={secret} onClose={() => setSecret(null)} />}
      {replaying && (
        <ReplayDialog path={path} onClose={() => setReplaying(false)} onBegun={() => void onChanged()} />
      )}
    </section>
  )
}

function ReplayOf({ replay }: { replay: WebhookReplay }) {
  const t = useT()
  if (replay.ticketId)
    return (
      <>
        {t('webhook.replay_of_ticket', { sequence: replay.fromSequence ?? 1 })}{' '}
        <Link href={`/tickets/${replay.ticketId}`}>
          <code dir="ltr">{replay.ticketId.slice(0, 12)}…</code>
        </Link>
      </>
    )
  return (
    <>
      {replay.since && <ExactTime at={replay.since} />} – <ExactTime at={replay.until} />
    </>
  )
}

/** Events of the past again: of one ticket from a sequence, or all from a time. */
function ReplayDialog(props: { path: string; onClose: () => void; onBegun: () => void }) {
  const { t, timeZone } = useLanguage()
  const [by, setBy] = useState<'time' | 'ticket'>('time')
  const [date, setDate] = useState('')
  const [time, setTime] = useState('00:00')
  const [ticketId, setTicketId] = useState('')
  const [sequence, setSequence] = useState('1')
  const ready = by === 'time' ? date !== '' && time !== '' : ticketId.trim() !== '' && Number(sequence) >= 1
  return (
    <FormDialog
      title={t('webhook.replay')}
      submit={t('webhook.replay_start')}
      disabled={!ready}
      fields={['since', 'ticketId', 'fromSequence']}
      onClose={props.onClose}
      onSubmit={async () => {
        await post(
          `${props.path}/replay`,
          by === 'time'
            ? { since: momentOf({ date, time }, timeZone) }
            : { ticketId: ticketId.trim(), fromSequence: Number(sequence) },
        )
        toast(t('webhook.replay_begun'))
        props.onBegun()
      }}
    >
      <p>{t('webhook.replay_text')}</p>
      <Segmented
        label={t('webhook.replay')}
        value={by}
        onChange={setBy}
        options={[
          { value: 'time', label: t('webhook.by_time') },
          { value: 'ticket', label: t('webhook.by_ticket') },
        ]}
      />
      {by === 'time' ? (
        <>
          <p className="field-note">{t('away.in_zone', { zone: timeZone.replaceAll('_', ' ') })}</p>
          <div className="period">
            <At field="since">
              {(fault) => (
                <TextField
                  label={t('away.from')}
                  type="date"
                  dir="ltr"
                  value={date}
                  onChange={setDate}
                  required
                  error={fault}
                />
              )}
            </At>
            <TextField
              label={t('away.time')}
              type="time"
              dir="ltr"
              value={time}
              onChange={setTime}
              required
            />
          </div>
        </>
      ) : (
        <div className="period">
          <At field="ticketId">
            {(fault) => (
              <TextField
                label={t('webhook.ticket_id')}
                dir="ltr"
                value={ticketId}
                onChange={setTicketId}
                required
                error={fault}
              />
            )}
          </At>
          <At field="fromSequence">
            {(fault) => (
              <TextField
                label={t('webhook.from_sequence')}
                type="number"
                min="1"
                dir="ltr"
                value={sequence}
                onChange={setSequence}
                required
                error={fault}
              />
            )}
          </At>
        </div>
      )}
    </FormDialog>
  )
}

const STATES = ['', 'pending', 'retrying', 'delivered', 'dead_letter'] as const
type StateFilter = (typeof STATES)[number]

const TONES: Record<WebhookDelivery['state'], string> = {
  pending: 'plain',
  retrying: 'warn',
  delivered: 'good',
  dead_letter: 'bad',
}

/** What was sent and what became of it; it renews itself while it is looked at. */
function Deliveries({ path, id }: { path: string; id: string }) {
  const { t, word, intl } = useLanguage()
  const client = useQueryClient()
  const [state, setState] = useState<StateFilter>('')
  const [shown, setShown] = useState<WebhookDelivery | null>(null)
  const list = useInfiniteQuery({
    queryKey: ['deliveries', id, state],
    queryFn: ({ pageParam, signal }) =>
      get<Page<WebhookDelivery>>(
        `${path}/deliveries?limit=20${state ? `&state=${state}` : ''}${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''}`,
        { signal },
      ),
    initialPageParam: '',
    getNextPageParam: (last) => last.nextCursor ?? undefined,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : POLL_MS),
    staleTime: 0,
  })
  const resend = async (delivery: WebhookDelivery) => {
    try {
      await post(`${path}/deliveries/${delivery.id}/resend`)
      toast(t('webhook.resent'))
    } catch (error) {
      toast(explain(error, t), { tone: 'error' })
    }
    await client.invalidateQueries({ queryKey: ['deliveries', id] })
  }
  const items = list.data?.pages.flatMap((page) => page.items) ?? []
  return (
    <section className="card" aria-labelledby="deliveries">
      <div className="card-head">
        <h2 id="deliveries">{t('webhook.deliveries')}</h2>
        <Select
          label={t('webhook.show_state')}
          hideLabel
          value={state}
          onChange={setState}
          options={STATES.map((value) => ({
            value,
            label: value ? word('delivery_state', value) : t('webhook.every_state'),
          }))}
        />
      </div>
      {list.isPending ? (
        <Spinner />
      ) : !list.data ? (
        <LoadError error={list.error} retry={() => void list.refetch()} />
      ) : items.length === 0 ? (
        <Empty title={t('webhook.no_deliveries')} />
      ) : (
        <div className="table-scroll">
          <table className="data">
            <caption className="visually-hidden">{t('webhook.deliveries')}</caption>
            <thead>
              <tr>
                <th scope="col">{t('audit.at')}</th>
                <th scope="col">{t('webhook.event')}</th>
                <th scope="col">{t('field.status')}</th>
                <th scope="col">{t('webhook.attempts')}</th>
                <th scope="col">{t('webhook.answer')}</th>
                <th scope="col">
                  <span className="visually-hidden">{t('action.more')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((delivery) => (
                <tr key={delivery.id}>
                  <td className="muted">
                    <ExactTime at={delivery.createdAt} />
                  </td>
                  <th scope="row">
                    <bdi dir="ltr">{shortType(delivery.type)}</bdi>
                    {delivery.sequence !== undefined && (
                      <small className="muted" dir="ltr">
                        {' '}
                        #{delivery.sequence}
                      </small>
                    )}
                  </th>
                  <td>
                    <span className={`state state-${TONES[delivery.state]}`}>
                      {word('delivery_state', delivery.state)}
                    </span>
                    {delivery.nextAttemptAt && Date.parse(delivery.nextAttemptAt) > Date.now() && (
                      <small className="muted">
                        {' '}
                        <RelativeTime at={delivery.nextAttemptAt} />
                      </small>
                    )}
                  </td>
                  <td>{intl.formatNumber(delivery.attempts)}</td>
                  <td className="answer">
                    {delivery.statusCode !== undefined && <code dir="ltr">HTTP {delivery.statusCode}</code>}{' '}
                    {delivery.error && (
                      <span className="muted" lang="en" dir="auto">
                        {delivery.error}
                      </span>
                    )}
                  </td>
                  <td>
                    <span className="row-actions">
                      <Button
                        size="small"
                        aria-label={`${t('webhook.payload')}: ${shortType(delivery.type)}`}
                        onPress={() => setShown(delivery)}
                      >
                        {t('webhook.payload')}
                      </Button>
                      {mayResend(delivery) && (
                        <Button
                          size="small"
                          aria-label={`${t('action.resend')}: ${shortType(delivery.type)}`}
                          onPress={() => void resend(delivery)}
                        >
                          {t('action.resend')}
                        </Button>
                      )}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.hasNextPage && (
        <div className="toolbar">
          <Button isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
            {t('action.load_more')}
          </Button>
        </div>
      )}
      {shown && <PayloadDialog path={path} delivery={shown} onClose={() => setShown(null)} />}
    </section>
  )
}

function PayloadDialog(props: { path: string; delivery: WebhookDelivery; onClose: () => void }) {
  const { path, delivery, onClose } = props
  const { t, word, intl } = useLanguage()
  const whole = useQuery({
    queryKey: ['delivery', delivery.id],
    queryFn: ({ signal }) =>
      get<WebhookDelivery & { payload: string }>(`${path}/deliveries/${delivery.id}`, { signal }),
    staleTime: 0,
  })
  const { attempts, statusCode, error, durationMs, deliveredAt, eventId } = whole.data ?? delivery
  return (
    <Dialog title={shortType(delivery.type)} onClose={onClose} wide>
      <div className="dialog-body">
        <dl className="facts">
          <dt>{t('field.status')}</dt>
          <dd>{word('delivery_state', (whole.data ?? delivery).state)}</dd>
          <dt>{t('webhook.attempts')}</dt>
          <dd>{intl.formatNumber(attempts)}</dd>
          {statusCode !== undefined && (
            <>
              <dt>{t('webhook.answer')}</dt>
              <dd>
                <code dir="ltr">HTTP {statusCode}</code>{' '}
                {durationMs !== undefined &&
                  intl.formatNumber(durationMs, { style: 'unit', unit: 'millisecond' })}
              </dd>
            </>
          )}
          {error && (
            <>
              <dt>{t('mail.error')}</dt>
              <dd lang="en" dir="auto">
                {error}
              </dd>
            </>
          )}
          {deliveredAt && (
            <>
              <dt>{t('webhook.delivered_at')}</dt>
              <dd>
                <ExactTime at={deliveredAt} />
              </dd>
            </>
          )}
          <dt>
            <code dir="ltr">webhook-id</code>
          </dt>
          <dd dir="ltr">
            <code>{eventId}</code>
          </dd>
        </dl>
        {whole.isPending ? (
          <Spinner />
        ) : whole.error ? (
          <LoadError error={whole.error} retry={() => void whole.refetch()} />
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          <section className="payload" tabIndex={0} aria-label={t('webhook.payload')}>
            <pre dir="ltr">{readable(whole.data.payload)}</pre>
          </section>
        )}
      </div>
    </Dialog>
  )
}

function SettingsForm(props: { webhook: Webhook; path: string; onReload: () => void }) {
  const { webhook, path, onReload } = props
  const t = useT()
  const client = useQueryClient()
  const [base, setBase] = useState(() => webhookDraft(webhook))
  const [draft, setDraft] = useState(base)
  const body = webhookBody(draft)
  const labels = {
    url: t('webhook.url'),
    events: t('webhook.events'),
    departmentId: t('field.department'),
    active: t('webhook.active'),
  }
  return (
    <EditorForm
      back={WEBHOOKS}
      invalidate="webhooks"
      valid={isAddress(draft.url) && body.events.length > 0}
      fields={['url', 'events', 'departmentId']}
      stale={{
        conflicts: async () => {
          const theirs = webhookBody(webhookDraft(await get<Webhook>(path)))
          return conflictsOf(webhookBody(base), body, theirs).map((key) => labels[key])
        },
        takeTheirs: onReload,
      }}
      save={() => patch<Webhook>(path, changesOf(webhookBody(base), body))}
      onSaved={(saved) => {
        setBase(webhookDraft(saved as Webhook))
        setDraft(webhookDraft(saved as Webhook))
        void client.invalidateQueries({ queryKey: ['webhooks'] })
        toast(t('profile.saved'))
      }}
      remove={{ label: t('webhook.delete'), text: t('webhook.delete_text'), run: () => remove(path) }}
    >
      <h2 className="section-title">{t('webhook.settings')}</h2>
      <WebhookFields draft={draft} onChange={setDraft} existing />
    </EditorForm>
  )
}
