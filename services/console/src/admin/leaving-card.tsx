import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'wouter'
import { patch } from '../api/client.ts'
import { useDirectory, useMe } from '../api/queries.ts'
import type { Agent } from '../api/types.ts'
import { useLanguage } from '../i18n/intl.tsx'
import { Button } from '../ui/controls.tsx'
import { Icon } from '../ui/icons.tsx'
import { FormDialog } from '../ui/overlay.tsx'
import { isLastOwner, mayChange } from './agent-model.ts'

/** How an agent leaves or comes back; there is no way to remove one that does not lead through it. */
export function LeavingCard({ agent }: { agent: Agent }) {
  const { t, word } = useLanguage()
  const me = useMe()
  const client = useQueryClient()
  const { agents } = useDirectory()
  const [asking, setAsking] = useState(false)
  const path = `/configuration/agents/${agent.id}/leaving`
  const active = agent.status === 'active'
  const obstacle = !mayChange(me.role, agent.role)
    ? t('agent.above_you')
    : isLastOwner(agent, agents)
      ? t('agent.last_owner')
      : agent.id === me.id
        ? t('leaving.not_yourself')
        : null
  return (
    <section className="card form-page">
      <h2>{active ? t('leaving.title') : t('leaving.is', { status: word('agent_status', agent.status) })}</h2>
      <p className="muted">{active ? t('leaving.card') : t('leaving.card_left', { name: agent.name })}</p>
      {active && obstacle ? (
        <p className="note">
          <Icon name="alert" />
          {obstacle}
        </p>
      ) : (
        <div className="row-actions">
          <Link className="button" href={path}>
            {active ? t('leaving.begin') : t('leaving.show')}
          </Link>
          {!active && !obstacle && <Button onPress={() => setAsking(true)}>{t('leaving.activate')}</Button>}
        </div>
      )}
      {asking && (
        <FormDialog
          title={t('leaving.activate')}
          submit={t('leaving.activate')}
          onClose={() => setAsking(false)}
          onSubmit={async () => {
            await patch(`/agents/${agent.id}`, { status: 'active' })
            await client.invalidateQueries({ queryKey: ['agents'] })
          }}
        >
          <p>{t('leaving.activate_text', { name: agent.name })}</p>
        </FormDialog>
      )}
    </section>
  )
}
