import { useQuery, useQueryClient } from '@tanstack/react-query'
import { memo, useCallback, useState } from 'react'
import OwnAway from '../admin/away.tsx'
import { put } from '../api/client.ts'
import { meQuery, preferencesQuery, useMe } from '../api/queries.ts'
import type { Preferences, Presence } from '../api/types.ts'
import { useLanguage, useT, useWord } from '../i18n/intl.tsx'
import { chooseLocale, LOCALE_NAMES, LOCALES } from '../i18n/locales.ts'
import { changeLocalSettings, type LocalSettings, useLocalSettings } from '../settings.ts'
import { Page } from '../shell/page.tsx'
import { usePresence } from '../shell/shell.tsx'
import { KeysChoice } from '../shell/shortcuts.tsx'
import { Button, Checkbox, Segmented, Select, TextField } from '../ui/controls.tsx'
import { ErrorNote, LoadError, Spinner, toast } from '../ui/feedback.tsx'
import { timeZoneChoices } from '../ui/time-zones.ts'
import { useUnsaved } from '../ui/unsaved.ts'
import { Devices } from './devices.tsx'
import { NotificationMatrix } from './notification-matrix.tsx'
import './profile.css'

const PRESENCES: Presence[] = ['online', 'away', 'offline']
const THEMES: LocalSettings['theme'][] = ['auto', 'light', 'dark']

/** What an agent decides for themselves. */
export default function ProfilePage() {
  const t = useT()
  const preferences = useQuery(preferencesQuery)
  return (
    <Page title={t('profile.title')}>
      <div className="page-scroll">
        {preferences.data ? (
          <>
            <ProfileForm initial={preferences.data} />
            <OwnAway />
            <Devices />
          </>
        ) : preferences.error ? (
          <LoadError error={preferences.error} retry={() => void preferences.refetch()} />
        ) : (
          <Spinner />
        )}
      </div>
    </Page>
  )
}

function ProfileForm({ initial }: { initial: Preferences }) {
  const { t, word } = useLanguage()
  const me = useMe()
  const client = useQueryClient()
  const [base, setBase] = useState(initial)
  const [preferences, setPreferences] = useState(initial)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const change = useCallback(
    (next: Partial<Preferences>) => setPreferences((now) => ({ ...now, ...next })),
    [],
  )
  const dirty = JSON.stringify(preferences) !== JSON.stringify(base)
  useUnsaved(() => dirty)
  // What was changed elsewhere is shown, unless something is being changed here.
  if (base !== initial) {
    setBase(initial)
    if (!dirty) setPreferences(initial)
  }

  const save = async () => {
    setBusy(true)
    setError(null)
    try {
      const kept = await put<Preferences>('/me/preferences', preferences)
      changeLocalSettings({ locale: kept.locale })
      client.setQueryData(
        meQuery.queryKey,
        (now) => now && { ...now, locale: kept.locale, timeZone: kept.timeZone },
      )
      setPreferences(kept)
      setBase(kept)
      client.setQueryData(preferencesQuery.queryKey, kept)
      toast(t('profile.saved'))
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy(false)
    }
  }

  return (
    <form
      className="profile"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <section className="card">
        <h2>{t('profile.person')}</h2>
        <p>
          <bdi>{me.name}</bdi> · <bdi className="muted">{me.email}</bdi> ·{' '}
          <span className="muted">{word('role', me.role)}</span>
        </p>
        <PresenceChoice value={me.presence} />
        <ThemeChoice />
        <KeysChoice />
      </section>

      <section className="card">
        <h2>{t('profile.language_zone')}</h2>
        <LanguageAndZone locale={preferences.locale} timeZone={preferences.timeZone} onChange={change} />
      </section>

      <section className="card">
        <h2>{t('profile.notifications')}</h2>
        <NotificationMatrix agent={me} rules={preferences.rules} onChange={change} />
        <QuietHours quiet={preferences.quietHours} digest={preferences.digest} onChange={change} />
      </section>

      {error !== null && <ErrorNote error={error} />}
      <div className="save-bar">
        <Button type="submit" look="primary" isDisabled={!dirty} isPending={busy}>
          {t('action.save')}
        </Button>
        {dirty && <Button onPress={() => setPreferences(base)}>{t('action.discard')}</Button>}
      </div>
    </form>
  )
}

// What is chosen in one part draws that part anew, not the hundreds of options of the others.

type Change = (next: Partial<Preferences>) => void

function PresenceChoice({ value }: { value: Presence }) {
  const { t, word } = useLanguage()
  const presence = usePresence()
  return (
    <div className="field">
      <span className="field-label">{t('profile.presence')}</span>
      <Segmented
        label={t('profile.presence')}
        value={value}
        onChange={(chosen) => presence.mutate(chosen)}
        options={PRESENCES.map((each) => ({ value: each, label: word('presence', each) }))}
      />
    </div>
  )
}

function ThemeChoice() {
  const t = useT()
  const { theme } = useLocalSettings()
  return (
    <div className="field">
      <span className="field-label">{t('profile.theme')}</span>
      <Segmented
        label={t('profile.theme')}
        value={theme}
        onChange={(value) => changeLocalSettings({ theme: value })}
        options={THEMES.map((value) => ({ value, label: t(`theme.${value}`) }))}
      />
    </div>
  )
}

const LanguageAndZone = memo(function LanguageAndZone(props: {
  locale: string
  timeZone: string
  onChange: Change
}) {
  const { locale, timeZone, onChange } = props
  const t = useT()
  return (
    <div className="fields">
      <Select
        label={t('profile.language')}
        value={chooseLocale([locale])}
        onChange={(value) => onChange({ locale: value })}
        options={LOCALES.map((value) => ({ value, label: LOCALE_NAMES[value] }))}
      />
      <Select
        label={t('profile.time_zone')}
        value={timeZone}
        onChange={(value) => onChange({ timeZone: value })}
        options={() => timeZoneChoices(timeZone)}
      />
    </div>
  )
})

const DIGESTS = ['', 'PT15M', 'PT1H', 'PT4H', 'P1D'] as const

const QuietHours = memo(function QuietHours(props: {
  quiet: Preferences['quietHours']
  digest: Preferences['digest']
  onChange: Change
}) {
  const { quiet, digest, onChange } = props
  const t = useT()
  const word = useWord()
  const every = digest?.every ?? ''
  const digests = DIGESTS.some((known) => known === every) ? [...DIGESTS] : [...DIGESTS, every]
  return (
    <>
      <Checkbox
        isSelected={quiet != null}
        onChange={(on) => onChange({ quietHours: on ? { from: '20:00', to: '08:00' } : null })}
      >
        {t('profile.quiet_hours')}
      </Checkbox>
      {quiet && (
        <div className="fields">
          <TextField
            label={t('profile.quiet_from')}
            type="time"
            dir="ltr"
            value={quiet.from}
            onChange={(from) => onChange({ quietHours: { ...quiet, from } })}
          />
          <TextField
            label={t('profile.quiet_to')}
            type="time"
            dir="ltr"
            value={quiet.to}
            onChange={(to) => onChange({ quietHours: { ...quiet, to } })}
          />
        </div>
      )}
      <Select
        label={t('profile.digest')}
        value={every}
        onChange={(value) => onChange({ digest: value ? { every: value } : null })}
        options={digests.map((value) => ({
          value,
          label: value ? word('every', value) : t('profile.digest_none'),
        }))}
      />
    </>
  )
})
