import { useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { ApiError, get, post, put, remove } from '../api/client.ts'
import { useMe } from '../api/queries.ts'
import type { OidcIntegration, OidcTested, PushIntegration, SlackIntegration } from '../api/types.ts'
import { useLanguage, useT } from '../i18n/intl.tsx'
import { ExactTime } from '../i18n/time.tsx'
import { Button, Checkbox, Select, TextField } from '../ui/controls.tsx'
import { ErrorNote, LoadError, Spinner, toast } from '../ui/feedback.tsx'
import { At } from '../ui/field-errors.tsx'
import { Icon } from '../ui/icons.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { linesOf } from './forms.ts'
import { SecretText } from './parts.tsx'

/** What the account is connected to; secrets go in and never come out. */
export function IntegrationsPage() {
  return (
    <div className="stack">
      <SlackCard />
      <PushCard />
      <OidcCard />
    </div>
  )
}

/** A connection that may not be there. */
function useConnection<T>(name: string) {
  return useQuery({
    queryKey: ['integrations', name],
    queryFn: async ({ signal }) => {
      try {
        return await get<T>(`/integrations/${name}`, { signal })
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null
        throw error
      }
    },
    staleTime: 0,
  })
}

function useReload() {
  const client = useQueryClient()
  return () => client.invalidateQueries({ queryKey: ['integrations'] })
}

function Card(props: {
  title: string
  note: string
  query: { data: unknown; isPending: boolean; error: unknown; refetch: () => unknown }
  connected: boolean
  children: ReactNode
}) {
  const t = useT()
  const { title, note, query, connected, children } = props
  return (
    <section className="card form-page" aria-label={title}>
      <div className="card-head">
        <h2>{title}</h2>
        {query.data !== undefined && (
          <span className={`state state-${connected ? 'good' : 'plain'}`}>
            {t(connected ? 'integration.connected' : 'integration.not_connected')}
          </span>
        )}
      </div>
      <p className="muted">{note}</p>
      {query.isPending ? (
        <Spinner />
      ) : query.data === undefined ? (
        <LoadError error={query.error} retry={() => void query.refetch()} />
      ) : (
        children
      )}
    </section>
  )
}

function Disconnect(props: { name: string; path: string; text: string; onClose: () => void }) {
  const t = useT()
  const reload = useReload()
  return (
    <FormDialog
      title={t('integration.disconnect_named', { name: props.name })}
      submit={t('integration.disconnect')}
      danger
      onClose={props.onClose}
      onSubmit={async () => {
        await remove(props.path)
        await reload()
      }}
    >
      <p>{props.text}</p>
    </FormDialog>
  )
}

type Open = 'edit' | 'test' | 'disconnect' | null

function SlackCard() {
  const { t } = useLanguage()
  const slack = useConnection<SlackIntegration>('slack')
  const [open, setOpen] = useState<Open>(null)
  const now = slack.data
  return (
    <Card title="Slack" note={t('slack.note')} query={slack} connected={Boolean(now)}>
      {now && (
        <dl className="facts">
          <dt>{t('slack.workspace')}</dt>
          <dd>
            <bdi>{now.workspace}</bdi>
          </dd>
          <dt>{t('slack.bot_token')}</dt>
          <dd dir="ltr">{now.botTokenHint ? <code>…{now.botTokenHint.replace(/^[.…]+/, '')}</code> : '–'}</dd>
          <dt>{t('slack.buttons')}</dt>
          <dd>{t(now.interactive ? 'slack.buttons_work' : 'slack.buttons_need_secret')}</dd>
          <dt>{t('slack.incoming')}</dt>
          <dd>{t(now.webhook ? 'integration.set' : 'state.none')}</dd>
          <dt>{t('integration.updated')}</dt>
          <dd>
            <ExactTime at={now.updatedAt} />
          </dd>
        </dl>
      )}
      <div className="row-actions">
        <Button look={now ? 'plain' : 'primary'} onPress={() => setOpen('edit')}>
          {t(now ? 'integration.change' : 'integration.connect')}
        </Button>
        {now && <Button onPress={() => setOpen('test')}>{t('slack.test')}</Button>}
        {now && <Button onPress={() => setOpen('disconnect')}>{t('integration.disconnect')}</Button>}
      </div>
      {open === 'test' && now && <SlackTest now={now} onClose={() => setOpen(null)} />}
      {open === 'edit' && <SlackDialog now={now ?? null} onClose={() => setOpen(null)} />}
      {open === 'disconnect' && (
        <Disconnect
          name="Slack"
          path="/integrations/slack"
          text={t('slack.disconnect_text')}
          onClose={() => setOpen(null)}
        />
      )}
    </Card>
  )
}

type TestTo = 'me' | 'channel' | 'webhook'

/** Writes one message now, and says in words what Slack said. */
function SlackTest({ now, onClose }: { now: SlackIntegration; onClose: () => void }) {
  const { t, word } = useLanguage()
  const [to, setTo] = useState<TestTo>(now.botTokenHint ? 'me' : 'webhook')
  const [channel, setChannel] = useState('')
  const [answer, setAnswer] = useState<{ ok: boolean; error?: string } | null>(null)
  const forget = () => setAnswer(null)
  const options: { value: TestTo; label: string }[] = [
    ...(now.botTokenHint
      ? ([
          { value: 'me', label: t('slack.test_me') },
          { value: 'channel', label: t('slack.test_channel') },
        ] as const)
      : []),
    ...(now.webhook ? ([{ value: 'webhook', label: t('slack.test_webhook') }] as const) : []),
  ]
  return (
    <FormDialog
      title={t('slack.test')}
      submit={t('integration.test')}
      disabled={to === 'channel' && channel.trim() === ''}
      fields={['channel']}
      onClose={onClose}
      onSubmit={async () => {
        forget()
        const body =
          to === 'webhook' ? { webhook: true } : to === 'channel' ? { channel: channel.trim() } : {}
        setAnswer(await post('/integrations/slack/test', body))
        return false
      }}
    >
      <p className="muted">{t('slack.test_note')}</p>
      <Select
        label={t('slack.test_to')}
        value={to}
        onChange={(value) => {
          forget()
          setTo(value)
        }}
        options={options}
      />
      {to === 'channel' && (
        <At field="channel">
          {(fault) => (
            <TextField
              label={t('slack.channel')}
              value={channel}
              onChange={(value) => {
                forget()
                setChannel(value)
              }}
              required
              maxLength={80}
              error={fault}
            />
          )}
        </At>
      )}
      <div role="status">
        {answer?.ok && (
          <p className="state state-good">
            <Icon name="check" /> {t('slack.tested')}
          </p>
        )}
        {answer && !answer.ok && (
          <p className="field-error">
            {t('slack.refused')}: <code dir="ltr">{answer.error}</code>
            {answer.error && word('slack_error', answer.error) !== answer.error && (
              <span className="block">{word('slack_error', answer.error)}</span>
            )}
          </p>
        )}
      </div>
    </FormDialog>
  )
}

function SlackDialog({ now, onClose }: { now: SlackIntegration | null; onClose: () => void }) {
  const t = useT()
  const reload = useReload()
  const [workspace, setWorkspace] = useState(now?.workspace ?? '')
  const [botToken, setBotToken] = useState('')
  const [signingSecret, setSigningSecret] = useState('')
  const [webhookUrl, setWebhookUrl] = useState('')
  const stays = (there: boolean | undefined) => (there ? t('integration.empty_stays') : undefined)
  return (
    <FormDialog
      title={t('integration.connect_named', { name: 'Slack' })}
      submit={t('action.save')}
      disabled={workspace.trim() === '' || (!now && !botToken && !webhookUrl)}
      fields={['workspace', 'botToken', 'signingSecret', 'webhookUrl']}
      onClose={onClose}
      onSubmit={async () => {
        await put('/integrations/slack', {
          workspace: workspace.trim(),
          ...(botToken && { botToken: botToken.trim() }),
          ...(signingSecret && { signingSecret: signingSecret.trim() }),
          ...(webhookUrl && { webhookUrl: webhookUrl.trim() }),
        })
        await reload()
        toast(t('profile.saved'))
      }}
    >
      <At field="workspace">
        {(fault) => (
          <TextField
            label={t('slack.workspace')}
            value={workspace}
            onChange={setWorkspace}
            required
            maxLength={200}
            error={fault}
          />
        )}
      </At>
      <At field="botToken">
        {(fault) => (
          <TextField
            label={t('slack.bot_token')}
            description={stays(Boolean(now?.botTokenHint)) ?? t('slack.bot_token_note')}
            type="password"
            autoComplete="off"
            dir="ltr"
            value={botToken}
            onChange={setBotToken}
            error={fault}
          />
        )}
      </At>
      <At field="signingSecret">
        {(fault) => (
          <TextField
            label={t('slack.signing_secret')}
            description={stays(now?.interactive) ?? t('slack.signing_secret_note')}
            type="password"
            autoComplete="off"
            dir="ltr"
            value={signingSecret}
            onChange={setSigningSecret}
            error={fault}
          />
        )}
      </At>
      <At field="webhookUrl">
        {(fault) => (
          <TextField
            label={t('slack.incoming')}
            description={stays(now?.webhook) ?? t('slack.incoming_note')}
            type="url"
            autoComplete="off"
            dir="ltr"
            value={webhookUrl}
            onChange={setWebhookUrl}
            error={fault}
          />
        )}
      </At>
    </FormDialog>
  )
}

interface PushSettings extends PushIntegration {
  pushShowsText: boolean
  updatedAt?: string
  fcm?: { projectId: string; clientEmail: string; privateKeyId: string }
  apns?: { keyId: string; teamId: string; topic: string; production: boolean }
}

function PushCard() {
  const { t, intl, word } = useLanguage()
  const push = useConnection<PushSettings>('push')
  const reload = useReload()
  const [open, setOpen] = useState<'fcm' | 'apns' | 'disconnect' | null>(null)
  const [error, setError] = useState<unknown>(null)
  const now = push.data
  const showText = async (pushShowsText: boolean) => {
    setError(null)
    try {
      await put('/integrations/push', { pushShowsText })
      toast(t('profile.saved'))
    } catch (reason) {
      setError(reason)
    }
    await reload()
  }
  return (
    <Card title={t('push.title')} note={t('push.note')} query={push} connected={(now?.kinds.length ?? 0) > 0}>
      {now && (
        <>
          <dl className="facts">
            <dt>{t('push.reachable')}</dt>
            <dd>
              {now.kinds.length > 0
                ? intl.formatList(now.kinds.map((kind) => word('device_kind', kind)))
                : t('state.none')}
            </dd>
            <dt>{t('push.web')}</dt>
            <dd>{t(now.webPush.generated ? 'push.web_generated' : 'push.web_own')}</dd>
            <dt>FCM</dt>
            <dd>{now.fcm ? <bdi dir="ltr">{now.fcm.projectId}</bdi> : t('push.installation')}</dd>
            <dt>APNs</dt>
            <dd>{now.apns ? <bdi dir="ltr">{now.apns.topic}</bdi> : t('push.installation')}</dd>
          </dl>
          <Checkbox isSelected={now.pushShowsText} onChange={(yes) => void showText(yes)}>
            {t('push.shows_text')}
          </Checkbox>
          <p className="field-note">
            {t('push.test_note')} <Link href="/profile">{t('profile.title')}</Link>
          </p>
        </>
      )}
      {error !== null && <ErrorNote error={error} />}
      <div className="row-actions">
        <Button onPress={() => setOpen('fcm')}>{t('integration.connect_named', { name: 'FCM' })}</Button>
        <Button onPress={() => setOpen('apns')}>{t('integration.connect_named', { name: 'APNs' })}</Button>
        {now?.updatedAt && (
          <Button onPress={() => setOpen('disconnect')}>{t('integration.disconnect')}</Button>
        )}
      </div>
      {open === 'fcm' && <FcmDialog onClose={() => setOpen(null)} />}
      {open === 'apns' && <ApnsDialog now={now ?? null} onClose={() => setOpen(null)} />}
      {open === 'disconnect' && (
        <Disconnect
          name={t('push.title')}
          path="/integrations/push"
          text={t('push.disconnect_text')}
          onClose={() => setOpen(null)}
        />
      )}
    </Card>
  )
}

function FcmDialog({ onClose }: { onClose: () => void }) {
  const t = useT()
  const reload = useReload()
  const [file, setFile] = useState('')
  return (
    <FormDialog
      title={t('integration.connect_named', { name: 'FCM' })}
      submit={t('action.save')}
      disabled={file.trim() === ''}
      fields={['fcm']}
      onClose={onClose}
      onSubmit={async () => {
        await put('/integrations/push', { fcm: { serviceAccount: file.trim() } })
        await reload()
      }}
    >
      <At field="fcm">
        {(fault) => (
          <TextField
            label={t('push.service_account')}
            description={t('push.service_account_note')}
            multiline
            rows={8}
            dir="ltr"
            value={file}
            onChange={setFile}
            error={fault}
          />
        )}
      </At>
    </FormDialog>
  )
}

function ApnsDialog({ now, onClose }: { now: PushSettings | null; onClose: () => void }) {
  const t = useT()
  const reload = useReload()
  const [keyId, setKeyId] = useState(now?.apns?.keyId ?? '')
  const [teamId, setTeamId] = useState(now?.apns?.teamId ?? '')
  const [topic, setTopic] = useState(now?.apns?.topic ?? '')
  const [key, setKey] = useState('')
  const [production, setProduction] = useState(now?.apns?.production ?? true)
  const texts = [
    ['keyId', t('push.key_id'), keyId, setKeyId],
    ['teamId', t('push.team_id'), teamId, setTeamId],
    ['topic', t('push.topic'), topic, setTopic],
  ] as const
  return (
    <FormDialog
      title={t('integration.connect_named', { name: 'APNs' })}
      submit={t('action.save')}
      disabled={[keyId, teamId, topic, key].some((text) => text.trim() === '')}
      fields={['apns']}
      onClose={onClose}
      onSubmit={async () => {
        const texts = { keyId: keyId.trim(), teamId: teamId.trim(), topic: topic.trim(), key: key.trim() }
        await put('/integrations/push', { apns: { ...texts, production } })
        await reload()
      }}
    >
      {texts.map(([name, label, value, set]) => (
        <At field={`apns.${name}`} key={name}>
          {(fault) => (
            <TextField label={label} dir="ltr" value={value} onChange={set} required error={fault} />
          )}
        </At>
      ))}
      <At field="apns.key">
        {(fault) => (
          <TextField
            label={t('push.key')}
            description={t('push.key_note')}
            multiline
            rows={5}
            dir="ltr"
            value={key}
            onChange={setKey}
            error={fault}
          />
        )}
      </At>
      <Checkbox isSelected={production} onChange={setProduction}>
        {t('push.production')}
      </Checkbox>
    </FormDialog>
  )
}

function OidcCard() {
  const { t, intl, word } = useLanguage()
  const me = useMe()
  const oidc = useConnection<OidcIntegration>('oidc')
  const [open, setOpen] = useState<Open>(null)
  const [busy, setBusy] = useState(false)
  const [tested, setTested] = useState<OidcTested | null>(null)
  const [error, setError] = useState<unknown>(null)
  const now = oidc.data
  const owner = me.role === 'owner'
  const test = async () => {
    setBusy(true)
    setError(null)
    setTested(null)
    try {
      setTested(await post<OidcTested>('/integrations/oidc/test'))
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Card title={t('oidc.title')} note={t('oidc.note')} query={oidc} connected={Boolean(now)}>
      {now && (
        <>
          <dl className="facts">
            <dt>{t('oidc.issuer')}</dt>
            <dd dir="ltr">{now.issuer}</dd>
            <dt>{t('oidc.client_id')}</dt>
            <dd dir="ltr">
              <code>{now.audience}</code>
            </dd>
            <dt>{t('oidc.client_secret')}</dt>
            <dd>{t(now.hasClientSecret ? 'integration.set' : 'oidc.no_secret')}</dd>
            <dt>{t('oidc.domains')}</dt>
            <dd>
              {now.emailDomains.length > 0 ? (
                <bdi dir="ltr">{intl.formatList(now.emailDomains)}</bdi>
              ) : (
                t('state.none')
              )}
            </dd>
          </dl>
          <div className="field">
            <span className="field-label">{t('oidc.sign_in_address')}</span>
            <SecretText secret={now.signInUrl} label={t('oidc.sign_in_address')} />
            <span className="field-note">{t('oidc.sign_in_address_note')}</span>
          </div>
        </>
      )}
      {!owner && (
        <p className="note">
          <Icon name="alert" />
          {t('oidc.owners_only')}
        </p>
      )}
      <div role="status">
        {tested && (
          <p className={tested.ok ? 'note note-good' : 'note note-error'}>
            <Icon name={tested.ok ? 'check' : 'alert'} />
            <TestedText tested={tested} word={word} />
          </p>
        )}
      </div>
      {error !== null && <ErrorNote error={error} />}
      <div className="row-actions">
        {owner && (
          <Button look={now ? 'plain' : 'primary'} onPress={() => setOpen('edit')}>
            {t(now ? 'integration.change' : 'integration.connect')}
          </Button>
        )}
        {now && (
          <Button isPending={busy} onPress={() => void test()}>
            {t('integration.test')}
          </Button>
        )}
        {owner && now && <Button onPress={() => setOpen('disconnect')}>{t('integration.disconnect')}</Button>}
      </div>
      {open === 'edit' && <OidcDialog now={now ?? null} onClose={() => setOpen(null)} />}
      {open === 'disconnect' && (
        <Disconnect
          name={t('oidc.title')}
          path="/integrations/oidc"
          text={t('oidc.disconnect_text')}
          onClose={() => setOpen(null)}
        />
      )}
    </Card>
  )
}

function TestedText({ tested, word }: { tested: OidcTested; word: (list: string, value: string) => string }) {
  const t = useT()
  return (
    <span>
      {tested.ok ? t('oidc.test_ok') : word('oidc_fault', tested.reason ?? 'unreachable')}{' '}
      {t('oidc.redirect')}{' '}
      <code dir="ltr" className="break">
        {tested.redirectUri}
      </code>
    </span>
  )
}

/** A wrong issuer would lock everybody out: it is asked before it is saved. */
function OidcDialog({ now, onClose }: { now: OidcIntegration | null; onClose: () => void }) {
  const { t, word } = useLanguage()
  const reload = useReload()
  const [issuer, setIssuer] = useState(now?.issuer ?? '')
  const [audience, setAudience] = useState(now?.audience ?? '')
  const [clientSecret, setClientSecret] = useState('')
  const [forget, setForget] = useState(false)
  const [domains, setDomains] = useState((now?.emailDomains ?? []).join('\n'))
  const [refused, setRefused] = useState<OidcTested | null>(null)
  const sameIssuer = now?.issuer === issuer.trim()
  const save = async () => {
    if (refused?.issuer !== issuer.trim()) {
      const tested = await post<OidcTested>('/integrations/oidc/test', { issuer: issuer.trim() })
      if (!tested.ok) {
        setRefused(tested)
        return false
      }
    }
    await put('/integrations/oidc', {
      issuer: issuer.trim(),
      audience: audience.trim(),
      emailDomains: linesOf(domains),
      ...(forget ? { clientSecret: null } : clientSecret && { clientSecret }),
    })
    await reload()
    toast(t('profile.saved'))
    return true
  }
  const warned = refused?.issuer === issuer.trim()
  return (
    <FormDialog
      title={t('integration.connect_named', { name: t('oidc.title') })}
      submit={t(warned ? 'oidc.save_anyway' : 'action.save')}
      danger={warned}
      disabled={!/^https?:\/\/\S+$/.test(issuer.trim()) || audience.trim() === ''}
      fields={['issuer', 'audience', 'clientSecret', 'emailDomains']}
      onClose={onClose}
      onSubmit={save}
    >
      <p className="note">
        <Icon name="alert" />
        {t('oidc.lock_out')}
      </p>
      <At field="issuer">
        {(fault) => (
          <TextField
            label={t('oidc.issuer')}
            description={t('oidc.issuer_note')}
            type="url"
            dir="ltr"
            value={issuer}
            onChange={setIssuer}
            required
            error={fault}
          />
        )}
      </At>
      <At field="audience">
        {(fault) => (
          <TextField
            label={t('oidc.client_id')}
            dir="ltr"
            value={audience}
            onChange={setAudience}
            required
            maxLength={500}
            error={fault}
          />
        )}
      </At>
      <At field="clientSecret">
        {(fault) => (
          <TextField
            label={t('oidc.client_secret')}
            description={t(
              now?.hasClientSecret && sameIssuer ? 'integration.empty_stays' : 'oidc.client_secret_note',
            )}
            type="password"
            autoComplete="off"
            dir="ltr"
            value={clientSecret}
            onChange={setClientSecret}
            disabled={forget}
            error={fault}
          />
        )}
      </At>
      {now?.hasClientSecret && (
        <Checkbox isSelected={forget} onChange={setForget}>
          {t('oidc.forget_secret')}
        </Checkbox>
      )}
      <At field="emailDomains">
        {(fault) => (
          <TextField
            label={t('oidc.domains')}
            description={t('oidc.domains_note')}
            multiline
            rows={2}
            dir="ltr"
            value={domains}
            onChange={setDomains}
            error={fault}
          />
        )}
      </At>
      {warned && (
        <p className="note note-error" role="alert">
          <Icon name="alert" />
          <TestedText tested={refused} word={word} />
        </p>
      )}
    </FormDialog>
  )
}
