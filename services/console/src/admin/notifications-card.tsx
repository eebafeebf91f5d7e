import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { get, put } from '../api/client.ts'
import { agentPreferencesQuery, preferencesQuery, useMe } from '../api/queries.ts'
import type { Agent, PreferenceRule, Preferences } from '../api/types.ts'
import { useT } from '../i18n/intl.tsx'
import { NotificationMatrix } from '../profile/notification-matrix.tsx'
import { Button } from '../ui/controls.tsx'
import { ErrorNote, LoadError, Spinner, toast } from '../ui/feedback.tsx'
import { useUnsaved } from '../ui/unsaved.ts'
import { useFocusWhenLost } from './parts.tsx'

/** What an agent is told and where, for admins; saved by itself, since the agent chooses it too. */
export function NotificationsCard({ agent }: { agent: Agent }) {
  const t = useT()
  const preferences = useQuery(agentPreferencesQuery(agent.id))
  const [settled, setSettled] = useState(0)
  const heading = useFocusWhenLost(settled)
  return (
    <section className="card form-page notifications-card" aria-label={t('profile.notifications')}>
      <h2 ref={heading} tabIndex={-1}>
        {t('profile.notifications')}
      </h2>
      <p className="muted">{t('agent.notifications_note')}</p>
      {preferences.isPending ? (
        <Spinner />
      ) : !preferences.data ? (
        <LoadError error={preferences.error} retry={() => void preferences.refetch()} />
      ) : (
        <NotificationsForm
          agent={agent}
          initial={preferences.data.rules}
          onSettled={() => setSettled((count) => count + 1)}
        />
      )}
    </section>
  )
}

function NotificationsForm(props: {
  agent: Agent
  initial: PreferenceRule[]
  /** Nothing is left to save or to discard, nor the button that had the focus. */
  onSettled: () => void
}) {
  const { agent, initial, onSettled } = props
  const t = useT()
  const me = useMe()
  const client = useQueryClient()
  const [base, setBase] = useState(initial)
  const [rules, setRules] = useState(initial)
  const [error, setError] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const change = useCallback((next: { rules: PreferenceRule[] }) => setRules(next.rules), [])
  const dirty = JSON.stringify(rules) !== JSON.stringify(base)
  useUnsaved(() => dirty)
  // What was changed elsewhere is shown, unless something is being changed here.
  if (base !== initial) {
    setBase(initial)
    if (!dirty) setRules(initial)
  }
  const save = async () => {
    setBusy(true)
    setError(null)
    const path = `/agents/${agent.id}/preferences`
    try {
      // What is not shown here, such as quiet hours, stays as the agent has it now.
      const kept = await put<Preferences>(path, { ...(await get<Preferences>(path)), rules })
      setRules(kept.rules)
      setBase(kept.rules)
      client.setQueryData(agentPreferencesQuery(agent.id).queryKey, kept)
      if (agent.id === me.id) client.setQueryData(preferencesQuery.queryKey, kept)
      toast(t('profile.saved'))
      onSettled()
    } catch (reason) {
      setError(reason)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <NotificationMatrix agent={agent} rules={rules} onChange={change} />
      {error !== null && <ErrorNote error={error} />}
      <div className="row-actions">
        <Button type="submit" isDisabled={!dirty} isPending={busy}>
          {t('agent.save_notifications')}
        </Button>
        {dirty && (
          <Button
            onPress={() => {
              setRules(base)
              onSettled()
            }}
          >
            {t('action.discard')}
          </Button>
        )}
      </div>
    </form>
  )
}
