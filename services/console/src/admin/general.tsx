import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { get, patch } from '../api/client.ts'
import { settingsQuery, toSolveQuery, useDirectory } from '../api/queries.ts'
import type { Settings } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { chooseLocale, LOCALE_NAMES, LOCALES, type MessageId } from '../i18n/locales.ts'
import { Checkbox, Select, TextField } from '../ui/controls.tsx'
import { LoadError, Spinner, toast } from '../ui/feedback.tsx'
import { timeZoneChoices } from '../ui/time-zones.ts'
import { minutesOf } from './forms.ts'
import { EditorForm } from './parts.tsx'
import { changesOf, conflictsOf } from './stale.ts'

const MINUTES_OF_A_DAY = 1440

/** What the form is about, as the API takes it. */
function bodyOf(settings: Settings) {
  const { name, defaultDepartmentId, routeAssignedToMe, replyToClosed, locale, timeZone } = settings
  const minutes = minutesOf(settings.reopenWindow)
  return {
    name,
    defaultDepartmentId,
    routeAssignedToMe,
    replyToClosed,
    locale: chooseLocale([locale]),
    timeZone,
    ...(minutes !== null && { reopenWindow: `PT${minutes}M` }),
  }
}

/** The API's fields, as the form calls them. */
const FIELD_LABELS: Record<keyof ReturnType<typeof bodyOf>, MessageId> = {
  name: 'general.account',
  defaultDepartmentId: 'cause.default_department',
  routeAssignedToMe: 'general.route',
  replyToClosed: 'general.reply_to_closed',
  locale: 'profile.language',
  timeZone: 'profile.time_zone',
  reopenWindow: 'general.reopen_window',
}

/** What holds for the whole account. */
export function GeneralPage() {
  const settings = useQuery(settingsQuery)
  const [begun, setBegun] = useState(0)
  if (settings.isPending) return <Spinner />
  if (!settings.data) return <LoadError error={settings.error} retry={() => void settings.refetch()} />
  return (
    <SettingsForm
      key={begun}
      settings={settings.data}
      onTakeTheirs={() => void settings.refetch().then(() => setBegun((before) => before + 1))}
    />
  )
}

function SettingsForm({ settings, onTakeTheirs }: { settings: Settings; onTakeTheirs: () => void }) {
  const t = useT()
  const client = useQueryClient()
  // As they were when the form was opened or saved; what others save since is looked for before saving.
  const [base, setBase] = useState(() => bodyOf(settings))
  const { departments } = useDirectory()
  const minutes = minutesOf(settings.reopenWindow)
  const [name, setName] = useState(settings.name)
  const [defaultDepartmentId, setDefaultDepartmentId] = useState(settings.defaultDepartmentId)
  const [routeAssignedToMe, setRouteAssignedToMe] = useState(settings.routeAssignedToMe)
  const [days, setDays] = useState(minutes === null ? '' : String(minutes / MINUTES_OF_A_DAY))
  const [replyToClosed, setReplyToClosed] = useState(settings.replyToClosed)
  const [locale, setLocale] = useState(chooseLocale([settings.locale]))
  const [timeZone, setTimeZone] = useState(settings.timeZone)
  const window = Number(days)
  const valid = name.trim() !== '' && (days === '' || window > 0)
  const body: typeof base = {
    name: name.trim(),
    defaultDepartmentId,
    routeAssignedToMe,
    replyToClosed,
    locale,
    timeZone,
    ...(days !== '' && { reopenWindow: `PT${Math.round(window * MINUTES_OF_A_DAY)}M` }),
  }
  return (
    <EditorForm
      back="/configuration/general"
      invalidate="settings"
      valid={valid}
      stale={{
        conflicts: async () =>
          conflictsOf(base, body, bodyOf(await get<Settings>('/settings'))).map((key) =>
            t(FIELD_LABELS[key]),
          ),
        takeTheirs: onTakeTheirs,
      }}
      onDiscard={onTakeTheirs}
      save={async () => {
        const changes = changesOf(base, body)
        if (Object.keys(changes).length > 0) await patch('/settings', changes)
      }}
      onSaved={() => {
        setBase(body)
        void client.invalidateQueries(settingsQuery)
        // Whether it counts one's own tickets may have changed.
        void client.invalidateQueries(toSolveQuery)
        toast(t('profile.saved'))
      }}
    >
      <section className="card">
        <TextField label={t('general.account')} value={name} onChange={setName} required maxLength={200} />
        <div className="fields">
          <Select
            label={t('profile.language')}
            value={locale}
            onChange={setLocale}
            options={LOCALES.map((value) => ({ value, label: LOCALE_NAMES[value] }))}
          />
          <Select
            label={t('profile.time_zone')}
            value={timeZone}
            onChange={setTimeZone}
            options={() => timeZoneChoices(timeZone)}
          />
        </div>
      </section>
      <section className="card">
        <h2>{t('responsibility.title')}</h2>
        <Select
          label={t('cause.default_department')}
          value={defaultDepartmentId}
          onChange={setDefaultDepartmentId}
          options={departments.map(({ id, name: label }) => ({ value: id, label }))}
          description={t('general.default_note')}
        />
        <Checkbox isSelected={routeAssignedToMe} onChange={setRouteAssignedToMe}>
          {t('general.route')}
        </Checkbox>
        <p className="field-note">{t('general.route_note')}</p>
      </section>
      <section className="card">
        <h2>{t('general.closing')}</h2>
        <TextField
          label={t('general.reopen_window')}
          description={t('general.reopen_window_note')}
          type="number"
          min="0"
          dir="ltr"
          value={days}
          onChange={setDays}
        />
        <Select
          label={t('general.reply_to_closed')}
          value={replyToClosed}
          onChange={setReplyToClosed}
          options={[
            { value: 'reopen', label: t('general.reply_reopens') },
            { value: 'follow_up', label: t('general.reply_follows_up') },
          ]}
        />
      </section>
    </EditorForm>
  )
}
